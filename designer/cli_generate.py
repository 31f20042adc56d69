"""``layerloom generate``: a trained network writes, and what it writes appears as it comes."""

from __future__ import annotations

import sys
from pathlib import Path

from core.analysis.filling import text_of
from core.analysis.subject import Subject, moment
from core.analysis.writing import Style
from core.training.runs import RunFolder
from designer.cli_output import write_json


def generate(run: Path, prompt: str, length: int, style: Style, weights: str, as_json: bool) -> None:
    """A language model continues the prompt, a translator turns it, and a masked one fills its gaps.

    Raises:
        LayerloomError: there is no such run, it has no weights yet, it does not write text, or the prompt holds what
            it cannot read.
    """
    folder = RunFolder.open(run)
    at = moment(folder, weights)
    text = text_of(Subject(folder, at))
    kind = text.facts()["kind"]
    symbols = text.write(prompt, length, style)
    if as_json:
        write_json({"kind": kind, "prompt": prompt, "text": "".join(symbols), "weights": at.which, "seed": style.seed})
        return
    if kind == "continue":
        sys.stdout.write(prompt)
    for symbol in symbols:
        sys.stdout.write(symbol)
        sys.stdout.flush()
    print()
