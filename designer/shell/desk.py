"""What panels are built with: the open document and the helpers that serve it."""

from __future__ import annotations

from dataclasses import dataclass

from designer.session import Session
from designer.studio import Studio
from designer.workers import AssistantClient


@dataclass(frozen=True)
class Desk:
    """One open document, the studio that trains it, and the process that answers what needs heavy libraries."""

    session: Session
    studio: Studio
    assistant: AssistantClient
