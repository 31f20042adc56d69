"""Sources of motion in the plane: starts, and the paths that a differential equation leads them along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.catalog.source_groups import EXAMPLES, GENERATED, MOST_SEED, SEED
from core.data.signature import DataSignature, FieldSignature
from core.spec.option import OptionSpec
from core.spec.params import Choice, Float, Int

SYSTEMS = {
    "spiral": "cubic spiral",
    "pendulum": "pendulum with friction",
    "van_der_pol": "Van der Pol's oscillator",
    "predators": "predators and prey",
}

FLOW_SOURCES = (
    OptionSpec(
        "motion",
        "Motion",
        "States in the plane that a differential equation moves: each start, and its path at equal times.",
        (
            Choice("system", "spiral", tuple(SYSTEMS), labels=SYSTEMS, doc="What moves the state."),
            Int("n", 400, min=10, max=200_000, label="examples", doc=EXAMPLES),
            Int("points", 20, min=1, max=2000, doc="Points of a path after its start."),
            Float("span", 2.0, min=0.0, above=True, max=100.0, doc="Time from the start of a path to its end."),
            Float("noise", 0.0, min=0.0, max=5.0, doc="Standard deviation of the Gaussian noise on the paths."),
            Int("seed", 0, min=0, max=MOST_SEED, doc=SEED),
        ),
        formula="spiral: dy/dt = A y^3; pendulum: x'' = -4 sin x - 0.3 x'; Van der Pol: x'' = (1 - x^2) x' - x; "
        "predators: x' = 1.5 x - x y, y' = x y - y",
        source="Chen, Rubanova, Bettencourt and Duvenaud, 2018 (the spiral); Van der Pol, 1926; Lotka, 1925",
        group=GENERATED,
    ),
)


def _motion(values: Mapping[str, Any]) -> DataSignature:
    fields = {
        "features": FieldSignature(shape=(2,), doc="The state at the start."),
        "target": FieldSignature(shape=(values["points"] + 1, 2), doc="Its path, the start first."),
    }
    return DataSignature(fields=fields, examples=values["n"])


FLOW_SIGNATURES: Mapping[str, Callable[[Mapping[str, Any]], DataSignature]] = {"motion": _motion}
