"""Text written by a trained network, one symbol after the other (T).

A network can write where the data declares that one field is what follows another, symbol by symbol
(`FieldSignature.follows`): a language model continues a prompt, and a translator, which is given a second text, writes
what that becomes. The symbols written last are fed back; the scores of the last step say what comes next.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.analysis.subject import Subject
from core.catalog.sequences import START
from core.data.dataset import Array
from core.data.signature import FieldSignature
from core.data.text import named, spelled
from core.problem import LayerloomError
from core.program.module import named_errors
from core.program.program import Value
from core.training.evaluation import looking
from core.training.pairing import Pairing

LONGEST = 100_000  # symbols of one text
NO_WRITER = (
    "This network does not write text: that takes an output that scores the next symbol at every step, as in the "
    "examples Character GPT and Dates, Transformer."
)


@dataclass(frozen=True, slots=True)
class Style:
    """How the next symbol is drawn.

    Attributes:
        temperature: scores are divided by it before the softmax; 0 takes the best symbol every time.
        top_k: only so many of the best symbols may come; 0: all.
        seed: the same seed writes the same text. What the n-th symbol is drawn with depends on seed and n alone.
    """

    temperature: float = 1.0
    top_k: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value, least in (("temperature", self.temperature, 0.0), ("top k", self.top_k, 0)):
            if not least <= value < float("inf"):
                raise LayerloomError(f"The {name} must be 0 or more, not {value:g}.", code="generate")
        if self.seed < 0:
            raise LayerloomError(f"The seed must be 0 or more, not {self.seed}.", code="generate")

    def chances(self, scores: Array) -> Array:
        """The probability of each symbol, float64: softmax(scores / temperature) over the `top_k` best.

        Of equal scores the first counts as better, so that top k 1 is greedy.
        """
        order = np.argsort(-scores, kind="stable")
        kept = order[: self.top_k or len(order)] if self.temperature else order[:1]
        weights = np.exp((scores[kept].astype(np.float64) - scores[kept[0]]) / (self.temperature or 1.0))
        chances = np.zeros(len(scores))
        chances[kept] = weights / weights.sum()
        return chances

    def draw(self, scores: Array, position: int) -> int:
        """The symbol that stands at `position` of what is written."""
        total = self.chances(scores).cumsum()
        point = np.random.default_rng([self.seed, position]).random() * total[-1]
        return int(np.searchsorted(total, point, side="right"))


class Text(ABC):
    """What a network can write. `write` gives symbol after symbol."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._fields = subject.prepared.signature.fields

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What a window needs to ask for a text: ``kind`` (``continue``, ``turn`` or ``fill``), ``window``, ``length``
        (None: as long as one likes), ``symbols`` (all that a prompt may hold), ``prompts`` (a few, of the data)."""

    @abstractmethod
    def amount(self, prompt: str, wanted: int) -> int:
        """How many symbols are written, where so many are wanted."""

    @abstractmethod
    def write(self, prompt: str, length: int, style: Style, so_far: str = "") -> Iterator[str]:
        """Symbol by symbol, up to `length` in all, `so_far` included; what is asked for anew goes on where it stood.

        Raises:
            LayerloomError: the prompt has a symbol that the network does not know, or does not fit; the length is off.
        """

    def prompts(self, value: Value) -> list[str]:
        """A few texts of the data, from its test part if there is one."""
        part = next((p for p in ("test", "validation", "train") if self._subject.prepared.examples.get(p)), "train")
        classes = self._fields[value.field].classes
        return [spelled(classes[i] for i in row).rstrip() for row in self._subject.part(part, 5).arrays[value.name]]

    def answer(self, output: str, given: dict[str, Tensor]) -> Tensor:
        """What the network says at one output about a single example."""
        names = [result.name for result in self._subject.program.outputs]
        with looking(self._subject.net), named_errors():
            made = self._subject.net(*(given[value.name] for value in self._subject.program.inputs))
        found: Tensor = (made if isinstance(made, tuple) else (made,))[names.index(output)][0]
        return found.float()


class Writer(Text):
    """Writes what follows, symbol by symbol.

    Attributes:
        written: the input that is fed what was written; `asked`: the input that takes a text to be turned, if any.

    Raises:
        LayerloomError: the network does not write text (code ``generate``).
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._pairing, self.written = _stream(subject)
        others = [value for value in subject.program.inputs if value.name != self.written.name]
        texts = [value for value in others if _symbols(self._fields.get(value.field)) and value.encoding != "one_hot"]
        if len(texts) != len(others) or len(others) > 1:
            raise LayerloomError(NO_WRITER, code="generate")
        self.asked = texts[0] if texts else None
        self._classes = self._field(self.written).classes
        self._next = len(self._fields[subject.prepared.fields[self._pairing.target]].classes)

    @property
    def window(self) -> int:
        """How many symbols the network was trained to see at once."""
        return self._field(self.written).shape[0]

    @property
    def length(self) -> int | None:
        """How long what it writes is; None where it goes on for as long as one likes."""
        return self.window if self.asked is not None else None

    def facts(self) -> dict[str, Any]:
        value = self.asked or self.written
        return {
            "kind": "turn" if self.asked is not None else "continue",
            "window": self.window,
            "length": self.length,
            "symbols": known(self._field(value).classes),
            "prompts": self.prompts(value),
        }

    def amount(self, prompt: str, wanted: int) -> int:
        return wanted if self.length is None else min(wanted, self.length)

    def write(self, prompt: str, length: int, style: Style, so_far: str = "") -> Iterator[str]:
        if not 0 <= length <= LONGEST:
            raise LayerloomError(f"A text has 0 to {LONGEST:,} symbols, not {length:,}.", code="generate")
        length = self.amount(prompt, length)
        done = indices(so_far, self._classes)
        turned = None if self.asked is None else self._turned(prompt, self.asked)
        stream = [self._first()] if turned is not None else indices(prompt, self._classes) or [self._first()]
        stream += done
        for position in range(len(done), length):
            symbol = style.draw(self._scores(stream[-self.window :], turned), position)
            stream.append(symbol)
            yield spelled([self._classes[symbol]])

    def _scores(self, stream: list[int], turned: Tensor | None) -> Array:
        """Logarithms of the chances of what follows `stream`, up to a constant."""
        given = {self.written.name: torch.tensor([stream])}
        if turned is not None and self.asked is not None:
            given[self.asked.name] = turned
        found = self.answer(self._pairing.output, given)
        last = found[-1] if self._pairing.encoding == "one_hot" else found[:, -1]
        scores = last if self._pairing.logits else last.clamp_min(1e-38).log()
        return np.asarray(scores[: self._next].numpy())

    def _turned(self, text: str, value: Value) -> Tensor:
        """The text that is to be turned, filled up with spaces where the data does so."""
        field = self._field(value)
        room = field.shape[0]
        if "space" in field.classes:
            text = text.ljust(room)
        if len(text) != room:
            fits = "at most" if "space" in field.classes else "exactly"
            raise LayerloomError(
                f"This network reads {fits} {room} symbols; {text.strip()!r:.80} has {len(text)}.",
                code="generate",
                expected=str(room),
                received=str(len(text)),
            )
        return torch.tensor([indices(text, field.classes)])

    def _first(self) -> int:
        """What stands before a text that has no beginning."""
        return next((self._classes.index(name) for name in (START, "newline", "space") if name in self._classes), 0)

    def _field(self, value: Value) -> FieldSignature:
        return self._fields[value.field]


def known(classes: tuple[str, ...]) -> str:
    """All symbols that a text may hold."""
    return spelled(name for name in classes if name != START)


def indices(text: str, classes: tuple[str, ...]) -> list[int]:
    """The class of each symbol. Raises LayerloomError where one is unknown."""
    place = {name: index for index, name in enumerate(classes)}
    unknown = sorted({c for c in text if named(c) not in place})
    if unknown:
        told = ", ".join(repr(c) for c in unknown[:5])
        raise LayerloomError(
            f"The network has never seen {told}; it knows {known(classes)!r}.",
            code="generate",
            received=told,
            expected=known(classes),
        )
    return [place[named(c)] for c in text]


def _stream(subject: Subject) -> tuple[Pairing, Value]:
    """The output that scores what follows an input, and that input."""
    prepared, program = subject.prepared, subject.program
    for pairing in subject.pairings:
        follows = prepared.signature.fields[prepared.fields[pairing.target]].follows
        for value in program.inputs:
            if follows and value.field == follows and value.encoding in ("as_is", "index"):
                return pairing, value
    raise LayerloomError(NO_WRITER, code="generate")


def _symbols(field: FieldSignature | None) -> bool:
    """Whether it is a row of symbols."""
    return field is not None and len(field.shape) == 1 and bool(field.classes)
