"""Attention that torch has no module for: scores of its own, rotary positions, shared keys, visible weights."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor, nn


def attend(scores: Tensor, padding: Tensor | None) -> Tensor:
    """Shares from scores (batch, queries, keys); keys where `padding` (batch, keys) is true get none."""
    if padding is not None:
        scores = scores.masked_fill(padding.unsqueeze(1), torch.finfo(scores.dtype).min)
    return scores.softmax(dim=-1)


class LuongAttention(nn.Module):
    """Every query gathers the steps of `memory` that score best against it (Luong, Pham and Manning, 2015).

    The score of query q and step h is q h (`dot`), q h / sqrt(features) (`scaled_dot`) or q W h (`general`). `local`
    says where query t may look: everywhere (`global`), at most `window` steps from t (`monotonic`), or around a place
    that it predicts (`predictive`), where shares fall off as a Gaussian of deviation window / 2 and are not rescaled.

    query (batch, [queries,] features), memory (batch, steps, features), padding (batch, steps), true where a step is
    only filling -> the context, (batch, [queries,] features of memory), and the shares, (batch, [queries,] steps).
    """

    def __init__(
        self,
        query_features: int,
        memory_features: int,
        score: str = "general",
        local: str = "global",
        window: int = 2,
    ) -> None:
        super().__init__()
        self.score, self.local, self.window = score, local, window
        if score == "general":
            self.transform = nn.Linear(query_features, memory_features, bias=False)
        if local == "predictive":
            self.hidden = nn.Linear(query_features, query_features, bias=False)
            self.place = nn.Linear(query_features, 1, bias=False)

    def forward(
        self,
        query: Tensor,
        memory: Tensor,
        padding: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        if query.dim() == 2:
            context, weights = self.forward(query.unsqueeze(1), memory, padding)
            return context.squeeze(1), weights.squeeze(1)
        asked = self.transform(query) if self.score == "general" else query
        scores = asked @ memory.mT
        if self.score == "scaled_dot":
            scores = scores / math.sqrt(memory.shape[2])
        steps = torch.arange(memory.shape[1], device=memory.device)
        if self.local == "monotonic":
            own = torch.arange(query.shape[1], device=query.device).unsqueeze(1)
            far = (steps - own).abs() > self.window
            scores = scores.masked_fill(far, torch.finfo(scores.dtype).min)
        weights = attend(scores, padding)
        if self.local == "predictive":
            weights = weights * self._near(query, steps, padding)
        return weights @ memory, weights

    def _near(self, query: Tensor, steps: Tensor, padding: Tensor | None) -> Tensor:
        length = len(steps) if padding is None else (~padding).sum(1).view(-1, 1, 1)
        place: Tensor = self.place(self.hidden(query).tanh()).sigmoid()
        distance = (steps - length * place).abs()
        near = torch.exp(-2 * (distance / self.window).square())  # a deviation of window / 2
        return near * (distance <= self.window)


class AdditiveAttention(nn.Module):
    """Every query gathers the steps of `memory` that a small network scores best (Bahdanau, Cho and Bengio, 2014).

    The score of query q and step h is v tanh(W q + U h). Shapes as in LuongAttention.
    """

    def __init__(self, query_features: int, memory_features: int, hidden: int = 64) -> None:
        super().__init__()
        self.query = nn.Linear(query_features, hidden)
        self.memory = nn.Linear(memory_features, hidden, bias=False)
        self.score = nn.Linear(hidden, 1, bias=False)

    def forward(
        self,
        query: Tensor,
        memory: Tensor,
        padding: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        if query.dim() == 2:
            context, weights = self.forward(query.unsqueeze(1), memory, padding)
            return context.squeeze(1), weights.squeeze(1)
        mixed = self.query(query).unsqueeze(2) + self.memory(memory).unsqueeze(1)
        weights = attend(self.score(mixed.tanh()).squeeze(3), padding)
        return weights @ memory, weights


class RotaryPositions(nn.Module):
    """Turns each pair of features by an angle that grows with the position (Su et al., RoFormer, 2021).

    x is (…, time, features), features even. Pair i at step t is turned by t / base^(2 i / features), so that products
    of two turned vectors depend on how far apart they stand, not on where.
    """

    rates: Tensor

    def __init__(self, features: int, base: float = 10000.0) -> None:
        super().__init__()
        if features % 2:
            raise ValueError(f"rotary positions turn pairs of features, and there are {features}")
        powers = torch.arange(0, features, 2) / features
        self.register_buffer("rates", base**-powers, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        angles = torch.arange(x.shape[-2], device=x.device).unsqueeze(1) * self.rates
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


class SelfAttention(nn.Module):
    """Self-attention as in language models of today: rotary positions, heads that share keys, and a window.

    x is (batch, time, features). `kv_heads` heads of keys and values serve all `num_heads` (Ainslie et al., GQA, 2023;
    one: Shazeer, 2019). Steps look only at themselves and earlier ones where `is_causal`, and at most `window` steps
    away. `padding` (batch, time) is true where a step is only filling. Returns the result and, where asked for, the
    shares of each head, (batch, heads, time, time).
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        kv_heads: int | None = None,
        is_causal: bool = False,
        window: int | None = None,
        rotary: bool = True,
        dropout: float = 0.0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if embed_dim % num_heads or num_heads % (kv_heads or num_heads):
            text = f"{num_heads} heads must divide {embed_dim} features, and kv_heads the heads"
            raise ValueError(text)
        self.heads, self.size = num_heads, embed_dim // num_heads
        self.kv_heads = kv_heads or num_heads
        self.is_causal, self.window, self.dropout = is_causal, window, dropout
        self.query = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.key = nn.Linear(embed_dim, self.kv_heads * self.size, bias=bias)
        self.value = nn.Linear(embed_dim, self.kv_heads * self.size, bias=bias)
        self.out = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.positions = RotaryPositions(self.size) if rotary else nn.Identity()

    def forward(
        self,
        x: Tensor,
        padding: Tensor | None = None,
        need_weights: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        q = self.positions(self._split(self.query(x), self.heads))
        k = self.positions(self._split(self.key(x), self.kv_heads))
        v = self._split(self.value(x), self.kv_heads)
        if self.kv_heads != self.heads:
            k, v = (t.repeat_interleave(self.heads // self.kv_heads, dim=1) for t in (k, v))
        seen = self._seen(x, padding)
        dropout = self.dropout if self.training else 0.0
        if not need_weights:
            ahead = self.is_causal and seen is None
            y = F.scaled_dot_product_attention(q, k, v, seen, dropout, is_causal=ahead)
            return self.out(y.transpose(1, 2).flatten(2)), None
        scores = q @ k.mT / math.sqrt(self.size)
        if self.is_causal and seen is None:
            seen = self._near(x)
        if seen is not None:
            scores = scores.masked_fill(~seen, torch.finfo(scores.dtype).min)
        weights = F.dropout(scores.softmax(dim=-1), dropout)
        return self.out((weights @ v).transpose(1, 2).flatten(2)), weights

    def _split(self, x: Tensor, heads: int) -> Tensor:
        return x.view(x.shape[0], x.shape[1], heads, self.size).transpose(1, 2)

    def _seen(self, x: Tensor, padding: Tensor | None) -> Tensor | None:
        """What each step may look at; None where plain causality, or nothing, says it all."""
        if padding is None:
            return self._near(x) if self.window is not None else None
        # a step may always look at itself, so that none looks at nothing
        itself = torch.eye(x.shape[1], dtype=torch.bool, device=x.device)
        return ((~padding)[:, None, None] & self._near(x)) | itself

    def _near(self, x: Tensor) -> Tensor:
        steps = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device)
        if self.is_causal:
            steps = steps.tril()
        if self.window is not None:
            steps = steps.tril(self.window).triu(-self.window)
        return steps
