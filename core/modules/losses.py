"""Losses that torch lacks. Each returns one number; `reduction` is ``mean`` or ``sum`` over what it adds up."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor, nn


class FocalLoss(nn.Module):
    """Cross entropy in which examples that are already right count little (Lin et al., 2017).

    `input` holds raw scores (batch, classes, …), `target` class indices (batch, …); with p the share that softmax gives
    to the right class, an example counts ``-alpha (1 - p)^gamma log p``. `class_weights` has an alpha for each class.
    """

    def __init__(
        self,
        gamma: float = 2.0,
        class_weights: tuple[float, ...] | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        self.gamma, self.class_weights, self.reduction = gamma, class_weights, reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        log_p = F.log_softmax(input, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)
        missing = (-torch.expm1(log_p)).clamp(min=1e-12)  # a power below 1 has no slope at 0
        loss = -missing.pow(self.gamma) * log_p
        if self.class_weights is not None:
            loss = loss * input.new_tensor(self.class_weights)[target]
        return loss.sum() if self.reduction == "sum" else loss.mean()


class BinaryFocalLoss(nn.Module):
    """Binary cross entropy in which answers that are already right count little (Lin et al., 2017).

    `input` holds raw scores, `target` 0 or 1 in the same shape. `alpha` weighs the ones, ``1 - alpha`` the zeros;
    without it, both count alike.
    """

    def __init__(
        self,
        gamma: float = 2.0,
        alpha: float | None = 0.25,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        self.gamma, self.alpha, self.reduction = gamma, alpha, reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        entropy = F.binary_cross_entropy_with_logits(input, target, reduction="none")
        p = input.sigmoid()
        missing = p + target - 2 * p * target
        missing = missing.clamp(min=1e-12)  # a power below 1 has no slope at 0
        loss = missing.pow(self.gamma) * entropy
        if self.alpha is not None:
            loss = loss * (self.alpha * target + (1 - self.alpha) * (1 - target))
        return loss.sum() if self.reduction == "sum" else loss.mean()


class DiceLoss(nn.Module):
    """One minus the overlap of the predicted region with the true one (Milletari et al., 2016).

    `input` holds raw scores (batch, classes, space…). `target` is a class index for each cell (softmax inside), or 0
    and 1 in the shape of the input (sigmoid inside). Overlaps are counted over space, and averaged over examples and
    classes; `smooth` keeps empty regions from dividing by 0.
    """

    def __init__(self, smooth: float = 1.0) -> None:
        super().__init__()
        self.smooth = smooth

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        if target.is_floating_point():
            p, truth = input.sigmoid(), target
        else:
            p = input.softmax(dim=1)
            truth = F.one_hot(target, input.shape[1]).movedim(-1, 1).to(p.dtype)
        p, truth = p.flatten(2), truth.flatten(2)
        overlap = 2 * (p * truth).sum(2) + self.smooth
        return (1 - overlap / (p.sum(2) + truth.sum(2) + self.smooth)).mean()


class ContrastiveLoss(nn.Module):
    """Pulls pairs together that belong together and pushes others `margin` apart (Hadsell et al., 2006).

    `a` and `b` are (batch, features); `target` is 1 for a pair that belongs together, else 0. With d their distance, a
    pair counts ``t d^2 + (1 - t) max(0, margin - d)^2``.
    """

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, a: Tensor, b: Tensor, target: Tensor) -> Tensor:
        together = target.flatten().to(a.dtype)
        square = (a - b).square().sum(1)
        distance = (square + 1e-12).sqrt()  # the root has no slope at 0
        return (together * square + (1 - together) * F.relu(self.margin - distance).square()).mean()


class InfoNCE(nn.Module):
    """Each row of `a` should be most like its own row of `b` among all rows of the batch, and the reverse.

    Cross entropy over cosine similarities divided by `temperature`, averaged over both directions (van den Oord et al.,
    2018; Radford et al., 2021). Where nothing is learned yet it is about log(batch).
    """

    def __init__(self, temperature: float = 0.07) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        scores = F.normalize(a, dim=1) @ F.normalize(b, dim=1).mT / self.temperature
        own = torch.arange(len(a), device=a.device)
        return (F.cross_entropy(scores, own) + F.cross_entropy(scores.mT, own)) / 2


class KLSparsity(nn.Module):
    """Asks that each unit be active in a share `rho` of the examples (Ng, Sparse Autoencoder, 2011).

    `x` holds activations between 0 and 1, (batch, units…). The sum over units of KL(rho || mean activation).
    """

    def __init__(self, rho: float = 0.05) -> None:
        super().__init__()
        self.rho = rho
        # what is left where the mean activation is rho
        self.least = sum(p * math.log(p) for p in (rho, 1 - rho) if p > 0)

    def forward(self, x: Tensor) -> Tensor:
        mean = x.flatten(1).mean(0).clamp(1e-6, 1 - 1e-6)
        return (self.least - self.rho * mean.log() - (1 - self.rho) * (1 - mean).log()).sum()


class CapsuleMarginLoss(nn.Module):
    """The right capsule should be longer than `upper`, all others shorter than `lower` (Sabour et al., 2017).

    `input` holds lengths (batch, classes), `target` class indices. Wrong classes are weighed by `down`, so that early
    learning does not shrink all capsules.
    """

    def __init__(self, upper: float = 0.9, lower: float = 0.1, down: float = 0.5) -> None:
        super().__init__()
        self.upper, self.lower, self.down = upper, lower, down

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        right = F.one_hot(target, input.shape[1]).to(input.dtype)
        short = F.relu(self.upper - input).square()
        long = F.relu(input - self.lower).square()
        return (right * short + self.down * (1 - right) * long).sum(1).mean()


class LoadBalanceLoss(nn.Module):
    """Keeps a gate from sending everything to the same few experts (Fedus et al., Switch Transformers, 2021).

    `gates` are shares (…, experts), 0 for an expert that is not used. Experts times the sum over experts of (share of
    rows that use it most) x (its mean gate): 1 where all are used alike.
    """

    def forward(self, gates: Tensor) -> Tensor:
        rows = gates.flatten(0, -2)
        count = rows.shape[1]
        used = F.one_hot(rows.argmax(1), count).to(rows.dtype).mean(0)
        return count * (used * rows.mean(0)).sum()


class MMDLoss(nn.Module):
    """How differently two batches are spread (maximum mean discrepancy; Gretton et al., 2012).

    `a` and `b` are (batch, features). With k(x, y) = exp(-|x - y|^2 / (2 width^2)), the mean of k within
    a, plus that within b, minus twice that across; pairs of a row with itself are left out (unbiased, so
    it may fall a little below 0), unless `biased`.
    """

    def __init__(self, width: float = 1.0, biased: bool = False) -> None:
        super().__init__()
        self.width, self.biased = width, biased

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self._within(a) + self._within(b) - 2 * self._kernel(a, b).mean()

    def _within(self, x: Tensor) -> Tensor:
        kernel, rows = self._kernel(x, x), len(x)
        if self.biased or rows < 2:
            return kernel.mean()
        return (kernel.sum() - rows) / (rows * (rows - 1))

    def _kernel(self, x: Tensor, y: Tensor) -> Tensor:
        square = (x.unsqueeze(1) - y).square().sum(2)
        return torch.exp(-square / (2 * self.width**2))


class CoralLoss(nn.Module):
    """How differently the features of two batches vary together (Sun and Saenko, Deep CORAL, 2016).

    `a` and `b` are (batch, features). The squared difference of their covariance matrices, summed and
    divided by 4 features^2.
    """

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        difference = self._covariance(a) - self._covariance(b)
        return difference.square().sum() / (4 * a.shape[1] ** 2)

    def _covariance(self, x: Tensor) -> Tensor:
        centred = x - x.mean(0)
        return centred.mT @ centred / max(len(x) - 1, 1)


class DistillationLoss(nn.Module):
    """The student's shares should be those of the teacher, both softened (Hinton et al., 2015).

    `input` and `teacher` hold raw scores (batch, classes, …). T^2 KL(softmax(teacher / T) || softmax(input /
    T)), summed over classes and averaged over the rest; no gradient reaches the teacher.
    """

    def __init__(self, temperature: float = 2.0) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, input: Tensor, teacher: Tensor) -> Tensor:
        student = F.log_softmax(input / self.temperature, dim=1)
        wanted = F.log_softmax(teacher.detach() / self.temperature, dim=1)
        divergence = F.kl_div(student, wanted, reduction="none", log_target=True).sum(1)
        return self.temperature**2 * divergence.mean()


class GridBoxLoss(nn.Module):
    """How badly boxes lie on those that they should be, over the cells of a grid that have one.

    `input` and `target` are (batch, 4, rows, columns): for each cell the centre of a box within the cell, from 0 to 1
    to the right and down, and its width and height as shares of the picture. Cells whose `target` has no width count
    nothing. Each other counts ``1 - GIoU`` (Rezatofighi et al., 2019), from 0 for the very box to 2 for one far away.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        own, other = self._corners(input), self._corners(target)
        shared = self._area(torch.maximum(own[0], other[0]), torch.minimum(own[1], other[1]))
        both = self._area(*own) + self._area(*other) - shared
        hull = self._area(torch.minimum(own[0], other[0]), torch.maximum(own[1], other[1]))
        overlap = shared / both.clamp(min=1e-9) - (hull - both) / hull.clamp(min=1e-9)
        there = (target[:, 2] > 0).to(input.dtype)
        return ((1 - overlap) * there).sum() / there.sum().clamp(min=1)

    def _corners(self, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """Upper left and lower right, each (2, batch, rows, columns), as shares of the picture."""
        rows, columns = boxes.shape[2:]
        right = torch.arange(columns, device=boxes.device)
        down = torch.arange(rows, device=boxes.device)[:, None]
        centre = torch.stack(((boxes[:, 0] + right) / columns, (boxes[:, 1] + down) / rows))
        reach = boxes[:, 2:].transpose(0, 1) / 2
        return centre - reach, centre + reach

    def _area(self, low: Tensor, high: Tensor) -> Tensor:
        return (high - low).clamp(min=0).prod(dim=0)
