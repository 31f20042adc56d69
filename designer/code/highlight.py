"""Colours for Python text."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from designer.look import mix
from designer.theme import manager

_WORDS = "|".join((*keyword.kwlist, "match", "case"))
_TOKENS = re.compile(
    rf"(?P<comment>#.*)"
    r"|(?P<triple>\"\"\")"
    r"|(?P<string>[rbf]?(?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'))"
    r"|(?P<definition>(?<=\bdef )\w+|(?<=\bclass )\w+)"
    rf"|(?P<keyword>\b(?:{_WORDS})\b)"
    r"|(?P<self>\bself\b)"
    r"|(?P<number>\b\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?\b)"
)
_INSIDE = 1  # block state: within a triple-quoted text


def tokens(line: str, *, inside: bool) -> Iterator[tuple[int, int, str]]:
    """(start, length, kind) for each coloured piece; a last piece of kind ``open`` says that a text goes on."""
    at = 0
    if inside:
        end = line.find('"""')
        if end < 0:
            yield 0, len(line), "string"
            yield len(line), 0, "open"
            return
        at = end + 3
        yield 0, at, "string"
    while (found := _TOKENS.search(line, at)) is not None:
        kind, start, at = str(found.lastgroup), found.start(), found.end()
        if kind == "triple":
            end = line.find('"""', at)
            at = len(line) if end < 0 else end + 3
            yield start, at - start, "string"
            if end < 0:
                yield at, 0, "open"
                return
            continue
        yield start, at - start, kind


class Highlighter(QSyntaxHighlighter):
    """Follows the theme; `dimmed` for text that is not up to date."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self.dimmed = False
        self._formats: dict[str, QTextCharFormat] = {}
        self.renew()

    def renew(self) -> None:
        """Take the colours of the theme of now."""
        theme = manager().theme
        self._formats = {kind: _format(self._shade(colour)) for kind, colour in theme.code.items()}
        self.rehighlight()

    def set_dimmed(self, dimmed: bool) -> None:
        if dimmed != self.dimmed:
            self.dimmed = dimmed
            self.renew()

    def _shade(self, colour: QColor) -> QColor:
        return mix(colour, manager().theme.surface, 0.45) if self.dimmed else colour

    def highlightBlock(self, text: str) -> None:
        self.setFormat(0, len(text), self._formats["plain"])
        self.setCurrentBlockState(0)
        for start, length, kind in tokens(text, inside=self.previousBlockState() == _INSIDE):
            if kind == "open":
                self.setCurrentBlockState(_INSIDE)
            else:
                self.setFormat(start, length, self._formats[kind])


def _format(colour: QColor) -> QTextCharFormat:
    result = QTextCharFormat()
    result.setForeground(colour)
    return result
