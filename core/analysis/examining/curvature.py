"""How sharply the loss bends at some weights: the ends of the spectrum of its Hessian, without ever writing it down.

Lanczos' method with full reorthogonalisation (Golub and Van Loan, Matrix Computations, section 10.1) on products of the
Hessian with a vector (Pearlmutter, Fast Exact Multiplication by the Hessian, 1994), in double precision.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from core.analysis.measuring import Gauge
from core.training.tools.copying import Told, unheard

STEPS = 40  # products at most
CLOSE = 1e-4  # of the largest value, by which it may still be wrong
MEMORY = 2**27  # numbers that the vectors may take together


@dataclass(frozen=True)
class Curvature:
    """Of the Hessian of the mean loss in all trained weights.

    Attributes:
        largest, least: its eigenvalues at both ends; below 0, the loss falls that way: these weights are no minimum.
        error: that `largest` is within of an eigenvalue.
        products: of the Hessian with a vector, that were needed.
        limit: ``2 / largest``, above which plain gradient descent leaves the valley; None where nothing bends upwards.
    """

    largest: float
    least: float
    error: float
    products: int
    limit: float | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def curvature(
    gauge: Gauge, *, seed: int = 0, most: int = STEPS, seconds: float = math.inf, told: Told = unheard
) -> Curvature | None:
    """The curvature of a gauge's loss at the weights that it holds (make it with float64).

    None where PyTorch has no second derivative of a layer. With a slow network it ends after so many seconds, and the
    error says how far it got.
    """
    parameters = gauge.parameters
    count = sum(p.numel() for p in parameters)
    products = _products(gauge, parameters)
    draw = torch.Generator().manual_seed(seed)
    first = torch.randn(count, generator=draw, dtype=torch.float64)
    try:
        with sdpa_kernel(SDPBackend.MATH):  # the fast kernels of attention have no second derivative
            most = min(most, count, max(4, MEMORY // count))
            values, error, taken = lanczos(products, first, most, seconds, told)
    except (NotImplementedError, RuntimeError) as error_met:
        if "derivative" in str(error_met) or "double backward" in str(error_met):
            return None
        raise
    finally:
        gauge.net.zero_grad(set_to_none=True)
    largest = float(values[-1])
    return Curvature(largest, float(values[0]), error, taken, 2 / largest if largest > 0 else None)


def lanczos(
    product: Callable[[Tensor], Tensor], start: Tensor, most: int, seconds: float = math.inf, told: Told = unheard
) -> tuple[Tensor, float, int]:
    """Values that approach the eigenvalues of a symmetric matrix from both ends, ascending; by how much the last may be
    off; and the products taken. It ends when both ends hold still, after `most` products, or when the time is over."""
    begun = time.monotonic()
    basis = [start / start.norm()]
    main: list[float] = []
    beside: list[float] = []
    while True:
        image = product(basis[-1])
        main.append(float(image @ basis[-1]))
        for _ in range(2):  # once is not enough (Kahan: twice is)
            for vector in basis:
                image = image - (image @ vector) * vector
        rest = float(image.norm())
        values, vectors = _spectrum(main, beside)
        size = float(values.abs().max())
        off = [rest * abs(float(vectors[-1, end])) for end in (0, -1)]
        told(len(main) / most)
        late = time.monotonic() - begun > seconds
        if late or len(main) >= most or max(off) <= CLOSE * size or rest <= 1e-12 * max(size, 1e-300):
            told(1.0)
            return values, off[1], len(main)
        beside.append(rest)
        basis.append(image / rest)


def _spectrum(main: Sequence[float], beside: Sequence[float]) -> tuple[Tensor, Tensor]:
    whole = torch.diag(torch.tensor(main, dtype=torch.float64))
    if beside:
        side = torch.tensor(beside, dtype=torch.float64)
        whole = whole + torch.diag(side, 1) + torch.diag(side, -1)
    values, vectors = torch.linalg.eigh(whole)
    return values, vectors


def _products(gauge: Gauge, parameters: Sequence[nn.Parameter]) -> Callable[[Tensor], Tensor]:
    """``H v``: the gradient of the product of the gradient with v, batch by batch."""
    sizes = [p.numel() for p in parameters]

    def product(vector: Tensor) -> Tensor:
        parts = [part.view_as(p) for part, p in zip(torch.split(vector, sizes), parameters, strict=True)]
        summed = [torch.zeros_like(p) for p in parameters]
        for loss, share in gauge.losses():
            slopes = torch.autograd.grad(loss, parameters, create_graph=True, allow_unused=True)
            pairs = [(slope, part) for slope, part in zip(slopes, parts, strict=True) if slope is not None]
            along = sum((slope * part).sum() for slope, part in pairs)
            if not isinstance(along, Tensor) or not along.requires_grad:
                continue  # linear in every weight
            bent = torch.autograd.grad(along, parameters, allow_unused=True)
            for into, found in zip(summed, bent, strict=True):
                if found is not None:
                    into.add_(found, alpha=share)
        return torch.cat([one.reshape(-1) for one in summed])

    return product
