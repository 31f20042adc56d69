"""A network at work on a few examples, node by node, forward and back, with the real numbers (T)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.analysis.trace.scene import Scene, Wish, scene
from core.analysis.trace.telling import told
from core.analysis.trace.update import Update, update
from core.problem import LayerloomError
from core.program.program import Program
from core.training.job import Job

__all__ = ["Scene", "Wish", "scene", "trace", "traced"]


def trace(program: Program, job: Job, base: Path | None, wish: Wish) -> dict[str, Any]:
    """One graph of a network at work, in float64 and in evaluation mode, as plain JSON of bounded size.

    Keys: ``place``; ``part``, ``example``, ``count``, ``of`` (which examples, of how many); ``weights`` (where they are
    from, in words), ``fresh``, ``notes`` (sentences); ``nodes``; ``forward`` and ``back`` (indices of nodes in the
    order of either way); ``losses`` (``name``, ``node``, ``weight``, ``value``) and ``loss``, their weighted sum (None
    inside a block or without losses); ``objectives``, ``objective``; ``update`` (``optimizer``, ``formula``, ``rate``,
    or None).

    Each node: ``node`` (path on the canvas), ``label``, ``layer``, ``doc``, ``formula``, ``kind`` (entry, node, loss),
    ``repeat`` (copies in a row), ``inside`` (whether its inside can be stepped through), ``unit`` (index of the number
    that is worked out), ``forward``, ``back``, ``chain`` (Jacobians, see `jacobians`) and ``update`` (lists of
    equations, see `grids.Equation`), ``text`` and ``gradient`` (a few numbers of what leaves, and of what comes back),
    ``strength`` and ``gradient_strength`` (their root mean squares), ``value`` (see `grids.grid`), ``shape``,
    ``sources`` (of what arrives: ``node``, ``port``, ``end``, and ``text``, ``gradient``, ``strength``,
    ``gradient_strength`` of it and of what goes back there).

    Raises:
        LayerloomError: see `scene`; a layer refuses what arrives; there is no such place.
    """
    return traced(scene(program, job, base, wish), wish)


def traced(given: Scene, wish: Wish) -> dict[str, Any]:
    """The same for data and weights that are ready."""
    at = given.start(wish.objective)
    path = ""
    for depth, own in enumerate(filter(None, wish.place.split("/"))):
        path = f"{path}/{own}" if path else own
        at = at.inside(path, wish.copies[depth] if depth < len(wish.copies) else 0)
    return told(given, at, wish, _update(given, wish))


def _update(given: Scene, wish: Wish) -> Update | None:
    """None where there is nothing to train towards."""
    if not given.program.losses:
        return None
    try:
        return update(given, wish.objective)
    except LayerloomError:
        return None  # the job itself is at fault, which its own problems tell
