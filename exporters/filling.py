"""Holes filled inside the exported net: `core.data.holes.Filler` with PyTorch's operations, which ONNX has too."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.data.holes import Filler
from core.data.neighbours import Neighbours
from core.problem import LayerloomError

MOST_COLUMNS = 64  # each column of neighbours is a few operations of its own


class Filling(nn.Module):
    """NaN becomes what the filler says, in float64.

    Raises:
        LayerloomError: rows that are alike are to fill more columns than a file can well hold.
    """

    values: Tensor

    def __init__(self, filler: Filler) -> None:
        super().__init__()
        self.register_buffer("values", torch.as_tensor(filler.values, dtype=torch.float64))
        self.near = None if filler.neighbours is None else _Near(filler.neighbours)
        self._marks = list(filler.marks)

    def forward(self, x: Tensor) -> Tensor:
        real = x.double()
        holes = real.isnan()
        filled = torch.where(holes, self.values, real)
        if self.near is not None:
            width = self.near.width
            found = self.near(real[:, :width])
            own = torch.where(found.isnan(), filled[:, :width], found)
            filled = torch.cat([own, filled[:, width:]], dim=1) if filled.shape[1] > width else own
        if not self._marks:
            return filled
        own, marks = filled[:, : -len(self._marks)], filled[:, -len(self._marks) :]
        return torch.cat([own, torch.where(holes[:, self._marks], 1.0, marks)], dim=1)


class _Near(nn.Module):
    """`Neighbours.estimates`: NaN only where no row shares a column; known numbers come through."""

    rows: Tensor
    known: Tensor
    offset: Tensor
    scale: Tensor

    def __init__(self, near: Neighbours) -> None:
        super().__init__()
        self.width = near.rows.shape[1]
        if self.width > MOST_COLUMNS:
            raise LayerloomError(
                f"Holes in {self.width} columns are filled by the rows most alike; inside a file that goes for at most "
                f"{MOST_COLUMNS} columns. Export without the preparation inside, or fill holes with mean or median.",
                code="baking",
                expected=f"at most {MOST_COLUMNS} columns",
                received=str(self.width),
            )
        rows = torch.as_tensor(near.rows, dtype=torch.float64)
        self.register_buffer("rows", rows.nan_to_num())
        self.register_buffer("known", (~rows.isnan()).double())
        self.register_buffer("offset", torch.as_tensor(near.offset, dtype=torch.float64))
        self.register_buffer("scale", torch.as_tensor(near.scale, dtype=torch.float64))
        self._counts = [min(near.count, int(count)) for count in self.known.sum(0).tolist()]

    def forward(self, real: Tensor) -> Tensor:
        seen = (~real.isnan()).double()
        here = torch.where(real.isnan(), 0.0, (real - self.offset) * self.scale)
        there = (self.rows - self.offset) * self.scale * self.known
        shared = seen @ self.known.T
        squares = (here**2) @ self.known.T + seen @ (there**2).T - 2 * here @ there.T
        far = torch.where(shared > 0, squares.clamp(min=0.0) / shared.clamp(min=1.0), torch.inf)
        columns = [self._mean(far, at, count) for at, count in enumerate(self._counts)]
        return torch.where(real.isnan(), torch.stack(columns, dim=1), real)

    def _mean(self, far: Tensor, at: int, count: int) -> Tensor:
        nearest, rows = torch.where(self.known[:, at] > 0, far, torch.inf).topk(count, dim=1, largest=False)
        use = nearest < torch.inf
        mean: Tensor = torch.where(use, self.rows[:, at][rows], 0.0).sum(1) / use.double().sum(1)
        return mean
