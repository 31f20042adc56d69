"""Rules of attention with scores of its own, of self-attention with shared keys, and of rotary positions."""

from __future__ import annotations

from core.problem import Fix
from core.spec.layer import Given, Mismatch, Types
from core.spec.rules import fixed, need_features, need_float, need_rank, set_param, to_features
from core.spec.rules_attention import need_bools, need_heads
from core.spec.rules_sequence import Weights, need_sequence
from core.spec.shape import Dim, TensorType, product

QUERY = "(batch, features) or (batch, queries, features)"


def _query(given: Given) -> TensorType:
    need_float(given, "query")
    need_rank(given, "query", QUERY, 2, 3)
    return need_features(given, "query")


def _aligned(given: Given) -> tuple[TensorType, TensorType]:
    query, memory = _query(given), need_sequence(given, "memory")
    if query.shape[0] != memory.shape[0]:
        raise Mismatch(
            f"query and memory must agree in the batch dimension, {query.shape[0]} and {memory.shape[0]}.",
            port="memory",
            expected=str(query.shape[0]),
            received=str(memory.shape[0]),
        )
    need_bools(given, {"padding": memory.shape[:2]})
    return query, memory


def additive_attention(given: Given) -> Types:
    """query (batch, [L,] E), memory (batch, S, M) -> context (batch, [L,] M), weights (batch, [L,] S)."""
    query, memory = _aligned(given)
    lead = query.shape[:-1]
    return {"context": query.with_shape(*lead, memory.shape[2]), "weights": query.with_shape(*lead, memory.shape[1])}


def luong_attention(given: Given) -> Types:
    """As `additive_attention`; without a matrix of its own the score needs equal widths."""
    query, memory = _aligned(given)
    wide, width = query.shape[-1], memory.shape[-1]
    if given["score"] != "general" and wide != width:
        raise Mismatch(
            f"query and memory must agree in features where they meet directly, {wide} and {width}.",
            port="query",
            expected=str(width),
            received=str(wide),
            fixes=(set_param("score", "general"), *((to_features("query", width),) if isinstance(width, int) else ())),
        )
    if given["local"] == "monotonic" and (query.rank != 3 or query.shape[1] != memory.shape[1]):
        raise Mismatch(
            "query and memory must agree in steps where each step looks around its own place.",
            port="query",
            expected=f"{memory.shape[1]} steps",
            received=str(query),
            fixes=(set_param("local", "global"),),
        )
    return additive_attention(given)


def _widths(given: Given) -> tuple[int, int]:
    query, memory = (fixed(given.type(p).shape[-1], "the number of features", p) for p in ("query", "memory"))
    return query, memory


def luong_weights(given: Given) -> Weights:
    query, memory = _widths(given)
    weights: dict[str, tuple[int, ...]] = {}
    if given["score"] == "general":
        weights["transform.weight"] = (memory, query)
    if given["local"] == "predictive":
        weights |= {"hidden.weight": (query, query), "place.weight": (1, query)}
    return weights


def _gathering(given: Given) -> tuple[Dim, Dim]:
    """How many queries there are in all, and the products of scores or sums with every step and feature of memory."""
    rows = product(given.type("query").shape[:-1])
    return rows, rows * product(given.type("memory").shape[1:])


def luong_macs(given: Given) -> Dim:
    query, memory = _widths(given)
    rows, gathering = _gathering(given)
    own = query * memory if given["score"] == "general" else 0
    return gathering * 2 + rows * (own + (query * (query + 1) if given["local"] == "predictive" else 0))


def additive_weights(given: Given) -> Weights:
    (query, memory), hidden = _widths(given), given["hidden"]
    return {
        "query.weight": (hidden, query),
        "query.bias": (hidden,),
        "memory.weight": (hidden, memory),
        "score.weight": (1, hidden),
    }


def additive_macs(given: Given) -> Dim:
    query, memory = _widths(given)
    hidden: int = given["hidden"]
    rows, gathering = _gathering(given)
    steps = product(given.type("memory").shape[:2])
    return gathering + rows * query * hidden + steps * memory * hidden + rows * given.type("memory").shape[1] * hidden


def self_attention(given: Given) -> Types:
    x = need_sequence(given)
    width = fixed(x.shape[-1], "the number of features", "x")
    heads = given["num_heads"]
    need_heads(width, heads, "num_heads", "x")
    if given["rotary"] and width // heads % 2:
        raise Mismatch(
            f"each of the {heads} heads has {width // heads} features at x, and rotary positions need pairs of them.",
            port="x",
            expected="an even number of features in each head",
            received=str(width // heads),
            fixes=(set_param("rotary", False), to_features("x", width * 2)),
        )
    _need_groups(given)
    need_bools(given, {"padding": x.shape[:2]})
    return {"y": x, "weights": x.with_shape(x.shape[0], heads, x.shape[1], x.shape[1])}


def _need_groups(given: Given) -> None:
    heads, shared = given["num_heads"], given["kv_heads"]
    if shared is not None and heads % shared:
        fits = [n for n in range(1, heads + 1) if heads % n == 0]
        nearest = min(fits, key=lambda n: (abs(n - shared), n))
        raise Mismatch(
            f"kv heads {shared} does not divide num heads {heads}.",
            expected=f"a divisor of {heads}",
            received=str(shared),
            fixes=(set_param("kv_heads", nearest),),
        )


def self_attention_weights(given: Given) -> Weights:
    width, shared = _self_widths(given)
    sizes = {"query": width, "key": shared, "value": shared, "out": width}
    weights: dict[str, tuple[int, ...]] = {f"{name}.weight": (size, width) for name, size in sizes.items()}
    return weights | {f"{name}.bias": (size,) for name, size in sizes.items() if given["bias"]}


def _self_widths(given: Given) -> tuple[int, int]:
    """The width of queries, and that of keys and values."""
    width = fixed(given.type().shape[-1], "the number of features", "x")
    heads: int = given["num_heads"]
    return width, width // heads * (given["kv_heads"] or heads)


def self_attention_macs(given: Given) -> Dim:
    width, shared = _self_widths(given)
    x = given.type().shape
    return product(x[:2]) * width * (2 * width + 2 * shared) + product((*x[:2], x[1], width)) * 2


def rotary_positions(given: Given) -> Types:
    """(batch, time, features), or with heads before time: pairs of features are turned."""
    need_float(given)
    x = need_rank(given, "x", "(batch, time, features), or with heads before time", 3, 4)
    width = fixed(x.shape[-1], "the number of features", "x")
    if width % 2:
        fixes: tuple[Fix, ...] = (to_features("x", width + 1),)
        raise Mismatch(
            f"pairs of features are turned, and x has {width} of them.",
            port="x",
            expected="an even number",
            received=str(width),
            fixes=fixes,
        )
    return {"y": x}
