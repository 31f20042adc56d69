"""Examples that stand in two parts of the data: what is measured on them is remembered, not learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import numpy as np

from core.data.dataset import Array


def overlap(splits: Mapping[str, Mapping[str, Array]], names: Sequence[str]) -> dict[str, int]:
    """How many examples of each held-out part equal a training example in all the named fields, bit for bit.

    `splits` maps parts to arrays by name, as `Prepared.splits`. Nothing is the same where no field is named.
    """
    return {part: int(mask.sum()) for part, mask in repeated(splits, names).items()}


def repeated(splits: Mapping[str, Mapping[str, Array]], names: Sequence[str]) -> dict[str, Array]:
    """Which examples of each held-out part equal a training example, as a mask; see `overlap`."""
    known = set(_digests(splits["train"], names))
    masks = {part: [digest in known for digest in _digests(splits[part], names)] for part in splits if part != "train"}
    return {part: np.asarray(mask, bool) for part, mask in masks.items()}


def _digests(arrays: Mapping[str, Array], names: Sequence[str]) -> list[bytes]:
    if not names:
        return []
    columns = [np.ascontiguousarray(arrays[name]) for name in names]
    return [_digest([column[row] for column in columns]) for row in range(len(columns[0]))]


def _digest(values: Sequence[Array]) -> bytes:
    digest = blake2b(digest_size=16)
    for value in values:
        digest.update(value.tobytes())
    return digest.digest()
