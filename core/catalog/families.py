"""The families of layers in palette order, and the catalogue that they make up."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from core.catalog import (
    Catalog,
    activation,
    adversarial,
    attention,
    augmentation,
    capsule,
    convolution,
    graphs,
    io,
    linear,
    loss,
    merge,
    normalisation,
    pooling,
    prototype,
    recurrent,
    regularisation,
    reshape,
    sequence,
)

FAMILIES = (
    io,
    linear,
    convolution,
    pooling,
    activation,
    normalisation,
    regularisation,
    augmentation,
    merge,
    reshape,
    sequence,
    recurrent,
    attention,
    prototype,
    capsule,
    graphs,
    loss,
    adversarial,
)


@cache
def default_catalog() -> Catalog:
    """Every layer, with its family's category."""
    return Catalog(replace(spec, category=family.CATEGORY) for family in FAMILIES for spec in family.LAYERS)
