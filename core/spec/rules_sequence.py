"""Rules of layers over sequences, (batch, time, features): embedding, recurrence, attention, positions."""

from __future__ import annotations

from collections.abc import Mapping

from core.problem import Fix
from core.spec.layer import CostRule, Given, Mismatch, Types, WeightRule
from core.spec.rules import dimensions, fixed, insert, need_features, need_float, set_param
from core.spec.shape import Dim, TensorType, product

SEQUENCE = "(batch, time, features)"
Weights = Mapping[str, tuple[int, ...]]


def need_sequence(given: Given, port: str = "x") -> TensorType:
    """The type at the port, if it is a sequence of a fixed number of real features."""
    need_float(given, port)
    x = given.type(port)
    if x.rank != 3:
        raise Mismatch(
            f"{port} must be {SEQUENCE}; it has {dimensions(x)}.",
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
            f"x must be indices (whole numbers), not {x.dtype}.",
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


def padding_mask(given: Given) -> Types:
    """Whole numbers become truth values."""
    x = given.type()
    if x.dtype != "int":
        raise Mismatch(f"x must be indices (whole numbers), not {x.dtype}.", port="x", expected="int", received=x.dtype)
    return {"y": TensorType(x.shape, "bool")}


def masked_symbols(given: Given) -> Types:
    """Indices, and a chance for each of them: both outputs are indices of the same shape."""
    x, chance = given.type(), given.type("chance")
    if x.dtype != "int":
        raise Mismatch(f"x must be indices (whole numbers), not {x.dtype}.", port="x", expected="int", received=x.dtype)
    if chance.dtype != "float" or chance.shape != x.shape:
        wanted = TensorType(x.shape)
        raise Mismatch(
            f"chance must be one real number for each index, {wanted}, not {chance}.",
            port="chance",
            expected=str(wanted),
            received=str(chance),
        )
    return {"shown": x, "asked": x}


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


# -- positions


def positional_encoding(given: Given) -> Types:
    x = need_sequence(given)
    steps, most = x.shape[1], given["max_length"]
    if isinstance(steps, int) and steps > most:
        raise Mismatch(
            f"x has {steps} steps, more than max length {most}.",
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
