"""Gradient flow: the gradient scale of every layer over its depth, at one step and over the whole run, log scale."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from PySide6.QtWidgets import QSplitter, QWidget

from core.training.protocol import Picture
from core.training.symptoms import EXPLODING, VANISHING, symptoms
from designer.course.heat import HeatMap, Spread
from designer.course.histograms import BUDGET
from designer.course.reel import Film, Frames
from designer.figures.figure import Figure
from designer.figures.marks import GREY, Drawing, Floats, Line, Mark
from designer.language import marked, tr
from designer.plots.readout import number
from designer.qt import column, divide
from designer.selection import scope_at
from designer.session import Session

LEAST = 1e-12  # smaller scales, and nothing at all, are drawn here
PAST = 8  # earlier stages that stay in sight
STEADY = marked("flows well: the largest is {ratio} times the smallest")
VERDICTS = {
    "vanishing": marked("vanishing at {node}: {value} of the largest"),
    "exploding": marked("exploding at {node}: {value}"),
}


class FlowView(QWidget):
    """`go(step)` looks at another step."""

    def __init__(self, session: Session, go: Callable[[int], None]) -> None:
        super().__init__()
        self._session = session
        self._frames = Frames(_scales, BUDGET)
        self.figure, self.heat = Figure(), HeatMap(go)
        split = QSplitter()
        divide(split, (self.figure, 3), (self.heat, 2))
        column(self).addWidget(split)

    def show_film(self, film: Film, at: int) -> bool:
        """The frames that are there; whether more of them wait to be read."""
        more = self._frames.follow(film)
        known = [step for step in sorted(self._frames.of) if self._frames.of[step]]
        if known:
            self.figure.show_drawing(self._by_depth(known, max((s for s in known if s <= at), default=known[0])))
            self.heat.show_spread(self._over_time(known), at)
        else:
            self.figure.show_drawing(Drawing(title=tr("Nothing was measured yet")))
        return more

    def _by_depth(self, known: Sequence[int], step: int) -> Drawing:
        scales = self._frames.of[step]
        depth = np.arange(1, len(scales) + 1, dtype=float)
        earlier = [s for s in known if s < step]
        past = [earlier[round(i)] for i in np.linspace(0, len(earlier) - 1, min(PAST, len(earlier)))]
        names = [self._name(node) for node in scales]
        marks: list[Mark] = [
            Line(depth, _powers(self._frames.of[s].values()), GREY, tr("step {step}", step=f"{s:,}"), thin=True)
            for s in past
            if list(self._frames.of[s]) == list(scales)
        ]
        top = max(scales.values())
        legend = [(tr("step {step}", step=f"{step:,}"), 0), *([(tr("earlier"), GREY)] if past else [])]
        ends = np.array([1.0, max(2.0, len(scales))])
        for level, words in ((VANISHING * top, marked("vanishing")), (EXPLODING, marked("exploding"))):
            if level > 0 and min(scales.values()) < 1e2 * level and top > 1e-2 * level:
                marks.append(Line(ends, np.full(2, np.log10(level)), 3, tr(words), dashed=True))
                legend.append((tr(words), 3))
        marks.append(Line(depth, _powers(scales.values()), 0, tr("gradient"), dotted=True))
        note = self._verdict(scales)
        return Drawing(
            marks,
            title=tr("Gradient by depth"),
            note=note,
            x_label=tr("layer, from the input ({first}) to the output ({last})", first=names[0], last=names[-1]),
            y_label=tr("root mean square of the gradient"),
            x_span=(0.5, len(scales) + 0.5),
            y_powers=True,
            legend=legend,
            summary=f"{note}. " + ", ".join(f"{n} {number(v)}" for n, v in zip(names, scales.values(), strict=True)),
        )

    def _verdict(self, scales: Mapping[str, float]) -> str:
        for (code, node), value in symptoms({node: {"gradient": scale} for node, scale in scales.items()}).items():
            return tr(VERDICTS[code], node=self._name(node), value=number(float(f"{value:.2g}")))
        least = min((scale for scale in scales.values() if scale > 0), default=1.0)
        return tr(STEADY, ratio=number(float(f"{max(scales.values()) / least:.2g}")))

    def _over_time(self, known: Sequence[int]) -> Spread:
        """Layers from the input (bottom) to the output, as shares of six decades under the largest of the run."""
        nodes = list(self._frames.of[known[-1]])
        found = np.array([[self._frames.of[step].get(node, 0.0) for step in known] for node in nodes])
        top = float(np.nanmax(np.where(np.isfinite(found), found, 0.0), initial=LEAST))
        shares = 1.0 + np.log10(np.maximum(np.nan_to_num(found, nan=top, posinf=top), LEAST) / top) / 6.0
        title = tr("Over the run: layers from the input (below) to the output")
        return Spread(known, shares.clip(0, 1), 0.0, len(nodes), title, row_name=tr("layer"))

    def _name(self, path: str) -> str:
        inside, _, node = path.rpartition("/")
        scope = scope_at(self._session.document, inside)
        if scope is None or node not in self._session.document.graph(scope):
            return path
        return self._session.inference.labels.of(scope, node)


def _scales(frame: Picture) -> dict[str, float]:
    return {node: float("nan") if scale is None else float(scale) for node, scale in frame.data["gradient"].items()}


def _powers(scales: Iterable[float]) -> Floats:
    found: Floats = np.log10(np.maximum(np.fromiter(scales, np.float64), LEAST))
    return found
