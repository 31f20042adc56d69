"""What the palette offers: layers by category, fitting for the place, found by name and synonym. No widget."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from core.spec.layer import LayerSpec, Role
from designer.fuzzy import rank
from designer.language import marked, tr
from designer.selection import Selection
from graph import library
from graph.blocks import would_contain
from graph.document import Document
from graph.records import BLOCK_PREFIX, MAIN

BLOCKS = marked("Blocks")
_ONLY_IN_MAIN = frozenset({Role.INPUT, Role.TARGET, Role.OUTPUT, Role.LOSS})
_ONLY_IN_BLOCKS = frozenset({Role.ENTRY, Role.EXIT, Role.TIME})


def groups(document: Document, selection: Selection) -> dict[str, list[LayerSpec]]:
    """The layers that can be added in the graph looked at, by category; last the document's own blocks, and those of
    the person's library that it does not have."""
    scope = selection.scope
    hidden = _ONLY_IN_BLOCKS if scope == MAIN else _ONLY_IN_MAIN
    found = {
        category: fitting
        for category, specs in document.catalog.categories.items()
        if (fitting := [spec for spec in specs if spec.role not in hidden])
    }
    blocks = [id for id in document.blocks if scope == MAIN or not would_contain(document, id, scope)]
    own = [spec for id in blocks if (spec := document.spec(BLOCK_PREFIX + id)) is not None]
    found |= {BLOCKS: sorted(own, key=lambda spec: spec.label.lower())} if own else {}
    names = {spec.label for spec in own}
    kept = [spec for spec in library.specs(document.catalog) if spec.label not in names]
    return found | ({library.CATEGORY: kept} if kept else {})


def search(found: dict[str, list[LayerSpec]], query: str) -> list[LayerSpec]:
    """The layers that a few letters mean, best first."""
    return rank(query, [spec for specs in found.values() for spec in specs], _names)


def tip(spec: LayerSpec) -> str:
    """The tooltip of a layer, as rich text; texts of the document's own blocks are escaped."""
    parts = [f"<b>{escape(spec.label)}</b>", f"<div>{escape(tr(spec.doc))}</div>"]
    if spec.formula:
        parts.append(f'<div style="font-family: JetBrains Mono; margin-top: 4px">{escape(spec.formula)}</div>')
    if spec.when:
        parts.append(f'<div style="margin-top: 4px">{escape(tr(spec.when))}</div>')
    return f'<div style="width: 280px">{"".join(parts)}</div>'


def _names(spec: LayerSpec) -> tuple[str, Sequence[str]]:
    return spec.label, (*spec.keywords, spec.id.replace("_", " "), spec.category, tr(spec.category))
