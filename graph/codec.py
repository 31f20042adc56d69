"""`Document` <-> the text of a design file.

The text is JSON that diffs well: one node or wire a line, sorted by id, only what differs from the defaults; where
things stand on the canvas is kept under ``layout``, apart from what they mean. See docs/format.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from core.catalog import Catalog
from core.problem import LayerloomError, Problem
from graph import fields
from graph.decoding import OWN_PLACE, read_document
from graph.document import Document
from graph.graph import Graph, id_order
from graph.migrations import FORMAT, migrate
from graph.plain import parse
from graph.reading import LAYOUT, Findings
from graph.records import Block, Frame, Link, Node, Note

_line = json.JSONEncoder(ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(", ", ": ")).encode


def decode(text: str, catalog: Catalog, name: str = "The design") -> tuple[Document, list[Problem]]:
    """The document that the text holds, and what was wrong with it. Nothing in the text is ever executed.

    What this version does not know (layers, parameters, fields) and parameters with wrong values are kept and written
    back; records that cannot be (a wire to nowhere, a block inside itself) are left out. Each has its Problem.

    Raises:
        LayerloomError: the text is no design, damaged, too large, or of a later format. `name` starts the sentence.
    """
    data, doubled = parse(text, name)
    findings = Findings()
    for key in doubled:
        findings.report("doubled", f"{key!r:.80} stands twice in the file; the last one counts.")
    return read_document(migrate(data, name), catalog, name, findings)


def encode(document: Document) -> str:
    """The text of the document: the same for equal documents, whatever way led there.

    Raises:
        LayerloomError: the document holds a value that JSON cannot (put there past the commands).
    """
    try:
        text = _text(_parts(document), _DOCUMENT) + "\n"
    except (TypeError, ValueError) as error:
        raise LayerloomError(f"The design cannot be written: {error}.", code="value") from error
    return text.encode("utf-8", "replace").decode("utf-8")


def plain_graph(graph: Graph, nodes: Iterable[str] | None = None) -> dict[str, Any]:
    """Nodes and the wires among them as the file has them: all, or those given."""
    chosen = set(graph.node_ids if nodes is None else nodes)
    links = (link for link in graph.links.values() if link.source in chosen and link.target in chosen)
    return {
        "nodes": {id: _node(graph.node(id)) for id in sorted(chosen, key=id_order)},
        "links": {link.id: _link(link) for link in _by_id(links)},
    }


def plain_layout(graph: Graph, items: Iterable[str] | None = None) -> dict[str, Any]:
    """Where nodes stand, frames and notes, as the file has them; with `items`, those and the notes bound to them."""
    chosen = None if items is None else set(items)
    frames = [f for f in graph.frames.values() if chosen is None or f.id in chosen]
    notes = [n for n in graph.notes.values() if chosen is None or n.id in chosen or n.node in chosen]
    bent = [w for w in graph.links.values() if w.bends and (chosen is None or {w.source, w.target} <= chosen)]
    nodes = [n for n in graph.nodes if chosen is None or n.id in chosen]
    parts = {
        "nodes": {n.id: _place(n) for n in _by_id(nodes)},
        "links": {w.id: {"bends": [[_number(x), _number(y)] for x, y in w.bends]} for w in _by_id(bent)},
        "frames": {f.id: _decor(f, fields.FRAME) for f in _by_id(frames)},
        "notes": {n.id: _decor(n, fields.NOTE) for n in _by_id(notes)},
    }
    return {key: value for key, value in parts.items() if value}


def plain_block(document: Document, block: Block) -> dict[str, Any]:
    """The definition of a block, without its layout."""
    promoted = [[p.name, p.node, p.param] for p in block.promoted]
    head = {"name": block.name, "doc": block.doc, "promoted": promoted}
    return {
        **{key: value for key, value in head.items() if value},
        **plain_graph(document.graph(block.id)),
        **block.extra,
    }


def _parts(document: Document) -> dict[str, Any]:
    settings, blocks = document.settings, _by_id(document.blocks.values())
    layout = plain_layout(document.graph())
    inner = {block.id: plain_layout(document.graph(block.id)) for block in blocks}
    extra = settings.get("extra")
    known = {
        "format": FORMAT,
        "title": settings.get("title"),
        **plain_graph(document.graph()),
        "blocks": {block.id: plain_block(document, block) for block in blocks},
        "job": settings.get("job"),
        "settings": {key: value for key, value in settings.items() if key not in OWN_PLACE},
        "layout": {**layout, "blocks": {k: v for k, v in inner.items() if v}, "view": settings.get("view")},
    }
    known["layout"] = {key: value for key, value in known["layout"].items() if value}
    unknown = {k: v for k, v in sorted(extra.items()) if k not in known} if isinstance(extra, dict) else {}
    return {key: value for key, value in {**known, **unknown}.items() if value not in (None, {})}


def _node(node: Node) -> dict[str, Any]:
    plain: dict[str, Any] = {key: value for key, value in node.extra.items() if key != LAYOUT}
    plain["layer"] = node.layer
    for name in fields.LOGIC:
        value = getattr(node, name)
        if value != fields.NODE[name].default:
            plain[name] = value
    if node.params:
        plain["params"] = dict(node.params)
    if node.init is not None:
        plain["init"] = fields.plain_init(node.init)
    if node.solver is not None:
        plain["solver"] = fields.plain_solver(node.solver)
    return plain


def _place(node: Node) -> dict[str, Any]:
    unknown = node.extra.get(LAYOUT)
    plain: dict[str, Any] = dict(unknown) if isinstance(unknown, Mapping) else {}
    plain |= {"x": _number(node.x), "y": _number(node.y)}
    if node.collapsed:
        plain["collapsed"] = True
    if node.pinned:
        plain["pinned"] = True
    if node.colour:
        plain["colour"] = node.colour
    return plain


def _link(link: Link) -> list[Any]:
    ends = [link.source, link.source_port, link.target, link.target_port]
    return [*ends, dict(link.extra)] if link.extra else ends


def _decor(record: Frame | Note, table: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in table}
    return {**record.extra, **{k: _number(v) if isinstance(v, float) else v for k, v in values.items() if v != ""}}


def _number(value: float) -> float | int:
    """Canvas units to a thousandth, whole ones without a point: less noise in a diff."""
    value = round(float(value), 3)
    return int(value) if value.is_integer() else value


def _by_id(records: Iterable[Any]) -> list[Any]:
    return sorted(records, key=lambda record: id_order(record.id))


# -- the text: which objects are opened, the values below being a line each

_Shape: TypeAlias = Mapping[str, Any]
_ROWS: _Shape = {}
_GRAPH: _Shape = dict.fromkeys(("nodes", "links", "frames", "notes", "promoted"), _ROWS)
_DEEP: dict[str, Any] = {}
_DEEP["*"] = _DEEP
_DOCUMENT: _Shape = {
    **_GRAPH,
    "blocks": {"*": _GRAPH},
    "layout": {**_GRAPH, "blocks": {"*": _GRAPH}},
    "job": _DEEP,
    "settings": {"lesson": _DEEP},
}


def _text(value: Any, shape: _Shape | None, pad: str = "") -> str:
    if shape is None or not value or not isinstance(value, dict | list):
        return _line(value)
    inside = pad + "  "
    if isinstance(value, list):
        if shape is _DEEP and not any(isinstance(item, dict | list) for item in value):
            return _line(value)
        rows = [inside + _text(item, shape.get("*"), inside) for item in value]
        return "[\n" + ",\n".join(rows) + f"\n{pad}]"
    items = sorted(value.items()) if shape is _DEEP else value.items()
    rows = [f"{inside}{_line(key)}: {_text(item, shape.get(key, shape.get('*')), inside)}" for key, item in items]
    return "{\n" + ",\n".join(rows) + f"\n{pad}}}"
