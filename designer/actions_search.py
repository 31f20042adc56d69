"""The part of the table of actions that searches settings and cross-validates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from designer.action import Action, Run
from designer.search.marks import search_focused

if TYPE_CHECKING:
    from designer.window import MainWindow


def _at(place: str) -> Run:
    return lambda w: w.session.panel_requested.emit("search", place)


def _idle(w: MainWindow) -> bool:
    return not w.session.run.is_searching


RUN = (
    Action(
        "search", "Run", "Search settings", _at("start"), "Ctrl+F5", "search",
        "Train with other values of the chosen settings again and again, and find the best", enabled=_idle, ruled=True,
        words=("hyperparameter", "optuna", "tune", "grid search", "random search", "bayesian", "sweep", "study"),
    ),
    Action(
        "search-field", "Run", "Search this setting", search_focused, "Ctrl+Shift+K", "search",
        "Make the field that has the keyboard a variable of the search", words=("hyperparameter", "variable", "range"),
    ),
    Action(
        "cross-validate", "Run", "Cross-validate", _at("folds"), icon="steps",
        tip="Train the design once for each of five parts of the data, and tell mean and deviation", enabled=_idle,
        words=("folds", "k-fold", "cv", "standard deviation"),
    ),
)  # fmt: skip
