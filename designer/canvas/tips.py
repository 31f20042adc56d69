"""What the tool tip of a thing on the canvas says."""

from __future__ import annotations

from html import escape

from designer.canvas.parts import NodeView
from designer.canvas.stage import Pointer, Stage
from designer.language import tr


def tip(stage: Stage, at: Pointer) -> str:
    """As rich text; empty over empty canvas."""
    under, model = stage.hit(at), stage.model
    model.refresh()
    if under.link:
        wire = model.wires[under.link]
        ends = f"{model.nodes[wire.source].title} → {model.nodes[wire.target].title}"
        return _page(ends, wire.full or tr("shape not known yet"))
    view = model.nodes.get(under.node)
    if view is None:
        return ""
    if under.port:
        return _port(stage, view, under.port, output=under.output)
    problem = model.message_for(view.id)
    details = " · ".join(
        filter(None, [view.summary, tr("{number} parameters", number=view.params) if view.params else ""])
    )
    return _page(view.title, *(problem.split("\n") if problem else [tr(view.doc), details]))


def _port(stage: Stage, view: NodeView, end: str, *, output: bool) -> str:
    port = view.port(end, output=output)
    if port is None:
        return ""
    found = stage.session.inference.scope(stage.model.path)
    type = found.types.get((view.id, end)) if output else found.incoming(view.id).get(end)
    return _page(port.label or end.partition(".")[0], tr(port.doc), str(type) if type is not None else "")


def _page(head: str, *lines: str) -> str:
    body = "".join(f"<div>{escape(line)}</div>" for line in lines if line)
    return f"<div style='max-width: 320px'><b>{escape(head)}</b>{body}</div>"
