"""What panels are built with: the open document and the helpers that serve it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from designer.session import Session

if TYPE_CHECKING:
    from designer.studio import Studio


@dataclass(frozen=True)
class Desk:
    """One open document and its studio (which trains it)."""

    session: Session
    studio: Studio
