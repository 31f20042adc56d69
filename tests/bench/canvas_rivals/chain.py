"""The graph that every editor is given: a chain of residual blocks, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

ROW = ("conv2d", "batch_norm2d", "relu", "conv2d", "batch_norm2d", "relu", "add", "dropout")
ACROSS, DOWN = 256.0, 128.0  # canvas units from one node to the next


@dataclass(frozen=True, slots=True)
class Step:
    """One node: its layer, where its top left corner lies, the names of its ports."""

    id: str
    layer: str
    x: float
    y: float
    inputs: tuple[str, ...]
    outputs: tuple[str, ...] = ("y",)


@dataclass(frozen=True, slots=True)
class Wire:
    """From a port of one node to a port of another."""

    id: str
    source: str
    source_port: str
    target: str
    target_port: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Rows of residual blocks: a wire from each node to the next, and a skip into each Add."""

    steps: tuple[Step, ...]
    wires: tuple[Wire, ...]

    @property
    def held(self) -> Step:
        """The node that is dragged: near the middle, with one wire in and two out."""
        return self.steps[max(i for i in range(2, len(self.steps) // 2 + 1) if i % len(ROW) == 2)]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the drawing, in canvas units; its top left corner is the origin."""
        return max(s.x for s in self.steps) + ACROSS, max(s.y for s in self.steps) + DOWN


def chain(count: int) -> Chain:
    """A chain of so many nodes, at least 8, laid out in rows that fill a screen."""
    across = max(int((count * 2.5) ** 0.5), 8)
    steps = [Step("n0", "input", 0.0, 0.0, ())]
    wires: list[Wire] = []
    for i in range(1, count):
        layer = ROW[i % len(ROW)]
        ports = ("a", "b") if layer == "add" else ("x",)
        steps.append(Step(f"n{i}", layer, (i % across) * ACROSS, (i // across) * DOWN, ports))
        wires.append(Wire(f"l{i}", f"n{i - 1}", "y", f"n{i}", ports[0]))
        if layer == "add":
            wires.append(Wire(f"s{i}", f"n{i - 4}", "y", f"n{i}", "b"))
    return Chain(tuple(steps), tuple(wires))
