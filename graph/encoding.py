"""What a design file says of each record, and `Encoding`: the text of a document, kept up to date line by line.

The text is JSON that diffs well: one node or wire a line, sorted by id, only what differs from the defaults; where
things stand on the canvas is kept under ``layout``, apart from what they mean. See docs/format.md.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import Any, TypeAlias

from core.problem import LayerloomError
from graph import fields
from graph.decoding import OWN_PLACE
from graph.document import Document
from graph.graph import Graph, id_order
from graph.migrations import FORMAT
from graph.reading import LAYOUT
from graph.records import KIND_OF, MAIN, Block, Change, Frame, Kind, Link, Node, Note, Record, Setting

_line = json.JSONEncoder(ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(", ", ": ")).encode


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
        "links": {w.id: _bends(w) for w in _by_id(bent)},
        "frames": {f.id: _frame(f) for f in _by_id(frames)},
        "notes": {n.id: _note(n) for n in _by_id(notes)},
    }
    return {key: value for key, value in parts.items() if value}


def plain_block(document: Document, block: Block) -> dict[str, Any]:
    """The definition of a block, without its layout."""
    return _block(block, plain_graph(document.graph(block.id)))


# -- the record as the file has it


def _block(block: Block, graph: Mapping[str, Any]) -> dict[str, Any]:
    promoted = [[p.name, p.node, p.param] for p in block.promoted]
    head = {"name": block.name, "doc": block.doc, "promoted": promoted}
    return {**{key: value for key, value in head.items() if value}, **graph, **block.extra}


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


def _bends(link: Link) -> dict[str, Any] | None:
    return {"bends": [[_number(x), _number(y)] for x, y in link.bends]} if link.bends else None


def _frame(frame: Frame) -> dict[str, Any]:
    return _decor(frame, fields.FRAME)


def _note(note: Note) -> dict[str, Any]:
    return _decor(note, fields.NOTE)


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


class _Rows(dict[str, str]):
    """The lines of one table of the file by id, each with its key. They are sorted when they are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._is_sorted = True
        self._last = id_order("")

    def put(self, id: str, plain: Any) -> None:
        """The line of that id says this now; None: there is none."""
        if plain is None:
            self.pop(id, None)
            return
        if self._is_sorted and id not in self:
            order = id_order(id)
            self._is_sorted, self._last = order > self._last, order
        self[id] = f"{_line(id)}: {_line(plain)}"

    def sorted(self) -> Iterable[str]:
        if not self._is_sorted:
            lines = {id: self[id] for id in sorted(self, key=id_order)}
            self.clear()
            self.update(lines)
            self._is_sorted, self._last = True, id_order(next(reversed(self), ""))
        return self.values()


class _Scope:
    """The tables of one graph: what it means, and where it stands."""

    def __init__(self) -> None:
        self.graph: dict[str, _Rows] = {"nodes": _Rows(), "links": _Rows()}
        self.layout: dict[str, _Rows] = {name: _Rows() for name in ("nodes", "links", "frames", "notes")}
        self._tables: Mapping[Kind, Sequence[tuple[_Rows, Callable[[Any], Any]]]] = {
            "node": ((self.graph["nodes"], _node), (self.layout["nodes"], _place)),
            "link": ((self.graph["links"], _link), (self.layout["links"], _bends)),
            "frame": ((self.layout["frames"], _frame),),
            "note": ((self.layout["notes"], _note),),
        }

    def put(self, kind: Kind, id: str, record: Record | None) -> None:
        for rows, plain in self._tables[kind]:
            rows.put(id, None if record is None else plain(record))


class Encoding:
    """The text of a document, of which only what changed since the last time is worked out anew.

    The thread that edits tells what changes by `note`, which costs it nothing; `text` can then be asked for in any
    thread. Between them pass immutable records alone, so each text is that of one state of the document.
    """

    def __init__(self, document: Document) -> None:
        self._lock = Lock()
        self._noted: deque[Iterable[Change]] = deque()
        self._waiting: dict[tuple[str, Kind, str], Record | None] = {}  # not in the lines yet
        self._first: list[tuple[str, Sequence[Record]]] = [
            (scope, _records(document, scope)) for scope in document.scopes
        ]
        self._scopes: defaultdict[str, _Scope] = defaultdict(_Scope)
        self._blocks: dict[str, Block] = dict(document.blocks)
        self._settings: dict[str, Any] = dict(document.settings)

    def note(self, changes: Iterable[Change]) -> None:
        """The document has changed by these."""
        self._noted.append(changes)

    def text(self) -> str:
        """The text of the document with all that was noted before.

        Raises:
            LayerloomError: the document holds a value that JSON cannot (put there past the commands).
        """
        with self._lock:
            self._gather()
            try:
                for (scope, kind, id), record in self._waiting.items():
                    self._put(scope, kind, id, record)
                self._waiting.clear()  # only now: a line that cannot be written is tried again
                text = _text(self._parts(), _DOCUMENT) + "\n"
            except (TypeError, ValueError) as error:
                raise LayerloomError(f"The design cannot be written: {error}.", code="value") from error
        return text.encode("utf-8", "replace").decode("utf-8")

    def _gather(self) -> None:
        for scope, records in self._first:
            self._waiting.update(((scope, KIND_OF[type(record)], record.id), record) for record in records)
        self._first = []
        while self._noted:
            for change in self._noted.popleft():
                self._waiting[change.scope, change.kind, change.id] = change.after

    def _put(self, scope: str, kind: Kind, id: str, record: Record | None) -> None:
        match kind:
            case "block":
                self._blocks.pop(id, None)
                if isinstance(record, Block):
                    self._blocks[id] = record
            case "setting":
                self._settings.pop(id, None)
                if isinstance(record, Setting):
                    self._settings[id] = record.value
            case _:
                self._scopes[scope].put(kind, id, record)

    def _parts(self) -> dict[str, Any]:
        settings, blocks, scopes = self._settings, _by_id(self._blocks.values()), self._scopes
        extra = settings.get("extra")
        inner = {block.id: _filled(scopes[block.id].layout) for block in blocks}
        layout = {**scopes[MAIN].layout, "blocks": _filled(inner), "view": settings.get("view")}
        known = {
            "format": FORMAT,
            "title": settings.get("title"),
            **scopes[MAIN].graph,
            "blocks": {block.id: _block(block, scopes[block.id].graph) for block in blocks},
            "job": settings.get("job"),
            "settings": {key: value for key, value in settings.items() if key not in OWN_PLACE},
            "layout": {key: value for key, value in layout.items() if value},
        }
        unknown = {k: v for k, v in sorted(extra.items()) if k not in known} if isinstance(extra, dict) else {}
        return {key: value for key, value in {**known, **unknown}.items() if value not in (None, {})}


def _records(document: Document, scope: str) -> Sequence[Record]:
    graph = document.graph(scope)
    return [*graph.nodes, *graph.links.values(), *graph.frames.values(), *graph.notes.values()]


def _filled(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in parts.items() if value}


def _text(value: Any, shape: _Shape | None, pad: str = "") -> str:
    if shape is None or not value or not isinstance(value, dict | list):
        return _line(value)
    inside = pad + "  "
    if isinstance(value, _Rows):
        return "{\n" + inside + f",\n{inside}".join(value.sorted()) + f"\n{pad}}}"
    if isinstance(value, list):
        if shape is _DEEP and not any(isinstance(item, dict | list) for item in value):
            return _line(value)
        rows = [inside + _text(item, shape.get("*"), inside) for item in value]
        return "[\n" + ",\n".join(rows) + f"\n{pad}]"
    items = sorted(value.items()) if shape is _DEEP else value.items()
    rows = [f"{inside}{_line(key)}: {_text(item, shape.get(key, shape.get('*')), inside)}" for key, item in items]
    return "{\n" + ",\n".join(rows) + f"\n{pad}}}"
