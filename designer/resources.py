"""Where the files that ship with the application lie."""

from __future__ import annotations

from pathlib import Path

ASSETS = Path(__file__).parent.parent / "assets"
FONTS, ICONS, THEMES, EXAMPLES = (ASSETS / name for name in ("fonts", "icons", "themes", "examples"))
LOGO = ASSETS / "brand" / "layerloom.svg"
