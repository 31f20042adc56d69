"""Names in a lowered program, chosen as a person would: ``conv1``, ``conv2``, ``attention``, ``ResidualBlock``."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable, Mapping

from core.program.names import identifier, is_name

# What people call the value or attribute of a layer, where that is not the layer's id without its dimensions.
_SHORT: Mapping[str, str] = {
    "batch_norm": "norm",
    "layer_norm": "norm",
    "group_norm": "norm",
    "instance_norm": "norm",
    "rms_norm": "norm",
    "max_pool": "pool",
    "avg_pool": "pool",
    "adaptive_avg_pool": "pool",
    "adaptive_max_pool": "pool",
    "global_avg_pool": "pool",
    "conv_transpose": "upconv",
    "concatenate": "concat",
    "multihead_attention": "attention",
    "scaled_dot_product_attention": "attention",
    "transformer_encoder_layer": "encoder",
    "positional_encoding": "position",
    "class_token": "token",
    "sum": "total",
    "slice": "part",
}


def short_name(layer: str) -> str:
    """What a step is called after its layer: ``conv2d`` is ``conv``."""
    stem = re.sub(r"_?\d+d$", "", layer)
    return _SHORT.get(stem, stem)


class Names:
    """Unique names for the values and layers of one program."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def take(self, wanted: str, default: str = "value") -> str:
        name = identifier(wanted, self.taken, default=default)
        self.taken.add(name)
        return name

    def take_all(self, own: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
        """A name for each key: first for those that a person named (`own`), then for the rest by what they are.

        Of the rest, those of one kind are numbered where there are several: ``relu``, but ``conv1``, ``conv2``.
        """
        names = {key: self.take(name) for key, name in own.items()}
        kinds = Counter(others.values())
        numbers: Counter[str] = Counter()
        for key, kind in others.items():
            name = kind
            while kinds[kind] > 1 and (name == kind or name in self.taken):
                numbers[kind] += 1
                name = f"{kind}{numbers[kind]}"
            names[key] = self.take(name)
        return names


def class_name(label: str, taken: Container[str], default: str = "Network") -> str:
    """A class for what a person calls `label`: ``residual block`` is ``ResidualBlock``, the next ``ResidualBlock2``."""
    words = re.split(r"[\W_]+", unicodedata.normalize("NFKC", label))
    stem = "".join(word[:1].upper() + word[1:] for word in words)[:56]
    stem = f"{default}{stem}" if stem[:1].isdigit() else stem
    stem = stem if stem.isidentifier() else default
    name, number = stem, 1
    while name in taken or not is_name(name):
        number += 1
        name = f"{stem}{number}"
    return name


def public_names(labels: Iterable[str], default: str, taken: Iterable[str] = ()) -> list[str]:
    """Unique names for what leaves a program, by their labels; `default` for those without."""
    names = Names()
    names.taken.update(taken)
    return [names.take(label or default, default) for label in labels]
