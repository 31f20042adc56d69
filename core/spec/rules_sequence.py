"""Rules of layers over sequences, (batch, time, features): embedding, recurrence, attention, positions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.problem import Fix
from core.spec.layer import Computed, CostRule, Given, Mismatch, Types, WeightRule
from core.spec.param import UNSET
from core.spec.rules import fixed, insert, need_features, need_float, need_rank, set_param, to_features
from core.spec.shape import Dim, TensorType, product

SEQUENCE = "(batch, time, features)"
Weights = Mapping[str, tuple[int, ...]]


def need_sequence(given: Given, port: str = "x") -> TensorType:
    """The type at the port, if it is a sequence of a fixed number of real features."""
    need_float(given, port)
    x = given.type(port)
    if x.rank != 3:
        raise Mismatch(
            f"{port} expects {SEQUENCE}, it receives {x}, which has {x.rank} dimensions.",
            port=port,
            expected=SEQUENCE,
            received=str(x),
            fixes=_to_sequence(x, port),
        )
    return need_features(given, port)


def _to_sequence(x: TensorType, port: str) -> tuple[Fix, ...]:
    if x.rank == 2:
        return (
            insert(port, "unsqueeze", "Treat each feature as one step in time", dim=2),
            insert(port, "unsqueeze", "Treat all features as a single step", dim=1),
        )
    if x.rank == 4:
        return (insert(port, "flatten", "Insert a Flatten of height and width", start_dim=2),)
    return ()


# -- embedding


def embedding(given: Given) -> Types:
    x = given.type()
    if x.dtype != "int":
        raise Mismatch(
            f"x expects indices (whole numbers), it receives {x} of real numbers.",
            port="x",
            expected="int",
            received=x.dtype,
        )
    index, count = given["padding_idx"], given["num_embeddings"]
    if index is not None and not -count <= index < count:
        raise Mismatch(
            f"padding idx {index} is outside the {count} embeddings.",
            expected=f"{-count} to {count - 1}",
            received=str(index),
            fixes=(set_param("padding_idx", 0),),
        )
    return {"y": TensorType((*x.shape, given["embedding_dim"]))}


def embedding_weights(given: Given) -> Weights:
    return {"weight": (given["num_embeddings"], given["embedding_dim"])}


# -- recurrence


def recurrent(given: Given) -> Types:
    """``sequence`` is the output of every step, ``last`` the final state of the top layer, both directions joined."""
    x = need_sequence(given)
    width = given["hidden_size"] * _directions(given)
    return {"sequence": x.with_shape(*x.shape[:2], width), "last": x.with_shape(x.shape[0], width)}


def _directions(given: Given) -> int:
    return 2 if given["bidirectional"] else 1


def _layer_inputs(given: Given) -> list[int]:
    """What each layer reads: the features first, then the outputs of the layer below."""
    features = fixed(given.type().shape[-1], "the number of features", "x")
    return [features] + [given["hidden_size"] * _directions(given)] * (given["num_layers"] - 1)


def recurrent_weights(gates: int) -> WeightRule:
    def rule(given: Given) -> Weights:
        hidden, weights = given["hidden_size"], dict[str, tuple[int, ...]]()
        for layer, inputs in enumerate(_layer_inputs(given)):
            for suffix in ("", "_reverse")[: _directions(given)]:
                weights[f"weight_ih_l{layer}{suffix}"] = (gates * hidden, inputs)
                weights[f"weight_hh_l{layer}{suffix}"] = (gates * hidden, hidden)
                if given["bias"]:
                    weights[f"bias_ih_l{layer}{suffix}"] = weights[f"bias_hh_l{layer}{suffix}"] = (gates * hidden,)
        return weights

    return rule


def recurrent_macs(gates: int) -> CostRule:
    def rule(given: Given) -> Dim:
        hidden: int = given["hidden_size"]
        step = sum(gates * hidden * (inputs + hidden) for inputs in _layer_inputs(given)) * _directions(given)
        return product(given.type().shape[:2]) * step

    return rule


def recurrent_dropout(given: Given) -> float:
    """Dropout acts between layers, so a single layer has none (torch warns where it is given one)."""
    return float(given["dropout"]) if given["num_layers"] > 1 else 0.0


# -- attention


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
    return {"y": query}


def _need_same_length(key: TensorType, value: TensorType) -> None:
    if key.shape[:-1] != value.shape[:-1]:
        raise Mismatch(
            f"value needs one entry for each key; key receives {key}, value receives {value}.",
            port="value",
            expected=" x ".join(map(str, (*key.shape[:-1], "features"))),
            received=str(value),
        )


def _need_masks(given: Given, query: TensorType, key: TensorType, mask: str, padding: str) -> None:
    expected = {mask: (query.shape[-2], key.shape[-2]), padding: (key.shape[0], key.shape[-2])}
    for port, shape in expected.items():
        if given.has(port) and given.type(port) != TensorType(shape, "bool"):
            wanted = str(TensorType(shape, "bool"))
            raise Mismatch(
                f"{port} expects {wanted} (true: may not be looked at), it receives {given.type(port)}.",
                port=port,
                expected=wanted,
                received=str(given.type(port)),
            )
    if given.has(mask) and given["is_causal"]:
        raise Mismatch(
            f"{mask} is wired while causal is on: one mask is enough.",
            port=mask,
            expected="nothing at this port, or causal off",
            received=str(given.type(mask)),
            fixes=(set_param("is_causal", False),),
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
            f"query and key must have the same features; query receives {query}, key receives {key}.",
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


# -- positions


def positional_encoding(given: Given) -> Types:
    x = need_sequence(given)
    steps, most = x.shape[1], given["max_length"]
    if isinstance(steps, int) and steps > most:
        raise Mismatch(
            f"x has {steps} steps ({x}), more than max length {most}.",
            port="x",
            expected=f"at most {most} steps",
            received=str(steps),
            fixes=(set_param("max_length", steps),),
        )
    return {"y": x}


def positional_encoding_weights(given: Given) -> Weights:
    width = fixed(given.type().shape[-1], "the number of features", "x")
    return {"table": (given["max_length"], width)} if given["learned"] else {}


def class_token(given: Given) -> Types:
    x = need_sequence(given)
    return {"y": x.with_shape(x.shape[0], x.shape[1] + 1, x.shape[2])}


def class_token_weights(given: Given) -> Weights:
    return {"token": (1, 1, fixed(given.type().shape[-1], "the number of features", "x"))}
