"""The lines that solve dh/dt = f(h, t): the loop of a fixed method written out, or a call of torchdiffeq."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from core.catalog.solvers import SOLVERS, Method, Stage
from core.program.names import identifier
from core.program.program import Program, Step
from core.program.text import comment, literal
from core.program.writer import Writer

Slope = Callable[[str, str], str]  # the call of the dynamics, given the names of the state and of the time


@dataclass(frozen=True)
class Solving:
    """One step that is solved. `result` is the name of what leaves; `taken` are names that must not be used."""

    step: Step
    block: Program
    result: str
    taken: Collection[str]

    @property
    def method(self) -> Method:
        assert self.step.solver is not None
        return SOLVERS[self.step.solver.method]

    def write(self, out: Writer) -> None:
        """Write the lines; the module that holds the dynamics is `step.module`."""
        if self.method.adaptive:
            self._write_call(out)
        else:
            self._write_loop(out)

    # -- what the block is given

    @property
    def _arguments(self) -> list[tuple[str, str]]:
        """Each input of the block with the value that arrives, an empty one for the time."""
        return [(value.port, self.step.inputs.get(value.port, "")) for value in self.block.inputs]

    @property
    def _state(self) -> str:
        """The input of the block that is the state."""
        return next(port for port, value in self._arguments if value)

    @property
    def _timed(self) -> bool:
        return any(not value for _, value in self._arguments)

    def _slope(self, state: str, time: str) -> str:
        row = (time if not value else state if port == self._state else value for port, value in self._arguments)
        return f"self.{self.step.module}({', '.join(row)})"

    def _value(self, name: str) -> float:
        assert self.step.solver is not None
        return float(self.step.solver.params[name])

    def _is(self, name: str) -> bool:
        assert self.step.solver is not None
        return bool(self.step.solver.params[name])

    @property
    def _parts(self) -> int:
        assert self.step.solver is not None
        return self.method.points(self.step.solver.params) - 1

    # -- a fixed method

    def _write_loop(self, out: Writer) -> None:
        node, names = self.step.node, _Names(self.taken)
        given, path = self.step.inputs[self._state], self._is("path")
        state = names.take("h") if path else self.result
        states, time = names.take("path") if path else "", names.take("t") if self._timed else ""
        index = names.take("i") if time else "_"
        start, end = self._value("start"), self._value("end")
        if state != given:
            out.put(f"{state} = ", given, node)
        if path:
            out.put(f"{states} = ", f"[{state}]", node)
        told = f"{comment(self.method.label)}, from {start:g} to {end:g}"
        out.line(f"for {index} in range({self._parts}):  # {told}", node)
        out.depth += 1
        dt = (end - start) / self._parts
        if time:
            now = _sum("" if start == 0 else literal(start), dt, 1, index)
            out.put(f"{time} = ", f"{state}.new_full(({state}.shape[0], 1), {now})", node)
        self._write_step(out, state, time, dt, names)
        if path:
            out.put("", f"{states}.append({state})", node)
        out.depth -= 1
        if path:
            out.put(f"{self.result} = ", f"torch.stack({states}, dim=1)", node)

    def _write_step(self, out: Writer, state: str, time: str, dt: float, names: _Names) -> None:
        """One step of the method; a slope that is used at once needs no name."""
        slopes: list[str] = []
        for stage in self.method.stages:
            there = _moved(state, stage, dt, slopes)
            then = _sum(time, dt, stage.at, "") if time and stage.at else time
            slope = self._slope(there, then)
            if len(self.method.stages) > 1:
                name = names.take(f"k{len(slopes) + 1}")
                out.put(f"{name} = ", slope, self.step.node)
                slope = name
            slopes.append(slope)
        out.put(f"{state} = ", _moved(state, self.method.end, dt, slopes), self.step.node)

    # -- an adaptive method

    def _write_call(self, out: Writer) -> None:
        names, given, node = _Names(self.taken), self.step.inputs[self._state], self.step.node
        time, state, path, adjoint = names.take("t"), names.take("h"), self._is("path"), self._is("adjoint")
        call = "odeint_adjoint" if adjoint else "odeint"
        out.used.add(call)
        slope = f"lambda {time}, {state}: {self._slope(state, f'{time}.expand({state}.shape[0], 1)')}"
        ends = f"{literal(self._value('start'))}, {literal(self._value('end'))}"
        times = names.take("times")
        if path:
            like = f"dtype={given}.dtype, device={given}.device"
            out.put(f"{times} = ", f"torch.linspace({ends}, {self._parts + 1}, {like})", node)
        else:
            out.put(f"{times} = ", f"{given}.new_tensor([{ends}])", node)
        more = f"rtol={literal(self._value('rtol'))}, atol={literal(self._value('atol'))}"
        more += f", method={literal(self.method.id)}"
        if adjoint:
            more += f", adjoint_params=tuple(self.{self.step.module}.parameters())"
        code = f"{call}({slope}, {given}, {times}, {more})"
        if path:
            states = names.take("path")
            out.put(f"{states} = ", code, node)
            out.put(f"{self.result} = ", f"{states}.movedim(0, 1)", node)
        else:
            out.put(f"{self.result} = ", f"{code}[-1]", node)


class _Names:
    def __init__(self, taken: Collection[str]) -> None:
        self._taken = set(taken)

    def take(self, name: str) -> str:
        found = identifier(name, self._taken)
        self._taken.add(found)
        return found


def _moved(state: str, stage: Stage, dt: float, slopes: Sequence[str]) -> str:
    """The state, moved along the slopes as the stage says."""
    terms = [(weight, slope) for weight, slope in zip(stage.weights, slopes, strict=False) if weight]
    if not terms:
        return state
    if len(terms) == 1:
        [(weight, slope)] = terms
        return _sum(state, dt, Fraction(weight, stage.over), slope)
    return _sum(state, dt, Fraction(1, stage.over), f"({''.join(_row(terms))})")


def _row(terms: Sequence[tuple[int, str]]) -> Iterator[str]:
    """``k1 + 2 * k2 - k3``, one that is added in front."""
    for place, (weight, name) in enumerate(sorted(terms, key=lambda term: term[0] < 0)):
        sign = " - " if weight < 0 else " + " if place else ""
        yield sign + (name if abs(weight) == 1 else f"{abs(weight)} * {name}")


def _sum(first: str, dt: float, share: Fraction | int, factor: str) -> str:
    """``first + dt share factor``, in as few operations as read well; without `first`, the product alone."""
    share = Fraction(share)
    size = abs(dt) * share.numerator
    number = (
        literal(size / share.denominator) if share.denominator in (1, 2) else f"{literal(size)} / {share.denominator}"
    )
    product = " * ".join(part for part in (number, factor) if part)
    if not first:
        return f"-{product}" if dt < 0 else product
    return f"{first} {'-' if dt < 0 else '+'} {product}"
