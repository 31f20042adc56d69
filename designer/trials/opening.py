"""Opens the card of the tools, which is imported when it is first wanted; one for each open design."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from designer.session import Session


def show_trial(window: QWidget, session: Session, tool: str) -> None:
    """Bring the card of a design to the front, with this tool of `core.training.tools.table` chosen."""
    from designer.trials.card import TrialCard

    there = (card for card in window.findChildren(TrialCard) if card.session is session)
    card = next(there, None) or TrialCard(session, window)
    card.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    card.show_tool(tool)
    card.show()
    card.raise_()
    card.activateWindow()
