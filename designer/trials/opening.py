"""Opens the cards of the tools, which are imported when they are first wanted; one of each for each open design."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from designer.studio import Studio


def show_trial(window: QWidget, studio: Studio, tool: str) -> None:
    """Bring the card of a design, or that of its runs, to the front, with this tool chosen."""
    from designer.trials.card import TrialCard
    from designer.trials.works import OfDesign, OfRun

    kind = OfDesign if tool in OfDesign.tools else OfRun
    cards = window.findChildren(TrialCard)
    there = (card for card in cards if card.session is studio.session and isinstance(card.work, kind))
    card = next(there, None) or TrialCard(OfDesign(studio.session) if kind is OfDesign else OfRun(studio), window)
    card.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    card.show_tool(tool)
    card.show()
    card.raise_()
    card.activateWindow()
