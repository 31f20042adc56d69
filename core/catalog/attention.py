"""Layers in which every step of a sequence looks at every other."""

from __future__ import annotations

from dataclasses import replace

from core.spec import rules_attention as rules
from core.spec.layer import Call, Expr, Given, LayerSpec, Port, dim
from core.spec.params import Bool, Choice, Float, Int

CATEGORY = "Attention"

_QUERY = Port("query", doc="The steps that look: (batch, time, features).")
_KEY = Port("key", doc="What is looked at; empty: query, which is self-attention.", optional=True, same_as="query")
_VALUE = Port("value", doc="What is gathered; empty: key.", optional=True, same_as="key")
_CAUSAL = Bool("is_causal", False, label="causal", doc="Each step looks only at itself and earlier ones.")
_SOURCE = "Vaswani et al., Attention Is All You Need, 2017"


_TRANSFORMER = (
    Int("nhead", 4, min=1, implied=None, label="heads", doc="Heads of attention; must divide the features."),
    Int("dim_feedforward", 256, min=1, implied=2048, doc="Width of the feed-forward part; usual: 4 x features."),
    Float("dropout", 0.1, min=0.0, max=1.0, doc="Chance to drop values in training."),
    Choice("activation", "relu", ("relu", "gelu"), doc="The bend of the feed-forward part."),
    Bool("norm_first", False, doc="Normalise before each part, not after: trains more easily when deep."),
    _CAUSAL,
    Float("layer_norm_eps", 1e-5, min=0.0, above=True, advanced=True, doc="Added to the variance."),
    Bool("bias", True, advanced=True, doc="Add learned constants."),
)


def _mask(id: str, rows: str) -> Port:
    return Port(id, doc=f"({rows}, keys), true where a query may not look.", dtype="bool", optional=True)


def _padding(id: str) -> Port:
    return Port(id, doc="(batch, keys), true where a step is only filling.", dtype="bool", optional=True)


def _causal_mask(query: str, key: str) -> str:
    """The mask that hides what lies ahead, made for the lengths that arrive."""
    shape = f"{{{query}}}.shape[1], {{{key}}}.shape[1]"
    return f"torch.ones({shape}, dtype=torch.bool, device={{{query}}}.device).triu(1)"


def _masks(given: Given, query: str, key: str, mask: str, padding: str) -> str:
    """The arguments that say where attention may not look."""
    text = ""
    if given.has(mask):
        text += f", {mask}={{{mask}}}"
    elif given["is_causal"]:
        text += f", {mask}={_causal_mask(query, key)}"
    return text + (f", {padding}={{{padding}}}" if given.has(padding) else "")


def _multihead(given: Given) -> str:
    masks = _masks(given, "query", "key", "attn_mask", "key_padding_mask")
    return "{self}({query}, {key}, {value}" + masks + ", need_weights=False)"


def _encoder(given: Given) -> str:
    return "{self}({x}" + _masks(given, "x", "x", "src_mask", "src_key_padding_mask") + ")"


def _decoder(given: Given) -> str:
    masks = _masks(given, "x", "x", "tgt_mask", "tgt_key_padding_mask")
    masks += ", memory_key_padding_mask={memory_key_padding_mask}" if given.has("memory_key_padding_mask") else ""
    return "{self}({x}, {memory}" + masks + ")"


def _dot(given: Given) -> str:
    """torch's mask is the other way round: true where a query may look. ONNX needs a dimension of heads, here one."""
    extra = ", attn_mask=~{attn_mask}" if given.has("attn_mask") else ", is_causal=True" if given["is_causal"] else ""
    extra += "" if given["scale"] is None else ", scale={scale}"
    if given.type("query").rank == 4:
        return "F.scaled_dot_product_attention({query}, {key}, {value}" + extra + ")"
    one_head = ", ".join(f"{{{port}}}.unsqueeze(1)" for port in ("query", "key", "value"))
    return f"F.scaled_dot_product_attention({one_head}{extra}).squeeze(1)"


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
            Bool("bias", True, advanced=True, doc="Add learned constants in the projections."),
        ),
        inputs=(_QUERY, _KEY, _VALUE, _mask("attn_mask", "queries"), _padding("key_padding_mask")),
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
            skip=("is_causal",),
            forward=_multihead,
            results="{y}, _",
        ),
        keywords=("transformer", "self-attention", "cross-attention", "heads", "mha", "qkv"),
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
            skip=("is_causal",),
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
            skip=("is_causal",),
            forward=_decoder,
        ),
        keywords=("transformer", "decoder", "gpt", "translation", "cross-attention", "sequence to sequence"),
        trains_differently=True,
    ),
)
