"""No error is silent: what nobody caught goes to the log file and to the person."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from core.problem import LayerloomError, Problem

log = logging.getLogger("layerloom")
_LIMIT = 2_000_000  # bytes of a log file; two are kept


def log_folder() -> Path:
    return platformdirs.user_log_path("layerloom", appauthor=False)


def start_log(folder: Path | None = None) -> Path | None:
    """Write the log into a file of the folder; returns it, or None where it cannot be written."""
    folder = folder or log_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / "layerloom.log", maxBytes=_LIMIT, backupCount=1, encoding="utf-8", delay=True
        )
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    return folder / "layerloom.log"


class Watch(QObject):
    """Hooks that receive what nobody caught, in any thread, and tell it in the thread of the window.

    `tell` is given a Problem. `remove` puts the former hooks back.
    """

    _met = Signal(object)

    def __init__(self, tell: Callable[[Problem], object]) -> None:
        super().__init__()
        self._met.connect(tell)
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._uncaught
        threading.excepthook = lambda args: self._uncaught(args.exc_type, args.exc_value, args.exc_traceback)
        sys.unraisablehook = lambda args: self._uncaught(args.exc_type, args.exc_value, args.exc_traceback)

    def remove(self) -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before

    def _uncaught(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error or kind(), trace)
            return
        problem = problem_of(error or kind(), trace)
        log.error("%s\n%s", problem.message, problem.detail)
        self._met.emit(problem)


def problem_of(error: BaseException, trace: TracebackType | None = None) -> Problem:
    """An unexpected exception as a problem: what happened in a sentence, the traceback as detail."""
    detail = "".join(traceback.format_exception(type(error), error, trace or error.__traceback__))
    if isinstance(error, LayerloomError):
        return error.problem
    message = f"Something went wrong inside Layerloom: {str(error) or type(error).__name__}. Your design is unharmed."
    return Problem("unexpected", message, detail=detail)


def log_qt_messages() -> None:
    """Qt's own warnings go to the log instead of the terminal."""
    levels = {QtMsgType.QtWarningMsg: logging.WARNING, QtMsgType.QtCriticalMsg: logging.ERROR, QtMsgType.QtFatalMsg: 50}

    def handle(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        log.log(levels.get(kind, logging.INFO), "Qt: %s", message)

    qInstallMessageHandler(handle)
