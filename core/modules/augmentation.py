"""Random changes of examples that keep their meaning, in training alone; drawn for each example."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor, nn


class RandomFlip(nn.Module):
    """Mirrors pictures (batch, channels, height, width): left to right with chance `horizontal`,
    upside down with chance `vertical`."""

    def __init__(self, horizontal: float = 0.5, vertical: float = 0.0) -> None:
        super().__init__()
        self.horizontal, self.vertical = horizontal, vertical

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        for chance, dim in ((self.horizontal, 3), (self.vertical, 2)):
            if chance > 0:
                turned = torch.rand(len(x), 1, 1, 1, device=x.device) < chance
                x = torch.where(turned, x.flip(dim), x)
        return x


class RandomAffine(nn.Module):
    """Turns, moves, enlarges, shears pictures (batch, channels, height, width) about their middle.

    Angles are drawn from -degrees to degrees, shifts from -translate to translate (as a share of
    the size), factors of size from 1 / (1 + scale) to 1 + scale (even in the logarithm), slants
    from -shear to shear (degrees). Values between pixels are interpolated linearly
    (``affine_grid``, ``grid_sample``); `padding_mode` says what is outside.
    """

    def __init__(
        self,
        degrees: float = 10.0,
        translate: float = 0.1,
        scale: float = 0.1,
        shear: float = 0.0,
        padding_mode: str = "zeros",
    ) -> None:
        super().__init__()
        self.degrees, self.translate, self.scale, self.shear = degrees, translate, scale, shear
        self.padding_mode = padding_mode

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        draw = 2 * torch.rand(5, len(x), device=x.device, dtype=x.dtype) - 1
        angle, slant = math.radians(self.degrees) * draw[0], math.radians(self.shear) * draw[1]
        shrink = torch.exp(-math.log1p(self.scale) * draw[2])
        move = self.translate * draw[3:]
        matrix = affine_matrix(angle, slant, shrink, move, x.shape[2] / x.shape[3])
        grid = F.affine_grid(matrix, list(x.shape), align_corners=False)
        return F.grid_sample(x, grid, padding_mode=self.padding_mode, align_corners=False)


def affine_matrix(
    angle: Tensor,
    slant: Tensor,
    shrink: Tensor,
    move: Tensor,
    ratio: float,
) -> Tensor:
    """Where the pixels of the new picture come from, (batch, 2, 3), in coordinates from -1 to 1.

    Angles turn to the left; `move` (2, batch) is to the right and down, as a share of the size;
    `ratio` is height by width, so that angles are those of square pixels.
    """
    cos, sin = torch.cos(angle) * shrink, torch.sin(angle) * shrink
    tan = torch.tan(slant)
    across = torch.stack([cos, (cos * tan - sin) * ratio, -2 * move[0]], dim=-1)
    down = torch.stack([sin / ratio, cos + sin * tan, -2 * move[1]], dim=-1)
    return torch.stack([across, down], dim=-2)


class RandomCrop(nn.Module):
    """Pads pictures (batch, channels, height, width) and cuts a part of the old size out of them,
    at a random place."""

    def __init__(self, padding: int = 2, padding_mode: str = "constant") -> None:
        super().__init__()
        self.padding, self.padding_mode = padding, padding_mode

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.padding == 0:
            return x
        count, _, height, width = x.shape
        padded = F.pad(x, (self.padding,) * 4, mode=self.padding_mode)
        offsets = torch.randint(0, 2 * self.padding + 1, (2, count, 1), device=x.device)
        rows = offsets[0] + torch.arange(height, device=x.device)
        columns = offsets[1] + torch.arange(width, device=x.device)
        which = torch.arange(count, device=x.device)[:, None, None]
        return padded[which, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


class ColourJitter(nn.Module):
    """Changes brightness, contrast, saturation and hue of pictures (batch, channels, height, width).

    The first three are factors drawn from 1 - v to 1 + v: of all values; of the distance from the
    picture's mean; of the distance from the grey of each pixel (weights of ITU-R BT.601). The hue is
    turned by up to `hue` degrees, in the plane of YIQ. The last two are for three channels alone.
    """

    def __init__(
        self,
        brightness: float = 0.2,
        contrast: float = 0.2,
        saturation: float = 0.2,
        hue: float = 0.0,
    ) -> None:
        super().__init__()
        self.brightness, self.contrast, self.saturation = brightness, contrast, saturation
        self.hue = hue

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        draw = 2 * torch.rand(3, len(x), 1, 1, 1, device=x.device, dtype=x.dtype) - 1
        x = x * (1 + self.brightness * draw[0])
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        x = mean + (x - mean) * (1 + self.contrast * draw[1])
        if x.shape[1] != 3:
            return x
        grey = 0.299 * x[:, :1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:]
        x = grey + (x - grey) * (1 + self.saturation * draw[2])
        if self.hue == 0:
            return x
        drawn = 2 * torch.rand(len(x), device=x.device, dtype=x.dtype) - 1
        angle = math.radians(self.hue) * drawn
        turned: Tensor = torch.einsum("nij,njhw->nihw", hue_matrix(angle), x)
        return turned


def hue_matrix(angle: Tensor) -> Tensor:
    """(batch, 3, 3) that turns red, green and blue round grey by an angle: to YIQ, turned, back."""
    to_yiq = torch.tensor(
        [[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]],
        device=angle.device,
        dtype=angle.dtype,
    )
    cos, sin, zero = torch.cos(angle), torch.sin(angle), torch.zeros_like(angle)
    rows = ([zero + 1, zero, zero], [zero, cos, -sin], [zero, sin, cos])
    turn = torch.stack([torch.stack(row, -1) for row in rows], -2)
    matrix: Tensor = torch.linalg.inv(to_yiq) @ turn @ to_yiq
    return matrix


class RandomErasing(nn.Module):
    """With chance `p`, sets a rectangle of each picture (batch, channels, height, width) to 0.

    Height and width of the rectangle are drawn, each from a quarter of `size` to `size` of the
    picture's own (Zhong et al., 2017).
    """

    def __init__(self, p: float = 0.5, size: float = 0.4) -> None:
        super().__init__()
        self.p, self.size = p, size

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        inside = torch.rand(len(x), 1, 1, device=x.device) < self.p
        for length, dim in ((x.shape[2], 1), (x.shape[3], 2)):
            draw = torch.rand(2, len(x), 1, 1, device=x.device)
            extent = self.size * (0.25 + 0.75 * draw[0]) * length
            start = draw[1] * (length - extent)
            place = torch.arange(length, device=x.device) + 0.5
            place = place[None, :, None] if dim == 1 else place[None, None, :]
            inside = inside & (place >= start) & (place < start + extent)
        return x.masked_fill(inside[:, None], 0.0)


class RandomSpan(nn.Module):
    """With chance `p`, sets a stretch of each series (batch, channels, time) or (batch, time) to 0.

    Its length is drawn from 0 to `size` of the series' own (time masking; Park et al., 2019).
    """

    def __init__(self, p: float = 0.5, size: float = 0.2) -> None:
        super().__init__()
        self.p, self.size = p, size

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        draw = torch.rand(3, len(x), *(1,) * (x.dim() - 1), device=x.device)
        length = self.size * x.shape[-1] * draw[1]
        start = draw[2] * (x.shape[-1] - length)
        place = torch.arange(x.shape[-1], device=x.device) + 0.5
        return x.masked_fill((draw[0] < self.p) & (place >= start) & (place < start + length), 0.0)


class RandomShift(nn.Module):
    """Moves series (batch, channels, time) or (batch, time) by up to `steps` to either side.

    Zeros come in.
    """

    def __init__(self, steps: int = 3) -> None:
        super().__init__()
        self.steps = steps

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.steps == 0:
            return x
        length = x.shape[-1]
        offsets = torch.randint(0, 2 * self.steps + 1, (len(x), 1), device=x.device)
        index = offsets + torch.arange(length, device=x.device)
        index = index.view(len(x), *(1,) * (x.dim() - 2), length).expand(x.shape)
        return F.pad(x, (self.steps, self.steps)).gather(-1, index)


class RandomGain(nn.Module):
    """Multiplies each example by a factor from 1 / (1 + gain) to 1 + gain, even in the logarithm."""

    def __init__(self, gain: float = 0.2) -> None:
        super().__init__()
        self.gain = gain

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        draw = 2 * torch.rand(len(x), *(1,) * (x.dim() - 1), device=x.device, dtype=x.dtype) - 1
        return x * torch.exp(math.log1p(self.gain) * draw)
