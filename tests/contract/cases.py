"""Cases for the contract of layers, made from the declarations: parameters from the fields, shapes from a common list.

`HINTS` has what a rule needs beyond that: shapes or values that chance would not find.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.catalog.families import default_catalog
from core.spec.layer import Given, LayerSpec, Mismatch, Role, Types
from core.spec.param import Param
from core.spec.params import Bool, Choice, Float, Floats, Int, Ints, Padding
from core.spec.shape import BATCH, TensorType

B = BATCH
MOST = 24  # cases a layer
_made: dict[str, tuple[Case, ...]] = {}
COMPUTED = [spec for spec in default_catalog() if spec.role in (Role.LAYER, Role.LOSS)]


@dataclass(frozen=True)
class Case:
    """A layer with checked parameters and what arrives."""

    spec: LayerSpec
    given: Given

    def result(self) -> Types:
        return self.spec.shape(self.given)

    def __str__(self) -> str:
        set_ = {k: v for k, v in self.given.params.items() if v != self.spec.param[k].default}
        wired = ", ".join(f"{end}: {type}" for end, type in self.given.types.items())
        return f"{self.spec.id}({set_}) on {wired}"


def floats(*shapes: tuple[Any, ...]) -> list[TensorType]:
    return [TensorType(shape) for shape in shapes]


def ints(*shapes: tuple[Any, ...]) -> list[TensorType]:
    return [TensorType(shape, "int") for shape in shapes]


def bools(*shapes: tuple[Any, ...]) -> list[TensorType]:
    return [TensorType(shape, "bool") for shape in shapes]


def _wires(ports: str, *rows: list[TensorType]) -> list[dict[str, TensorType]]:
    return [dict(zip(ports.split(), row, strict=True)) for row in rows]


PLAIN = floats((B, 12), (B, 12, 9), (B, 12, 9, 8), (B, 12, 7, 6, 5), (B,))
PAIRS = _wires(
    "a b",
    floats((B, 12), (B, 12)),
    floats((B, 6, 4), (B, 6, 1)),
    floats((B, 6, 1, 1), (B, 6, 5, 4)),
    floats((B, 5, 6), (B, 6, 4)),
    floats((B, 3, 5, 6), (B, 1, 6, 2)),
    floats((B, 7), (B, 5)),
    floats((B, 3, 7), (B, 3, 5)),
)
MANY = [
    {f"xs.{i}": type for i, type in enumerate(types)}
    for types in (
        floats((B, 5)),
        floats((B, 5), (B, 5)),
        floats((B, 5), (B, 7), (B, 1)),
        floats((B, 3, 4, 4), (B, 5, 4, 4)),
        floats((B, 3, 4, 4), (B, 3, 4, 6)),
        ints((B, 5), (B, 5)),
    )
]
SCORES = _wires(
    "input target",
    floats((B, 12), (B, 12)),
    floats((B, 1), (B, 1)),
    floats((B,), (B,)),
    floats((B, 3, 4, 5), (B, 3, 4, 5)),
    [*floats((B, 3)), *ints((B,))],
    [*floats((B, 3, 6)), *ints((B, 6))],
    [*floats((B, 3, 4, 5)), *ints((B, 4, 5))],
)


@dataclass(frozen=True)
class Hint:
    wires: list[dict[str, TensorType]] | None = None
    params: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    below: int | None = None  # whole numbers that arrive are smaller than this


_ATTENTION = [
    *_wires("query", floats((B, 5, 12)), floats((B, 5, 8))),
    *_wires("query key", floats((B, 5, 12), (B, 7, 12)), floats((B, 5, 12), (B, 7, 6))),
    *_wires("query key value", floats((B, 5, 12), (B, 7, 12), (B, 7, 4))),
    *_wires("query attn_mask", [*floats((B, 5, 12)), *bools((5, 5))]),
]
_PADDED = [
    *_wires("query key_padding_mask", [*floats((B, 5, 12)), *bools((B, 5))]),
    *_wires("query attn_mask key_padding_mask", [*floats((B, 5, 12)), *bools((5, 5), (B, 5))]),
]
_ALIGNED = [
    *_wires("query memory", floats((B, 5, 12), (B, 5, 12)), floats((B, 12), (B, 7, 12)), floats((B, 4, 6), (B, 7, 12))),
    *_wires("query memory padding", [*floats((B, 5, 12), (B, 5, 12)), *bools((B, 5))]),
]
_DISTANCES = [{"distances": t} for t in floats((B, 4), (B, 3, 4), (B, 2, 3, 2), (B, 2, 2, 2, 2), (B,))]
_TWO = _wires("a b", floats((B, 6), (B, 6)), floats((B, 6), (B, 5)), floats((B, 2, 3), (B, 2, 3)))
_PAIRED = [
    *_wires("a b target", floats((B, 6), (B, 6), (B, 1)), floats((B, 6), (B, 6), (B,))),
    *_wires("a b target", [*floats((B, 6), (B, 6)), *ints((B,))], [*floats((B, 6), (B, 5)), *ints((B,))]),
    *_wires("a b target", floats((B, 6), (B, 6), (B, 6)), [*floats((B, 2, 3), (B, 2, 3)), *ints((B,))]),
]
_LIKE_TARGET = _wires(
    "input log_variance target",
    *(floats(s, s, s) for s in ((B, 1), (B, 3, 4))),
    floats((B, 3), (B, 1), (B, 3)),
    [*floats((B, 3), (B, 3)), *ints((B, 3))],
)


def _with_socket(port: str) -> list[dict[str, TensorType]]:
    """One input alone, and with a wire beside the field."""
    return [
        *({"x": type} for type in PLAIN),
        *_wires(f"x {port}", floats((B, 6, 4), (B, 6, 1)), floats((B, 5), (B, 5))),
    ]


HINTS: Mapping[str, Hint] = {
    "unflatten": Hint(params={"sizes": ((3, 4), (2, -1), (2, 3, 2), (12,))}),
    "reshape": Hint(params={"shape": ((-1,), (12, -1), (-1, 2), (6, 2), (3, 4, -1), (108,))}),
    "permute": Hint(params={"dims": ((0, 1), (0, 2, 1), (0, 3, 1, 2), (0, 1, 3, 2), (0, 4, 3, 2, 1))}),
    "squeeze": Hint([{"x": t} for t in floats((B, 1), (B, 5, 1), (B, 1, 5), (B, 1, 5, 1))]),
    "slice": Hint(params={"start": (0, 1, 3, -4, -50), "stop": (None, 4, -1, 50), "step": (1, 2, 3)}),
    "select": Hint(params={"index": (0, 1, -1, -5)}),
    "pad": Hint(params={"pad": ((1, 2), (1, 0, 2, 3), (0, 0, 1, 1, 2, 2), (3, 2), (1, 1, 1, 1)), "value": (0.0, -2.5)}),
    "upsample": Hint(params={"scale_factor": (2, 3, (3, 1), (1, 2, 3), (2,))}),
    "mean": Hint(params={"dim": ((1,), (-1,), (1, 2), (2, 3), (-1, 1))}),
    "sum": Hint(params={"dim": ((1,), (-1,), (1, 2), (2, 3), (-1, 1))}),
    "cast": Hint([{"x": t} for t in (*ints((B, 4)), *bools((B, 4)), *floats((B, 4)))]),
    "embedding": Hint([{"x": t} for t in ints((B,), (B, 5), (B, 3, 4))], {"num_embeddings": (7, 20)}, below=7),
    "cross_entropy": Hint(params={"class_weights": (None, (1.0, 0.5, 2.0), (1.0,) * 12)}, below=3),
    "nll_loss": Hint(params={"class_weights": (None, (1.0, 0.5, 2.0))}, below=3),
    "bce_with_logits": Hint(params={"pos_weight": (None, (2.0,), tuple(map(float, range(12))))}),
    "multi_margin_loss": Hint(params={"class_weights": (None, (1.0, 0.5, 2.0))}, below=3),
    "focal_loss": Hint(params={"class_weights": (None, (1.0, 0.5, 2.0))}, below=3),
    "dice_loss": Hint(below=3),
    "capsule_margin_loss": Hint(below=3),
    "gaussian_nll_loss": Hint(_LIKE_TARGET),
    "grid_box_loss": Hint(_wires("input target", *(floats(s, s) for s in ((B, 4, 3, 3), (B, 4, 2, 5))))),
    "triplet_margin_loss": Hint(_wires("anchor positive negative", *(floats(s, s, s) for s in ((B, 6), (B, 3, 4))))),
    "contrastive_loss": Hint(_PAIRED),
    "cosine_embedding_loss": Hint(_PAIRED),
    "info_nce_loss": Hint(_TWO),
    "mmd_loss": Hint(_TWO),
    "coral_loss": Hint(_TWO),
    "distillation_loss": Hint(_wires("input teacher", *(floats(s, s) for s in ((B, 6), (B, 3, 4), (B,))))),
    "gaussian_kl": Hint(_wires("mu logvar", *(floats(s, s) for s in ((B, 6), (B, 2, 3), (B,))))),
    "reparameterise": Hint(
        _wires("mu logvar", floats((B, 6), (B, 6)), floats((B, 6), (B, 5)), floats((B, 2, 3), (B, 2, 3)))
    ),
    "som": Hint([{"x": t} for t in floats((B, 12), (B, 3, 4))], {"grid": ((10, 10), (3,), (4, 3), (2, 3, 2))}),
    "som_loss": Hint(_DISTANCES),
    "kmeans_loss": Hint(_DISTANCES),
    "load_balance_loss": Hint([{"gates": t} for t in floats((B, 4), (B, 3, 4), (B,))]),
    "primary_capsules": Hint([{"x": t} for t in floats((B, 12, 9, 10), (B, 3, 12, 12), (B, 12, 4, 9), (B, 12))]),
    "capsules": Hint([{"x": t} for t in floats((B, 7, 4), (B, 5, 1), (B, 12))]),
    "capsule_mask": Hint(
        [
            *_wires("x", floats((B, 4, 3)), floats((B, 4))),
            *_wires("x target", [*floats((B, 4, 3)), *ints((B,))], floats((B, 4, 3), (B, 4)), floats((B, 4, 3), (B,))),
        ],
        below=4,
    ),
    "scale": Hint(_with_socket("factor")),
    "shift": Hint(_with_socket("offset")),
    "power": Hint(_with_socket("exponent")),
    "mix": Hint([*PAIRS, *_wires("a b weight", floats((B, 6, 4), (B, 6, 4), (B, 6, 1)))]),
    "graph_conv": Hint(_wires("x adjacency", floats((B, 5, 6), (B, 5, 5)), floats((B, 5, 6), (B, 5, 6)))),
    "activity_l1": Hint([{"x": t} for t in PLAIN]),
    "kl_sparsity": Hint([{"x": t} for t in PLAIN]),
    "hardtanh": Hint(params={"min_val": (-1.0, 0.0, 1.0), "max_val": (-3.0, 1.0, 6.0)}),
    "multihead_attention": Hint([*_ATTENTION, *_PADDED]),
    "scaled_dot_product_attention": Hint(
        [
            *_ATTENTION,
            *_wires("query key value", floats((B, 2, 5, 6), (B, 2, 7, 6), (B, 2, 7, 4))),
        ]
    ),
    "self_attention": Hint(
        [
            *_wires("x", floats((B, 5, 16)), floats((B, 5, 12)), floats((B, 5, 9))),
            *_wires("x padding", [*floats((B, 5, 12)), *bools((B, 5))]),
        ]
    ),
    "energy_distance": Hint(_wires("a b", floats((B, 2), (B, 2)), floats((B, 1, 4, 4), (B, 1, 4, 4)))),
    "adversarial_loss": Hint([{"scores": type} for type in floats((B, 1), (B,), (B, 3, 4))]),
    "gradient_penalty": Hint(_wires("x scores", floats((B, 2), (B, 1)), floats((B, 1, 4, 4), (B,)))),
    "luong_attention": Hint(_ALIGNED),
    "additive_attention": Hint(_ALIGNED),
    "padding_mask": Hint([{"x": t} for t in (*ints((B, 5), (B,)), *floats((B, 5)))]),
    "mix_targets": Hint(
        [
            *_wires("target share", floats((B, 5), (B,)), floats((B, 1), (B,)), floats((B, 2, 3, 4), (B,))),
            *_wires("target share", [*ints((B,)), *floats((B,))]),
        ]
    ),
    "mask_symbols": Hint(
        [
            *_wires("x chance", [*ints((B, 5)), *floats((B, 5))], [*ints((B, 2, 3)), *floats((B, 2, 3))]),
            *_wires("x chance", [*ints((B, 5)), *floats((B, 4))], floats((B, 5), (B, 5)), ints((B, 5), (B, 5))),
        ],
        below=2,
    ),
    "transformer_decoder_layer": Hint(
        [
            *_wires("x memory", floats((B, 5, 12), (B, 5, 12)), floats((B, 5, 12), (B, 7, 12))),
            *_wires("x memory", floats((B, 5, 12), (B, 7, 6))),
            *_wires("x memory tgt_mask", [*floats((B, 5, 12), (B, 7, 12)), *bools((5, 5))]),
            *_wires("x memory memory_key_padding_mask", [*floats((B, 5, 12), (B, 7, 12)), *bools((B, 7))]),
        ]
    ),
    "transformer_encoder_layer": Hint(
        [
            *_wires("x", floats((B, 5, 12))),
            *_wires("x src_mask", [*floats((B, 5, 12)), *bools((5, 5))]),
            *_wires("x src_key_padding_mask", [*floats((B, 5, 12)), *bools((B, 5))]),
        ]
    ),
}


def cases(spec: LayerSpec) -> tuple[Case, ...]:
    """Cases that the layer's rule accepts: every value of every field on some shape, and combinations by chance."""
    if spec.id not in _made:
        _made[spec.id] = tuple(itertools.islice(_cases(spec), MOST))
    return _made[spec.id]


def _cases(spec: LayerSpec) -> Iterator[Case]:
    wirings = [_complete(spec, wires) for wires in _wirings(spec)]
    chance = random.Random(spec.id)
    seen: set[str] = set()
    for params in _settings(spec, chance):
        values = spec.values(params)
        fits = [case for wires in wirings if _accepts(case := Case(spec, Given(wires, values)))]
        plain = all(value == spec.param[name].default for name, value in values.items())
        for case in fits if plain else chance.sample(fits, min(2, len(fits))):
            if str(case) not in seen:
                seen.add(str(case))
                yield case


def _accepts(case: Case) -> bool:
    try:
        case.result()
    except Mismatch:
        return False
    return True


def refused(spec: LayerSpec) -> Iterator[tuple[Case, Mismatch]]:
    """Cases that the layer's rule refuses, with what it says."""
    chance = random.Random(spec.id)
    for params in _settings(spec, chance):
        for wires in _wirings(spec):
            case = Case(spec, Given(_complete(spec, wires), spec.values(params)))
            try:
                case.result()
            except Mismatch as mismatch:
                yield case, mismatch


def _wirings(spec: LayerSpec) -> list[dict[str, TensorType]]:
    hinted = HINTS.get(spec.id, Hint()).wires
    if hinted is not None:
        return hinted
    if spec.role == Role.LOSS:
        return SCORES
    if any(port.variadic for port in spec.inputs):
        return MANY
    return PAIRS if len(spec.inputs) == 2 else [{spec.inputs[0].id: type} for type in PLAIN]


def _complete(spec: LayerSpec, wires: Mapping[str, TensorType]) -> dict[str, TensorType]:
    """The wires with those that other ports lend, in the order of the ports."""
    types = dict(wires)
    for port in spec.inputs:
        if port.same_as and port.id not in types:
            types[port.id] = types[port.same_as]
    return types


def _settings(spec: LayerSpec, chance: random.Random) -> Iterator[dict[str, Any]]:
    hinted = HINTS.get(spec.id, Hint()).params
    choices = {p.name: list(hinted.get(p.name, ())) or values_of(p) for p in spec.params}
    yield {}
    for name, values in choices.items():
        for value in values:
            yield {name: value}
    for _ in range(40 if len(choices) > 1 else 0):
        yield {name: chance.choice(values) for name, values in choices.items() if chance.random() < 0.6}


def values_of(param: Param) -> list[Any]:
    """Values of the field that tests try: small, at the limits, and every word of a choice."""
    tried: list[Any] = [param.default, *([None] if param.optional else [])]
    match param:
        case Bool():
            tried += [True, False]
        case Choice():
            tried += param.choices
        case Int():
            tried += [-2, -1, 0, 1, 2, 3, 4, 6, 12]
        case Float():
            tried += [0.0, 0.1, 0.5, 1.0, 2.0]
        case Ints():
            tried += [1, 2, 3, (1,), (2,), (3, 2), (1, 2), (2, 1), (1, 2, 1), (3, 1, 2)]
        case Padding():
            tried += ["same", "valid", 0, 1, (1,), (2, 1), (1, 0, 1)]
        case Floats():
            tried += [(1.0,), (0.5, 2.0)]
    return [value for value in tried if _fits(param, value)]


def _fits(param: Param, value: Any) -> bool:
    try:
        param.check(value)
    except ValueError:
        return False
    return True
