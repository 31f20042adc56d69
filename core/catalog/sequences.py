"""Sources of sequences: text by characters, series to be forecast, and pairs of short texts to be translated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.catalog.source_groups import BUNDLED, EXAMPLES, FILES, GENERATED, MOST_SEED, PATH, SEED
from core.data.signature import DataSignature, FieldSignature
from core.spec.option import OptionSpec
from core.spec.params import Choice, Float, Int, Text

READABLE = {"\n": "newline", " ": "space", "\t": "tab"}  # characters whose class has a name of its own
ASCII = tuple(READABLE.get(c, c) for c in ("\n", *map(chr, range(32, 127))))
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
DATE_LENGTH, ISO_LENGTH = len("september 30, 2099"), len("2099-09-30")
DATE_SYMBOLS = tuple(READABLE.get(c, c) for c in sorted({*"0123456789 .,", *"".join(MONTHS)}))
ISO_SYMBOLS = (*"0123456789", "-")
START = "start"  # what a decoder is given before the first symbol
GAP = "\N{WHITE SQUARE}"  # stands in a text where a symbol is to be filled in
LORENZ_AXES = ("x", "y", "z")

_WINDOW = Int("window", 64, min=2, max=4096, doc="Characters an example; windows do not overlap.")
_WORDS = ("copy", "reverse", "sort")

SEQUENCE_SOURCES = (
    OptionSpec(
        "python_text",
        "Python's own source",
        "The text of Python's standard library, cut into windows; each character is followed by the next one.",
        (
            _WINDOW,
            Int(
                "characters",
                1_000_000,
                min=10_000,
                max=4_000_000,
                doc="How much text, from the modules by name. It differs a little between versions of Python.",
            ),
        ),
        source="Python Software Foundation",
        group=BUNDLED,
    ),
    OptionSpec(
        "text",
        "Text file",
        "A text cut into windows, character by character; the target is each window moved on by one.",
        (
            Text("path", "", label="file", empty="choose a file", doc=PATH.format("file")),
            _WINDOW,
            Choice("encoding", "utf-8", ("utf-8", "utf-16", "latin-1"), doc="How the text is stored.", advanced=True),
        ),
        group=FILES,
    ),
    OptionSpec(
        "series",
        "Series",
        "Stretches of a process in time, each with the values that follow, to be forecast.",
        (
            Choice(
                "process",
                "sines",
                ("sines", "mackey_glass", "lorenz"),
                labels={"sines": "three sines with a drift", "mackey_glass": "Mackey-Glass", "lorenz": "Lorenz"},
                doc="What moves. Every example is a stretch of its own, so none tells the future of another.",
            ),
            Int("n", 2000, min=10, max=200_000, label="examples", doc=EXAMPLES),
            Int("window", 48, min=2, max=2000, doc="Points that are known."),
            Int("horizon", 8, min=1, max=500, doc="Points that follow."),
            Float("noise", 0.05, min=0.0, max=5.0, doc="Standard deviation of the Gaussian noise on every point."),
            Float(
                "drift",
                0.01,
                min=0.0,
                max=1.0,
                when=("process", ("sines",)),
                doc="Standard deviation of the slope, by point, that each example has.",
            ),
            Int("seed", 0, min=0, max=MOST_SEED, doc=SEED),
        ),
        source="Mackey, Glass, Oscillation and Chaos, 1977; Lorenz, Deterministic Nonperiodic Flow, 1963",
        group=GENERATED,
    ),
    OptionSpec(
        "pairs",
        "Pairs of short texts",
        "A short text and what it becomes, symbol by symbol: a toy translation.",
        (
            Choice(
                "task",
                "reverse",
                (*_WORDS, "dates"),
                labels={"dates": "dates, as in 2024-03-12"},
                doc="What is done to the letters; or dates in three ways of writing, turned into one.",
            ),
            Int("n", 5000, min=10, max=200_000, label="examples", doc=EXAMPLES),
            Int("length", 8, min=2, max=200, when=("task", _WORDS), doc="Letters an example."),
            Int("symbols", 10, min=2, max=len(LETTERS), when=("task", _WORDS), doc="How many different letters."),
            Int("seed", 0, min=0, max=MOST_SEED, doc=SEED),
        ),
        group=GENERATED,
    ),
)


def symbols(length: int, classes: tuple[str, ...], doc: str, follows: str = "") -> FieldSignature:
    """A field of as many class indices in a row."""
    return FieldSignature(shape=(length,), dtype="int", classes=classes, doc=doc, follows=follows)


def text_signature(window: int, examples: int, vocabulary: tuple[str, ...]) -> DataSignature:
    fields = {
        "features": symbols(window, vocabulary, "Characters, in the order of the text."),
        "target": symbols(window, vocabulary, "The character after each of them.", follows="features"),
    }
    return DataSignature(fields=fields, examples=examples)


def _python_text(values: Mapping[str, Any]) -> DataSignature:
    return text_signature(values["window"], (values["characters"] - 1) // values["window"], ASCII)


def _series(values: Mapping[str, Any]) -> DataSignature:
    channels = len(LORENZ_AXES) if values["process"] == "lorenz" else 1
    fields = {
        "features": FieldSignature(shape=(channels, values["window"]), doc="The points that are known."),
        "target": FieldSignature(shape=(values["horizon"],), doc="The points that follow (of x, for Lorenz)."),
    }
    return DataSignature(fields=fields, examples=values["n"])


def _pairs(values: Mapping[str, Any]) -> DataSignature:
    if values["task"] == "dates":
        asked, answer = (DATE_LENGTH, DATE_SYMBOLS), (ISO_LENGTH, ISO_SYMBOLS)
    else:
        asked = answer = (values["length"], tuple(LETTERS[: values["symbols"]]))
    fields = {
        "features": symbols(*asked, "The text as it is written."),
        "target": symbols(*answer, "What it becomes.", follows="given"),
        "given": symbols(answer[0], (*answer[1], START), "The target moved on by one: what a decoder has written yet."),
    }
    return DataSignature(fields=fields, examples=values["n"])


SEQUENCE_SIGNATURES: Mapping[str, Callable[[Mapping[str, Any]], DataSignature]] = {
    "python_text": _python_text,
    "series": _series,
    "pairs": _pairs,
}
