"""Opens the card, which is imported when it is first wanted; one for each open design."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from designer.session import Session
from designer.workers import AssistantClient


def show_card(window: QWidget, session: Session, assistant: AssistantClient) -> None:
    """Bring the card of a design to the front; it is no modal dialog, so that the design can be mended meanwhile."""
    from designer.preflight.card import PreflightCard

    there = (card for card in window.findChildren(PreflightCard) if card.session is session)
    card = next(there, None) or PreflightCard(session, assistant, window)
    card.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    card.show()
    card.raise_()
    card.activateWindow()
