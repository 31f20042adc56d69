"""From the times of all rivals to the table, the budgets and the ratio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

US, UNWATCHED, PLAIN = "layerloom", "unwatched", "plain"
BUDGETS: Mapping[str, Mapping[str, float]] = {  # how many times our step each rival's is to take, at least
    "mlp": {"plain": 1.2, "dataloader": 1.5, "skorch": 2.0, "accelerate": 2.0, "lightning": 2.5, "keras": 4.0},
    "cnn": {"plain": 1.2},
}
OTHERWISE = 1.0
MONITORING = 0.02  # of the step's time


@dataclass
class Times:
    """Seconds a step, turn by turn, of one rival."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    watching: list[float] = field(default_factory=list)  # as it says itself
    loss: float = float("nan")
    threads: int = 1

    def of(self, clock: str) -> list[float]:
        return self.cpu if clock == "cpu" else self.wall


def ratio(rival: Times, ours: Times, clock: str) -> float:
    """The median, over the rounds, of the rival's time by ours in the same round."""
    return median(theirs / own for theirs, own in zip(rival.of(clock), ours.of(clock), strict=True))


def clock_of(found: Mapping[str, Times]) -> str:
    """The processor's time where everyone computes with one thread: others on the machine hardly disturb it."""
    return "cpu" if all(times.threads == 1 for times in found.values()) else "wall"


def table(network: str, found: Mapping[str, Times]) -> list[str]:
    """Lines of a Markdown table."""
    ours, judged = found[US], clock_of(found)
    rows = [["", "us a step, cpu", "wall", "by ours, cpu", "wall", "budget", "", "loss at the end", "threads"]]
    for name, times in found.items():
        cells = [f"{median(times.of(clock)) * 1e6:.1f}" for clock in ("cpu", "wall")]
        ratios = [f"{ratio(times, ours, clock):.2f}" for clock in ("cpu", "wall")]
        budget = None if name in (US, UNWATCHED) else BUDGETS.get(network, {}).get(name, OTHERWISE)
        verdict = "" if budget is None else "met" if ratio(times, ours, judged) >= budget else "MISSED"
        rows.append([name, *cells, *ratios, f"{budget or ''}", verdict, f"{times.loss:.5f}", str(times.threads)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return lines


def monitoring(found: Mapping[str, Times]) -> tuple[str, bool]:
    """What watching costs by the loop's own account, in words, and whether that is within its budget."""
    on, off = (sum(found[name].watching) / sum(found[name].cpu) for name in (US, UNWATCHED))
    apart = 1 / ratio(found[UNWATCHED], found[US], clock_of(found)) - 1
    met = on - off <= MONITORING
    return (
        f"monitoring: all that is sampled takes {on - off:.1%} of the time (budget {MONITORING:.0%}: "
        f"{'met' if met else 'MISSED'}), the losses and metrics of every step {off:.1%}, on or off; "
        f"the median step is {apart:+.1%} longer than without"
    ), met


def met(network: str, found: Mapping[str, Times], rivals: Sequence[str]) -> bool:
    """Whether each budget against these rivals holds."""
    clock = clock_of(found)
    return all(ratio(found[r], found[US], clock) >= BUDGETS.get(network, {}).get(r, OTHERWISE) for r in rivals)
