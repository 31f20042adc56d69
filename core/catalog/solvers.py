"""How an instance of a block is solved as the dynamics of an ordinary differential equation: methods by id.

A fixed method is its Butcher tableau, from which the source writes the loop out; an adaptive one is torchdiffeq's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from core.spec.option import OptionSpec
from core.spec.params import Bool, Float, Int


@dataclass(frozen=True, slots=True)
class Stage:
    """A place to go to from the start of a step: `dt / over` times the weighted sum of the slopes known so far.

    `at` is the part of the step that has passed there. One weight for each earlier slope.
    """

    at: Fraction
    weights: tuple[int, ...] = ()
    over: int = 1


@dataclass(frozen=True)
class Method(OptionSpec):
    """`stages` are the places whose slopes are asked for, `end` the step that they lead to; both are empty for an
    adaptive method, which chooses its steps itself.

    `order`: halving the steps divides the error at the end of the span by 2 to that power. `least`: evaluations of the
    dynamics that an adaptive method needs for one step, the choice of its first step included.
    """

    stages: tuple[Stage, ...] = ()
    end: Stage = Stage(Fraction(1))
    order: int = 0
    least: int = 0

    @property
    def adaptive(self) -> bool:
        return not self.stages

    @property
    def short(self) -> str:
        """What a card has room for."""
        return self.id if self.adaptive else self.label.partition(",")[0]

    def evaluations(self, values: Mapping[str, Any]) -> int:
        """How often the dynamics are evaluated in one pass forward; the least for an adaptive method."""
        return self.least if self.adaptive else len(self.stages) * int(values["steps"])

    def points(self, values: Mapping[str, Any]) -> int:
        """How many states its path has, the one at the start included."""
        return 1 + int(values["points" if self.adaptive else "steps"])


_PATH_DOC = "What leaves is the state at every step, (batch, states, …) with the start first, not the last one alone."
_SPAN = (
    Float("start", 0.0, doc="The time at which what enters is the state."),
    Float("end", 1.0, doc="The time at which the state leaves. It may lie before the start: time then runs back."),
)
_FIXED = (
    Int("steps", 10, min=1, max=2000, doc="Equal steps from start to end. More cost more and come closer."),
    *_SPAN,
    Bool("path", doc=_PATH_DOC),
)
_ADAPTIVE = (
    Float("rtol", 1e-4, min=0.0, above=True, doc="Error that a step may make, relative to the state."),
    Float("atol", 1e-5, min=0.0, above=True, doc="Error that a step may make, in the units of the state."),
    *_SPAN,
    Bool(
        "adjoint",
        doc="Gradients by solving the adjoint equation backwards: memory stays the same however many steps it takes.",
    ),
    Bool("path", doc=_PATH_DOC),
    Int("points", 20, min=1, max=2000, when=("path", (True,)), doc="Equal parts of the span that the path shows."),
)
_HALF, _THIRD, _START, _END = Fraction(1, 2), Fraction(1, 3), Fraction(0), Fraction(1)
_HAIRER = "Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I, 1993, II.1"
_CHEN = "Chen, Rubanova, Bettencourt and Duvenaud, Neural Ordinary Differential Equations, 2018"

_ALL = (
    Method(
        "euler",
        "Euler",
        "One slope a step: a residual network that uses the same block at every step.",
        params=_FIXED,
        formula="h' = h + dt f(h)",
        source=_HAIRER,
        stages=(Stage(_START),),
        end=Stage(_END, (1,)),
        order=1,
    ),
    Method(
        "midpoint",
        "Midpoint",
        "The slope half a step ahead; two evaluations a step.",
        params=_FIXED,
        formula="h' = h + dt f(h + dt/2 f(h))",
        source=_HAIRER,
        stages=(Stage(_START), Stage(_HALF, (1,), 2)),
        end=Stage(_END, (0, 1)),
        order=2,
    ),
    Method(
        "heun",
        "Heun",
        "The mean of the slopes at both ends of the step; two evaluations a step.",
        params=_FIXED,
        formula="h' = h + dt/2 (k1 + k2), k2 = f(h + dt k1)",
        source=_HAIRER,
        stages=(Stage(_START), Stage(_END, (1,))),
        end=Stage(_END, (1, 1), 2),
        order=2,
    ),
    Method(
        "rk4",
        "RK4",
        "The classical Runge-Kutta method; four evaluations a step. A good first choice.",
        params=_FIXED,
        formula="h' = h + dt/6 (k1 + 2 k2 + 2 k3 + k4)",
        source=_HAIRER,
        stages=(
            Stage(_START),
            Stage(_HALF, (1,), 2),
            Stage(_HALF, (0, 1), 2),
            Stage(_END, (0, 0, 1)),
        ),
        end=Stage(_END, (1, 2, 2, 1), 6),
        order=4,
    ),
    Method(
        "rk4_38",
        "RK4, 3/8 rule",
        "As RK4, with a somewhat smaller error; what torchdiffeq calls rk4.",
        params=_FIXED,
        formula="h' = h + dt/8 (k1 + 3 k2 + 3 k3 + k4)",
        source=_HAIRER,
        stages=(
            Stage(_START),
            Stage(_THIRD, (1,), 3),
            Stage(2 * _THIRD, (-1, 3), 3),
            Stage(_END, (1, -1, 1)),
        ),
        end=Stage(_END, (1, 3, 3, 1), 8),
        order=4,
    ),
    Method(
        "bosh3",
        "bosh3, adaptive",
        "Bogacki and Shampine's method of order 3: chooses its own steps, for loose tolerances. Needs torchdiffeq "
        "where it runs; ONNX cannot hold it.",
        params=_ADAPTIVE,
        source=f"Bogacki and Shampine, 1989; {_CHEN}",
        order=3,
        least=5,
    ),
    Method(
        "dopri5",
        "dopri5, adaptive",
        "Dormand and Prince's method of order 5: chooses its own steps so that each keeps to the tolerances, many "
        "where the state turns quickly, else few. Needs torchdiffeq where it runs; ONNX cannot hold it.",
        params=_ADAPTIVE,
        source=f"Dormand and Prince, 1980; {_CHEN}",
        order=5,
        least=8,
    ),
)

SOLVERS: Mapping[str, Method] = {method.id: method for method in _ALL}
EXPORTABLE = "rk4"  # what an adaptive method is replaced by where steps must be fixed
EXPORT_STEPS = 40
