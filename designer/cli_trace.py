"""``layerloom trace``: a forward and a backward pass in words and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from core.analysis.trace import Wish
from core.analysis.trace import trace as traced
from designer.cli_design import lowered, open_design
from designer.cli_output import console, write_json


def wish(
    run: Path | None, weights: str, part: str, example: int, count: int, objective: int, block: str, copy: int
) -> Wish:
    """What is asked for; `copy` is that of the innermost block."""
    depth = len(list(filter(None, block.split("/"))))
    copies = (*[0] * (depth - 1), copy) if depth else ()
    return Wish(run, weights, part, example, count, objective, block, copies)


def print_trace(file: Path, wanted: Wish, *, backward: bool, matrices: bool, as_json: bool) -> None:
    """Trace a design and print it.

    Raises:
        LayerloomError: the design has errors, or what is asked for is not there.
    """
    design = open_design(file)
    found = traced(lowered(design), design.document.job, design.path.absolute().parent, wanted)
    if as_json:
        write_json(found)
        return
    out = console()
    whole = f"example {found['example']} of {found['part']}"
    if found["count"] > 1:
        whole = f"examples {found['example']} to {found['example'] + found['count'] - 1} of {found['part']}"
    out.print(f"{design.title}: {whole}, {found['weights']}.", markup=False)
    for note in found["notes"]:
        out.print(note, style="yellow", markup=False)
    _way("Forward", found, found["forward"], ("forward",), matrices)
    if found["loss"] is not None:
        parts = ", ".join(f"{loss['name']} {loss['value']:.6g} x {loss['weight']:g}" for loss in found["losses"])
        out.print(f"\nLoss {found['loss']:.6g}" + (f"  ({parts})" if len(found["losses"]) > 1 else ""), style="bold")
    if backward:
        _way("Back", found, found["back"], ("back", "update"), matrices)
        chain = [index for index in found["forward"] if found["nodes"][index]["chain"]]
        if chain:
            _way("Chain rule, as a product of Jacobians", found, chain, ("chain",), matrices)


def _way(title: str, found: Mapping[str, Any], order: Iterable[int], what: tuple[str, ...], matrices: bool) -> None:
    from rich.text import Text

    out = console()
    out.print(f"\n{title}", style="bold underline")
    for place, index in enumerate(order, 1):
        node = found["nodes"][index]
        shape = " x ".join(map(str, node["shape"])) or "one number"
        repeat = f" x {node['repeat']}" if node["repeat"] > 1 else ""
        head = Text(f"\n{place}. {node['label']}{repeat}", style="bold")
        out.print(head + Text(f"  {node['layer']}  {shape}", style="not bold dim"))
        for equation in (equation for part in what for equation in node[part]):
            out.print(Text(f"   {equation['title']}: ", style="dim") + Text(equation["text"]))
            if equation["working"]:
                out.print(Text(f"      {equation['working']}", style="cyan"), soft_wrap=True)
            if matrices:
                _matrices(equation)


def _matrices(equation: Mapping[str, Any]) -> None:
    out = console()
    for term in equation["terms"]:
        shape = " x ".join(map(str, term["shape"])) or "one number"
        at = f" at [{', '.join(map(str, term['at']))}]" if term["at"] else ""
        part = "" if term["whole"] else f", from row {term['origin'][0]}, column {term['origin'][1]}"
        out.print(f"      {term['before']} {term['symbol']} ({shape}{at}{part})".rstrip(), markup=False, style="dim")
        for row in term["rows"]:
            out.print("         " + " ".join(f"{_cell(value):>10}" for value in row), markup=False, soft_wrap=True)


def _cell(value: float | str) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
