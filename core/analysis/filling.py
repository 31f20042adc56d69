"""Gaps in a text, filled in by a masked language model (T)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from core.analysis.subject import Subject
from core.analysis.writing import NO_WRITER, Style, Text, Writer, indices, known
from core.catalog.sequences import GAP
from core.problem import LayerloomError
from core.program.program import Program, Step

_EVERY = 7  # of the prompts that are offered, each symbol at such a distance is left out
_MASKS = "mask_symbols"


def text_of(subject: Subject) -> Text:
    """What the network of a subject writes: it fills gaps where it learned to, else it goes on.

    Raises:
        LayerloomError: it does not write text (code ``generate``).
    """
    masks = next((step for step in subject.program.steps if step.layer == _MASKS), None)
    return Writer(subject) if masks is None else Filler(subject, masks)


class Filler(Text):
    """Fills the gaps of a text from left to right; each sees those before it filled.

    Raises:
        LayerloomError: no output says which symbol is missing (code ``generate``).
    """

    def __init__(self, subject: Subject, masks: Step) -> None:
        super().__init__(subject)
        program = subject.program
        inputs = {value.name: value for value in program.inputs}
        scores = _asked_for(program, masks)
        output = next((o.name for o in program.outputs if o.value == scores), None)
        text, chance = (inputs.get(masks.inputs[port]) for port in ("x", "chance"))
        if output is None or text is None or chance is None or len(inputs) != 2:
            raise LayerloomError(NO_WRITER, code="generate")
        self._output, self._text, self._chance = output, text, chance
        self._mask = int(masks.params["symbols"])

    def facts(self) -> dict[str, Any]:
        offered = ["".join(GAP if i % _EVERY == _EVERY - 1 else c for i, c in enumerate(p)) for p in self._prompts]
        return {
            "kind": "fill",
            "window": self._window,
            "length": self._window,
            "symbols": known(self._classes),
            "prompts": offered,
        }

    def amount(self, prompt: str, wanted: int) -> int:
        return len(prompt)

    def write(self, prompt: str, length: int, style: Style, so_far: str = "") -> Iterator[str]:
        if len(prompt) > self._window:
            raise LayerloomError(
                f"This network reads at most {self._window} symbols; the text has {len(prompt)}.",
                code="generate",
                expected=str(self._window),
                received=str(len(prompt)),
            )
        filled = so_far + prompt[len(so_far) :]
        row = [self._mask if c == GAP else indices(c, self._classes)[0] for c in filled]
        for position in range(len(so_far), len(prompt)):
            if row[position] == self._mask:
                row[position] = style.draw(self._scores(row, position), position)
            yield known((self._classes[row[position]],))

    def _scores(self, row: list[int], position: int) -> np.ndarray[Any, Any]:
        """What may stand there; a chance of 1 hides nothing but the gaps that are in the text."""
        given = {self._text.name: torch.tensor([row]), self._chance.name: torch.ones(1, len(row))}
        return np.asarray(self.answer(self._output, given)[: len(self._classes), position].numpy())

    @property
    def _prompts(self) -> list[str]:
        return self.prompts(self._text)

    @property
    def _classes(self) -> tuple[str, ...]:
        return self._fields[self._text.field].classes

    @property
    def _window(self) -> int:
        return self._fields[self._text.field].shape[0]


def _asked_for(program: Program, masks: Step) -> str | None:
    """The value of the scores that a loss compares with the hidden symbols."""
    asked = masks.outputs.get("asked")
    losses = (step for step in program.steps if asked is not None and step.inputs.get("target") == asked)
    return next((step.inputs.get("input") for step in losses), None)
