"""Runs made out of the weights of others: of a network that has grown, or pruned (imports torch)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from core.analysis.subject import moment, read_weights
from core.catalog.families import default_catalog
from core.problem import LayerloomError
from core.program.codec import from_json
from core.program.growth import PRODUCERS, partners, widening
from core.training.branching import START
from core.training.growing import Growth, grow_branch
from core.training.pruning import prune_branch
from core.training.runs import RunFolder
from graph.codec import decode, encode
from graph.document import Document
from graph.grow import deeper
from graph.grow import wider as wider_command
from graph.infer import Inference
from graph.lower import lower
from graph.records import MAIN


@dataclass(frozen=True)
class Grown:
    """The design as it has become, and its new run."""

    document: Document
    run: RunFolder
    note: str


def grow(run: RunFolder, folder: Path, *, after: str = "", wider: str = "", to: int = 0, which: str = "") -> Grown:
    """Grow the design of a run by one layer, or make one wider, and make the run that begins with its weights.

    `after` and `wider` name a node, by its id or by what it is called.

    Raises:
        LayerloomError: there is no such node, or the network cannot grow there and stay as it is.
    """
    document, _ = decode(run.design, default_catalog(), run.title)
    node = node_called(document, after or wider)
    if after:
        inference = Inference(document)
        command = deeper(document, inference, node)
        inference.close()
        growth = Growth(added=tuple(made.id for made in command.chain))
        what = command.describe(document)
        command.apply(document)
    else:
        widening(run.program, node, to)  # says what is in the way better than shapes that no longer fit
        widen = wider_command(document, partners(run.program, node), to)
        what = widen.describe(document)
        widen.apply(document)
        growth = Growth(wider=node, to=to)
    program = lower(document)
    made = grow_branch(run, folder, program, encode(document), learned(run, which), growth, which)
    return Grown(document, made, what)


def node_called(document: Document, name: str) -> str:
    """The id of a node of the main graph. Raises LayerloomError where none or several are called so."""
    graph = document.graph()
    if name in graph:
        return name
    found = [node.id for node in graph.nodes if document.label(MAIN, node.id) == name or node.name == name]
    if len(found) == 1:
        return found[0]
    every = ", ".join(f"{n.id} ({document.label(MAIN, n.id)})" for n in graph.nodes if n.layer in PRODUCERS)
    what = "Several nodes are" if found else "No node is"
    raise LayerloomError(f"{what} called {name!r:.60}. Layers that can grow: {every or 'none'}.", code="grow")


def learned(run: RunFolder, which: str = "") -> dict[str, Tensor]:
    """The weights of a run, or, before its first checkpoint, those that it begins with.

    Raises:
        LayerloomError: there are none.
    """
    given = run.checkpoints / START / "weights.safetensors"
    begins = not which and given.is_file() and not (run.checkpoints / "last").is_dir()
    return read_weights(given if begins else moment(run, which).path)


def grown_branch(args: Mapping[str, Any]) -> dict[str, Any]:
    """For the assistant: a new run of a design that has grown in the window. `args`: run, folder, program, design,
    growth. Returns the ``run``'s folder."""
    run = RunFolder.open(args["run"])
    growth = Growth(**{**args["growth"], "added": tuple(args["growth"].get("added", ()))})
    made = grow_branch(run, args["folder"], from_json(args["program"]), str(args["design"]), learned(run), growth)
    return {"run": str(made.path)}


def pruned_branch(args: Mapping[str, Any]) -> dict[str, Any]:
    """For the assistant: a new run that begins with pruned weights. `args`: run, folder, share, scope. Returns the
    ``run``'s folder."""
    run = RunFolder.open(args["run"])
    made = prune_branch(run, args["folder"], learned(run), float(args["share"]), str(args["scope"]))
    return {"run": str(made.path)}
