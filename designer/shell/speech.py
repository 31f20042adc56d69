"""Which language the person wants. English, until another is chosen: translations do not cover everything yet."""

from __future__ import annotations

from PySide6.QtCore import QSettings

from designer import language


def speak(code: str) -> None:
    """Speak a language from now on, and after the next start."""
    QSettings().setValue("language", code)
    language.use(code)


def speak_as_wanted() -> None:
    """At the start: the language that was chosen last; English where none ever was."""
    language.use(str(QSettings().value("language", "") or language.ENGLISH))
