"""Rules of attention and of transformer layers, over sequences (batch, time, features)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.spec.layer import Computed, Given, Mismatch, Types
from core.spec.param import UNSET
from core.spec.rules import fixed, need_float, need_rank, set_param, to_features
from core.spec.rules_sequence import Weights, need_sequence
from core.spec.shape import Dim, TensorType, product


def need_heads(features: int, heads: int, name: str, port: str) -> None:
    if features % heads:
        fits = [h for h in range(1, min(features, 64) + 1) if features % h == 0]
        nearest = min(fits, key=lambda h: (abs(h - heads), h))
        wider = -(-features // heads) * heads
        raise Mismatch(
            f"{name.replace('_', ' ')} {heads} does not divide the {features} features at {port}.",
            port=port,
            expected=f"a divisor of {features}",
            received=str(heads),
            fixes=(
                set_param(name, nearest),
                to_features(port, wider),
            ),
        )


def multihead_attention(given: Given) -> Types:
    query, key, value = (need_sequence(given, port) for port in ("query", "key", "value"))
    need_heads(fixed(query.shape[-1], "the number of features", "query"), given["num_heads"], "num_heads", "query")
    _need_same_length(key, value)
    _need_masks(given, query, key, "attn_mask", "key_padding_mask")
    return {"y": query, "weights": query.with_shape(query.shape[0], given["num_heads"], query.shape[1], key.shape[1])}


def _need_same_length(key: TensorType, value: TensorType) -> None:
    if key.shape[:-1] != value.shape[:-1]:
        raise Mismatch(
            "value must have one entry for each of key: all but the features must be equal.",
            port="value",
            expected=" x ".join(map(str, (*key.shape[:-1], "features"))),
            received=str(value),
        )


def _need_masks(given: Given, query: TensorType, key: TensorType, mask: str, padding: str) -> None:
    need_bools(given, {mask: (query.shape[-2], key.shape[-2]), padding: (key.shape[0], key.shape[-2])})
    window: int | None = given["window"]
    if given.has(mask) and (given["is_causal"] or window is not None):
        name = "causal" if given["is_causal"] else "window"
        raise Mismatch(
            f"{mask} is wired while {name} is set: one mask is enough.",
            port=mask,
            expected=f"nothing at this port, or no {name}",
            received=str(given.type(mask)),
            fixes=(set_param("is_causal", False) if given["is_causal"] else set_param("window", None),),
        )
    if window is not None and query.shape[-2] != key.shape[-2]:
        raise Mismatch(
            f"query and key must agree in steps for a window to mean anything, {query.shape[-2]} and {key.shape[-2]}.",
            port="key",
            expected=f"{query.shape[-2]} steps",
            received=f"{key.shape[-2]} steps",
            fixes=(set_param("window", None),),
        )


def need_bools(given: Given, expected: Mapping[str, tuple[Dim, ...]]) -> None:
    """Raises Mismatch where a wired port receives anything but truth values of the expected shape."""
    for port, shape in expected.items():
        if given.has(port) and given.type(port) != TensorType(shape, "bool"):
            wanted = str(TensorType(shape, "bool"))
            raise Mismatch(
                f"{port} must be {wanted} (true: may not be looked at).",
                port=port,
                expected=wanted,
                received=str(given.type(port)),
            )


def _widths(given: Given) -> tuple[int, int, int]:
    return tuple(fixed(given.type(p).shape[-1], "the number of features", p) for p in ("query", "key", "value"))  # type: ignore[return-value]


def other_width(port: str) -> Computed:
    """Computes kdim or vdim, left out where it equals the width of the query."""

    def computed(given: Given) -> Any:
        query, width = given.type("query").shape[-1], given.type(port).shape[-1]
        return UNSET if width == query else fixed(width, "the number of features", port)

    return computed


def attention_weights(given: Given) -> Weights:
    query, key, value = _widths(given)
    if query == key == value:
        inward: dict[str, tuple[int, ...]] = {"in_proj_weight": (3 * query, query)}
    else:
        inward = {
            "q_proj_weight": (query, query),
            "k_proj_weight": (query, key),
            "v_proj_weight": (query, value),
        }
    biases = {"in_proj_bias": (3 * query,), "out_proj.bias": (query,)} if given["bias"] else {}
    return {**inward, "out_proj.weight": (query, query), **biases}


def attention_macs(given: Given) -> Dim:
    """Projections of query, key and value, the scores, the weighted sum, and the projection outward."""
    query, key, value = (given.type(port).shape for port in ("query", "key", "value"))
    width = query[-1]
    projections = (product(query) * 2 + product(key) + product(value)) * width
    return projections + product(query[:2]) * key[1] * width * 2


def dot_attention(given: Given) -> Types:
    """query (…, L, E), key (…, S, E), value (…, S, V) -> (…, L, V)."""
    need_float(given, "query", "key", "value")
    query, key, value = (
        need_rank(given, p, "(batch, time, features), or with heads before time", 3, 4)
        for p in ("query", "key", "value")
    )
    if query.shape[-1] != key.shape[-1] or query.shape[:-2] != key.shape[:-2]:
        raise Mismatch(
            f"query and key must agree in features and batch, {query.shape[-1]} and {key.shape[-1]} features.",
            port="key",
            expected=str(query.shape[-1]),
            received=str(key.shape[-1]),
            fixes=(to_features("key", query.shape[-1]),)
            if isinstance(query.shape[-1], int) and query.shape[:-2] == key.shape[:-2]
            else (),
        )
    _need_same_length(key, value)
    _need_masks(given, query, key, "attn_mask", "")
    return {"y": query.with_shape(*query.shape[:-1], value.shape[-1])}


def dot_attention_macs(given: Given) -> Dim:
    query, value = given.type("query").shape, given.type("value").shape
    return product(query[:-1]) * value[-2] * (query[-1] + value[-1])


def encoder_layer(given: Given) -> Types:
    x = need_sequence(given)
    need_heads(fixed(x.shape[-1], "the number of features", "x"), given["nhead"], "nhead", "x")
    _need_masks(given, x, x, "src_mask", "src_key_padding_mask")
    return {"y": x}


def encoder_layer_weights(given: Given) -> Weights:
    width, wide = fixed(given.type().shape[-1], "the number of features", "x"), given["dim_feedforward"]
    weights: dict[str, tuple[int, ...]] = {
        "self_attn.in_proj_weight": (3 * width, width),
        "self_attn.out_proj.weight": (width, width),
        "linear1.weight": (wide, width),
        "linear2.weight": (width, wide),
        "norm1.weight": (width,),
        "norm2.weight": (width,),
    }
    if given["bias"]:
        weights |= {"self_attn.in_proj_bias": (3 * width,), "linear1.bias": (wide,)}
        weights |= {f"{part}.bias": (width,) for part in ("self_attn.out_proj", "linear2", "norm1", "norm2")}
    return weights


def encoder_layer_macs(given: Given) -> Dim:
    """The attention's, and the two layers of the feed-forward part."""
    x = given.type().shape
    width = x[-1]
    wide: int = given["dim_feedforward"]
    attention = product(x) * width * 4 + product(x[:2]) * x[1] * width * 2
    return attention + product(x) * wide * 2


def decoder_layer(given: Given) -> Types:
    x, memory = need_sequence(given), need_sequence(given, "memory")
    width = fixed(x.shape[-1], "the number of features", "x")
    if memory.shape[-1] != width:
        raise Mismatch(
            f"memory must have as many features as x, {width}, not {memory.shape[-1]}.",
            port="memory",
            expected=f"{width} features",
            received=str(memory),
            fixes=(to_features("memory", width),),
        )
    need_heads(width, given["nhead"], "nhead", "x")
    _need_masks(given, x, x, "tgt_mask", "tgt_key_padding_mask")
    need_bools(given, {"memory_key_padding_mask": (memory.shape[0], memory.shape[1])})
    return {"y": x}


def decoder_layer_weights(given: Given) -> Weights:
    """Those of an encoder layer, and a second attention with its norm."""
    weights = dict(encoder_layer_weights(given))
    second = {
        name.replace("self_attn", "multihead_attn"): shape for name, shape in weights.items() if "self_attn" in name
    }
    norm = {name.replace("norm1", "norm3"): shape for name, shape in weights.items() if "norm1" in name}
    return weights | second | norm


def decoder_layer_macs(given: Given) -> Dim:
    x, memory = given.type().shape, given.type("memory").shape
    width = x[-1]
    projections = product((*x, 2, width)) + product((*memory, 2, width))
    return encoder_layer_macs(given) + projections + product((*x[:2], memory[1], width, 2))
