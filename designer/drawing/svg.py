"""Text in an SVG file that keeps its width where the reader has not our fonts."""

from __future__ import annotations

import re
from html import unescape

from PySide6.QtGui import QFont, QFontMetricsF

from designer.theme import MONO_FAMILY

_GROUP = re.compile(r'font-family="(?P<family>[^"]*)" font-size="(?P<size>[\d.]+)" font-weight="(?P<weight>\d+)"')
_TEXT = re.compile(r"(<text\b[^>]*?)\s*>([^<]*)</text>")
_SANS, _MONO = "Helvetica, Arial, sans-serif", "Menlo, Consolas, monospace"


def with_fixed_widths(svg: str) -> str:
    """Name fonts to fall back on, and tell each text how wide it is: another font is then fitted to the drawing."""
    return "".join(_fitted(part) for part in re.split(r"(?=<g\b)", svg))


def _fitted(group: str) -> str:
    """One group, in which all texts have the same font."""
    found = _GROUP.search(group)
    if found is None:
        return group
    font = QFont(found["family"])
    font.setPixelSize(round(float(found["size"])))
    font.setWeight(QFont.Weight(int(found["weight"])))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    metrics = QFontMetricsF(font)

    def fit(text: re.Match[str]) -> str:
        width = metrics.horizontalAdvance(unescape(text[2]).strip())
        length = f' textLength="{width:.2f}" lengthAdjust="spacingAndGlyphs"' if width else ""
        return f"{text[1]}{length}>{text[2]}</text>"

    fallback = _MONO if found["family"] == MONO_FAMILY else _SANS
    group = group.replace(f'font-family="{found["family"]}"', f'font-family="{found["family"]}, {fallback}"')
    return _TEXT.sub(fit, group)
