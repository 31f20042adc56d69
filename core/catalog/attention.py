"""Layers in which every step of a sequence looks at every other."""

from __future__ import annotations

from dataclasses import replace

from core.spec import rules_alignment
from core.spec import rules_attention as rules
from core.spec.layer import Call, Expr, Given, LayerSpec, Port, dim
from core.spec.params import Bool, Choice, Float, Int

CATEGORY = "Attention"

_QUERY = Port("query", doc="The steps that look: (batch, time, features).")
_KEY = Port("key", doc="What is looked at; empty: query, which is self-attention.", optional=True, same_as="query")
_VALUE = Port("value", doc="What is gathered; empty: key.", optional=True, same_as="key")
_CAUSAL = Bool("is_causal", False, label="causal", doc="Each step looks only at itself and earlier ones.")
_WINDOW = Int(
    "window", None, min=0, optional=True, doc="Each step looks at most so many steps away; empty: any distance."
)
_SOURCE = "Vaswani et al., Attention Is All You Need, 2017"

_SHARES = Port("weights", doc="How much each query takes from each key: (batch, heads, queries, keys). Costs time.")

_TRANSFORMER = (
    Int("nhead", 4, min=1, implied=None, label="heads", doc="Heads of attention; must divide the features."),
    Int("dim_feedforward", 256, min=1, implied=2048, doc="Width of the feed-forward part; usual: 4 x features."),
    Float("dropout", 0.1, min=0.0, max=1.0, doc="Chance to drop values in training."),
    Choice("activation", "relu", ("relu", "gelu"), doc="The bend of the feed-forward part."),
    Bool("norm_first", False, doc="Normalise before each part, not after: trains more easily when deep."),
    _CAUSAL,
    _WINDOW,
    Float("layer_norm_eps", 1e-5, min=0.0, above=True, advanced=True, doc="Added to the variance."),
    Bool("bias", True, advanced=True, doc="Add learned constants."),
)


def _mask(id: str, rows: str) -> Port:
    return Port(id, doc=f"({rows}, keys), true where a query may not look.", dtype="bool", optional=True)


def _padding(id: str) -> Port:
    return Port(id, doc="(batch, keys), true where a step is only filling.", dtype="bool", optional=True)


def _hidden(given: Given, query: str, key: str) -> str:
    """The mask that hides what lies ahead or too far away, made for the lengths that arrive."""
    if given["window"] is not None:
        return "~" + _seen(given, query, key)
    return _ones(given, query, key) + ".triu(1)"


def _seen(given: Given, query: str, key: str) -> str:
    """The steps that lie within the window, and not ahead where causal."""
    return _ones(given, query, key) + (".tril()" if given["is_causal"] else ".tril({window})") + ".triu(-{window})"


def _ones(given: Given, query: str, key: str) -> str:
    time = given.type(query).rank - 2
    return (
        f"torch.ones({{{query}}}.shape[{time}], {{{key}}}.shape[{time}], dtype=torch.bool, device={{{query}}}.device)"
    )


def _masks(given: Given, query: str, key: str, mask: str, padding: str) -> str:
    """The arguments that say where attention may not look."""
    text = ""
    if given.has(mask):
        text += f", {mask}={{{mask}}}"
    elif given["is_causal"] or given["window"] is not None:
        text += f", {mask}={_hidden(given, query, key)}".replace("{window}", str(given["window"]))
    return text + (f", {padding}={{{padding}}}" if given.has(padding) else "")


def _multihead(given: Given) -> str:
    masks = _masks(given, "query", "key", "attn_mask", "key_padding_mask")
    seen = "average_attn_weights=False" if given.uses("weights") else "need_weights=False"
    return "{self}({query}, {key}, {value}" + masks + f", {seen})"


def _encoder(given: Given) -> str:
    return "{self}({x}" + _masks(given, "x", "x", "src_mask", "src_key_padding_mask") + ")"


def _decoder(given: Given) -> str:
    masks = _masks(given, "x", "x", "tgt_mask", "tgt_key_padding_mask")
    masks += ", memory_key_padding_mask={memory_key_padding_mask}" if given.has("memory_key_padding_mask") else ""
    return "{self}({x}, {memory}" + masks + ")"


def _dot(given: Given) -> str:
    """torch's mask is the other way round: true where a query may look. ONNX needs a dimension of heads, here one."""
    extra = ", attn_mask=~{attn_mask}" if given.has("attn_mask") else ", is_causal=True" if given["is_causal"] else ""
    extra = f", attn_mask={_seen(given, 'query', 'key')}" if given["window"] is not None else extra
    extra += "" if given["scale"] is None else ", scale={scale}"
    if given.type("query").rank == 4:
        return "F.scaled_dot_product_attention({query}, {key}, {value}" + extra + ")"
    one_head = ", ".join(f"{{{port}}}.unsqueeze(1)" for port in ("query", "key", "value"))
    return f"F.scaled_dot_product_attention({one_head}{extra}).squeeze(1)"


def _self_attention(given: Given) -> str:
    padding = ", {padding}" if given.has("padding") else ""
    return "{self}({x}" + padding + (", need_weights=True)" if given.uses("weights") else ")")


def _align(given: Given) -> str:
    return "{self}({query}, {memory}" + (", {padding})" if given.has("padding") else ")")


_PADDING = _padding("padding")
_ALIGNED = (
    Port("query", doc="What looks: (batch, features), or a sequence of such."),
    Port("memory", doc="What is looked at: (batch, time, features)."),
    _PADDING,
)
_ALIGNED_WIDTHS = {"query_features": dim("query", -1), "memory_features": dim("memory", -1)}
_CONTEXT = (
    Port("context", doc="What each query gathered, as wide as memory."),
    Port("weights", doc="How much it took from each step: (batch, queries, steps)."),
)


LAYERS = (
    LayerSpec(
        id="multihead_attention",
        label="Multi-head attention",
        doc="Every step gathers what it needs from all steps, in several ways at once.",
        formula="head = softmax(Q K^T / sqrt(d)) V,  y = W (head 1, head 2, …)",
        when="Relations over any distance; wire query alone for self-attention, key as well for cross-attention.",
        source=_SOURCE,
        params=(
            Int("num_heads", 4, min=1, implied=None, doc="How many ways to look; must divide the features."),
            Float("dropout", 0.0, min=0.0, max=1.0, doc="Chance to drop a look in training."),
            _CAUSAL,
            _WINDOW,
            Bool("bias", True, advanced=True, doc="Add learned constants in the projections."),
        ),
        inputs=(_QUERY, _KEY, _VALUE, _mask("attn_mask", "queries"), _padding("key_padding_mask")),
        outputs=(Port("y"), _SHARES),
        shape=rules.multihead_attention,
        weights=rules.attention_weights,
        macs=rules.attention_macs,
        torch=Call(
            "torch.nn.MultiheadAttention",
            computed={
                "embed_dim": dim("query", -1),
                "kdim": rules.other_width("key"),
                "vdim": rules.other_width("value"),
                "batch_first": lambda given: True,
            },
            positional=("embed_dim", "num_heads"),
            skip=("is_causal", "window"),
            forward=_multihead,
            results="{y}, {weights}",
        ),
        keywords=("transformer", "self-attention", "cross-attention", "heads", "mha", "qkv", "local", "map"),
        trains_differently=True,
    ),
    LayerSpec(
        id="scaled_dot_product_attention",
        label="Dot-product attention",
        doc="Every query gathers the values whose keys are like it; no weights of its own.",
        formula="y = softmax(Q K^T / sqrt(d)) V",
        when="To build attention by hand from Linear layers.",
        source=_SOURCE,
        params=(
            _CAUSAL,
            _WINDOW,
            Float(
                "scale",
                None,
                min=0.0,
                above=True,
                optional=True,
                doc="Factor of the scores; empty: 1 / sqrt(features).",
            ),
        ),
        inputs=(_QUERY, _KEY, _VALUE, _mask("attn_mask", "queries")),
        shape=rules.dot_attention,
        macs=rules.dot_attention_macs,
        torch=Expr(_dot),
        keywords=("transformer", "self-attention", "sdpa", "qkv", "softmax"),
    ),
    LayerSpec(
        id="transformer_encoder_layer",
        label="Transformer encoder layer",
        doc="Self-attention and a feed-forward part, each with normalisation and a skip connection.",
        formula="x = norm(x + attention(x)),  y = norm(x + W2 f(W1 x))",
        when="Stack two to twelve of them over embedded words or patches.",
        source=_SOURCE,
        params=_TRANSFORMER,
        inputs=(
            Port("x", doc="A sequence: (batch, time, features)."),
            _mask("src_mask", "steps"),
            _padding("src_key_padding_mask"),
        ),
        shape=rules.encoder_layer,
        weights=rules.encoder_layer_weights,
        macs=rules.encoder_layer_macs,
        torch=Call(
            "torch.nn.TransformerEncoderLayer",
            computed={"d_model": dim("x", -1), "batch_first": lambda given: True},
            positional=("d_model", "nhead"),
            skip=("is_causal", "window"),
            forward=_encoder,
        ),
        keywords=("transformer", "bert", "vit", "encoder", "self-attention", "block"),
        trains_differently=True,
    ),
    LayerSpec(
        id="transformer_decoder_layer",
        label="Transformer decoder layer",
        doc="Self-attention, attention to an encoder's output, and a feed-forward part, each with a skip connection.",
        formula="x = norm(x + attention(x)),  x = norm(x + attention(x, memory)),  y = norm(x + W2 f(W1 x))",
        when="To turn one sequence into another, such as a translation; keep causal on to predict the next step.",
        source=_SOURCE,
        params=tuple(replace(p, default=True) if p is _CAUSAL else p for p in _TRANSFORMER),
        inputs=(
            Port("x", doc="The sequence being written: (batch, time, features)."),
            Port("memory", doc="What the encoder made: (batch, time, features)."),
            _mask("tgt_mask", "steps"),
            _padding("tgt_key_padding_mask"),
            _padding("memory_key_padding_mask"),
        ),
        shape=rules.decoder_layer,
        weights=rules.decoder_layer_weights,
        macs=rules.decoder_layer_macs,
        torch=Call(
            "torch.nn.TransformerDecoderLayer",
            computed={"d_model": dim("x", -1), "batch_first": lambda given: True},
            positional=("d_model", "nhead"),
            skip=("is_causal", "window"),
            forward=_decoder,
        ),
        keywords=("transformer", "decoder", "gpt", "translation", "cross-attention", "sequence to sequence"),
        trains_differently=True,
    ),
    LayerSpec(
        id="self_attention",
        label="Self-attention",
        doc="Every step gathers what it needs from the steps around it, as in language models of today.",
        formula="head = softmax(R(Q) R(K)^T / sqrt(d)) V, R turns by position; groups of heads share K and V",
        when="Language models: causal on. Few kv heads make long texts cheap; rotary spares positional encodings.",
        source="Su et al., RoFormer, 2021; Ainslie et al., GQA, 2023",
        params=(
            Int("num_heads", 4, min=1, implied=None, doc="How many ways to look; must divide the features."),
            Int("kv_heads", None, min=1, optional=True, doc="Heads of keys and values; empty: as many as heads."),
            _CAUSAL,
            _WINDOW,
            Bool("rotary", True, doc="Tell positions by turning queries and keys."),
            Float("dropout", 0.0, min=0.0, max=1.0, doc="Chance to drop a look in training."),
            Bool("bias", True, advanced=True, doc="Add learned constants in the projections."),
        ),
        inputs=(Port("x", doc="A sequence: (batch, time, features)."), _PADDING),
        outputs=(Port("y"), _SHARES),
        shape=rules_alignment.self_attention,
        weights=rules_alignment.self_attention_weights,
        macs=rules_alignment.self_attention_macs,
        torch=Call(
            "core.modules.attention.SelfAttention",
            computed={"embed_dim": dim("x", -1)},
            positional=("embed_dim", "num_heads"),
            forward=_self_attention,
            results="{y}, {weights}",
        ),
        keywords=("transformer", "gpt", "llama", "rope", "gqa", "mqa", "multi-query", "sliding window", "local", "qkv"),
        trains_differently=True,
    ),
    LayerSpec(
        id="luong_attention",
        label="Luong attention",
        doc="Every query gathers the steps of a memory that score best against it.",
        formula="y = sum_s a[s] h[s], a = softmax(score); score = q h, q h / sqrt(d) or q W h",
        when="From recurrent decoder to encoder: query is the decoder's state, memory all outputs of the encoder.",
        source="Luong, Pham and Manning, Effective Approaches to Attention-based NMT, 2015",
        params=(
            Choice(
                "score",
                "general",
                ("dot", "scaled_dot", "general"),
                labels={"dot": "dot: q h", "scaled_dot": "scaled dot: q h / sqrt(d)", "general": "general: q W h"},
                doc="How query and step are compared.",
            ),
            Choice(
                "local",
                "global",
                ("global", "monotonic", "predictive"),
                labels={"monotonic": "around its own step", "predictive": "around a predicted step"},
                doc="Where a query may look.",
            ),
            Int("window", 2, min=1, when=("local", ("monotonic", "predictive")), doc="How far from there."),
        ),
        inputs=_ALIGNED,
        outputs=_CONTEXT,
        shape=rules_alignment.luong_attention,
        weights=rules_alignment.luong_weights,
        macs=rules_alignment.luong_macs,
        torch=Call(
            "core.modules.attention.LuongAttention",
            computed=_ALIGNED_WIDTHS,
            positional=tuple(_ALIGNED_WIDTHS),
            forward=_align,
        ),
        keywords=("seq2seq", "sequence to sequence", "alignment", "translation", "bilinear", "local", "dot", "pooling"),
    ),
    LayerSpec(
        id="additive_attention",
        label="Additive attention",
        doc="Every query gathers the steps of a memory that a small network scores best.",
        formula="y = sum_s a[s] h[s], a = softmax(v tanh(W q + U h))",
        when="As Luong attention, where query and memory are of different kinds; costs more.",
        source="Bahdanau, Cho and Bengio, Neural Machine Translation by Jointly Learning to Align and Translate, 2014",
        params=(Int("hidden", 64, min=1, doc="Width of the network that scores."),),
        inputs=_ALIGNED,
        outputs=_CONTEXT,
        shape=rules_alignment.additive_attention,
        weights=rules_alignment.additive_weights,
        macs=rules_alignment.additive_macs,
        torch=Call(
            "core.modules.attention.AdditiveAttention",
            computed=_ALIGNED_WIDTHS,
            positional=tuple(_ALIGNED_WIDTHS),
            forward=_align,
        ),
        keywords=("bahdanau", "concat", "seq2seq", "sequence to sequence", "alignment", "translation", "pooling"),
    ),
)
