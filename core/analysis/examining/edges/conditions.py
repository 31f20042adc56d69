"""What a network must have for a case to make sense; each tells why it has not, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.analysis.examining.edges import batches, wear
from core.analysis.examining.edges.bench import Bench

LEARNED = 0.05  # of the score above chance: with less there is nothing to lose


def _learned(bench: Bench) -> str:
    if bench.metric == "agreement" or bench.above_chance > LEARNED:
        return ""
    return f"With {bench.called} {bench.clean_score:.3f} the network is hardly better than chance: nothing can be lost."


def _answers_stay(bench: Bench) -> str:
    return "The right answers have places of their own and would have to move along." if bench.makes_pictures else ""


def _answers_stay_alike(bench: Bench) -> str:
    paints = bench.makes_pictures and bench.metric == "r2"
    return "The right answers are numbers for each place and would have to change along." if paints else ""


CONDITIONS: Mapping[str, Callable[[Bench], str]] = {
    "numbers": lambda bench: "" if bench.real else "No input holds numbers.",
    "pictures": lambda bench: "" if wear.pictures(bench) else "No input is a picture.",
    "columns": lambda bench: "" if wear.rows(bench) else "No input is a row of columns.",
    "codes": lambda bench: "" if bench.codes else "No input holds indices.",
    "open": lambda bench: "" if wear.free(bench) else "The inputs have a fixed shape.",
    "steady": lambda bench: "The network draws its answers at random." if bench.is_random else "",
    "statistics": lambda bench: "" if batches.has_statistics(bench) else "No layer keeps running statistics.",
    "learned": _learned,
    "one answer": _answers_stay,
    "same answer": _answers_stay_alike,
}
