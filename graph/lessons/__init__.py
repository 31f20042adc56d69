"""Lessons: what a design teaches, as plain data in its file, with checks that are verified against design and runs."""

from graph.lessons.lesson import Check, Lesson, Task, lesson_of, read_lesson

__all__ = ["Check", "Lesson", "Task", "lesson_of", "read_lesson"]
