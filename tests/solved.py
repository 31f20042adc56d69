"""Designs with a block that is solved as a differential equation, drawn through commands."""

from __future__ import annotations

from typing import Any

from core.catalog.families import default_catalog
from graph.commands import SetNode
from graph.document import Document
from graph.templates.drawing import Drawing


def decay(method: str = "rk4", **params: Any) -> tuple[Document, str]:
    """dy/dt = w y for one number y, w a weight; the document and the id of the instance."""
    d = Drawing(default_catalog(), "Decay")
    x = d.node("input", at=(0, 0), name="y0", shape=(1,))
    layer, inside = d.block("Rate", "The slope is a multiple of the state.")
    entry = inside.node("entry", at=(0, 0), name="y")
    slope = inside.node("linear", entry, at=(1, 0), name="slope", out_features=1, bias=False)
    inside.node("exit", slope, at=(2, 0))
    return _solved(d, d.node(layer, x, at=(1, 0), name="flow"), method, params)


def flow(
    method: str = "rk4", *, width: int = 2, timed: bool = False, steered: bool = False, **params: Any
) -> tuple[Document, str]:
    """A state of two numbers; the slope may look at the time, and at a second input that stays as it is.

    `width` other than 2 makes a slope that does not fit the state.
    """
    d = Drawing(default_catalog(), "Flow")
    given = [d.node("input", at=(0, 0), name="state", shape=(2,))]
    layer, inside = d.block("Dynamics", "A small network.")
    state = inside.node("entry", at=(0, 0), name="h")
    seen = [state]
    if steered:
        given.append(d.node("input", at=(0, 2), name="wind", shape=(2,)))
        seen.append(inside.node("entry", at=(0, 1), name="wind", position=1))
    if timed:
        seen.append(inside.node("time", at=(0, 2)))
    joined = inside.node("concatenate", at=(1, 0))
    for place, source in enumerate(seen):
        inside.wire(source, joined, f"xs.{place}")
    hidden = inside.node("tanh", inside.node("linear", joined, at=(2, 0), out_features=16), at=(3, 0))
    slope = inside.node("linear", hidden, at=(4, 0), name="slope", out_features=width)
    inside.node("exit", slope, at=(5, 0))
    return _solved(d, d.node(layer, *given, at=(1, 0), name="flow"), method, params)


def _solved(d: Drawing, instance: str, method: str, params: dict[str, Any]) -> tuple[Document, str]:
    d.node("output", instance, at=(2, 0), name="end")
    d.do(SetNode(instance, {"solver": {"method": method, "params": params}}))
    return d.document, instance
