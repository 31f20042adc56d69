"""The Lesson panel: what a design teaches, with checks that the application verifies."""
