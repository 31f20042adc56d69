"""Layers that turn indices into vectors and say where in a sequence each stands."""

from __future__ import annotations

from core.spec import rules_alignment
from core.spec import rules_sequence as rules
from core.spec.layer import Call, Expr, LayerSpec, Port, dim
from core.spec.params import Bool, Float, Int

CATEGORY = "Embedding"

LAYERS = (
    LayerSpec(
        id="embedding",
        label="Embedding",
        doc="Looks up a learned vector for each index.",
        formula="y = W[x]",
        when="Words, categories, users: anything that is one of many.",
        source="torch.nn.Embedding",
        params=(
            Int("num_embeddings", 1000, min=1, implied=None, doc="How many different indices there are."),
            Int("embedding_dim", 64, min=1, implied=None, doc="Length of each vector."),
            Int("padding_idx", None, optional=True, doc="An index that stands for nothing: its vector stays 0."),
        ),
        inputs=(Port("x", doc="Indices, whole numbers.", dtype="int"),),
        shape=rules.embedding,
        weights=rules.embedding_weights,
        torch=Call("torch.nn.Embedding", positional=("num_embeddings", "embedding_dim")),
        keywords=("word", "token", "lookup", "categorical", "vocabulary"),
    ),
    LayerSpec(
        id="positional_encoding",
        label="Positional encoding",
        doc="Adds to each step of a sequence a vector that tells its position.",
        formula="y[t] = x[t] + p[t];  p[t, 2i] = sin(t / 10000^(2i / d)), p[t, 2i + 1] = cos(t / 10000^(2i / d))",
        when="Before attention, which does not see order by itself.",
        source="Vaswani et al., Attention Is All You Need, 2017",
        params=(
            Bool("learned", False, doc="Learn the vectors; otherwise they are sines and cosines."),
            Int("max_length", 512, min=1, doc="The longest sequence that may come."),
        ),
        shape=rules.positional_encoding,
        weights=rules.positional_encoding_weights,
        torch=Call(
            "core.modules.positional.PositionalEncoding",
            computed={"features": dim("x", -1)},
            positional=("features",),
        ),
        keywords=("position", "embedding", "sinusoidal", "learned", "transformer", "order", "time"),
    ),
    LayerSpec(
        id="class_token",
        label="Class token",
        doc="Puts one learned step in front of every sequence.",
        formula="(batch, t, d) -> (batch, t + 1, d)",
        when="In a vision transformer: attention gathers in it what the classifier reads (Select index 0).",
        source="Dosovitskiy et al., An Image Is Worth 16x16 Words, 2021",
        shape=rules.class_token,
        weights=rules.class_token_weights,
        torch=Call("core.modules.positional.ClassToken", computed={"features": dim("x", -1)}, positional=("features",)),
        keywords=("cls", "vit", "transformer", "prepend"),
    ),
    LayerSpec(
        id="rotary_positions",
        label="Rotary positions",
        doc="Turns each pair of features by an angle that grows with the step.",
        formula="(y[2i], y[2i+1]) = (x[2i], x[2i+1]) turned by t / base^(2i / d)",
        when="On queries and keys before Dot-product attention: it then sees how far apart two steps are.",
        source="Su et al., RoFormer, 2021",
        params=(Float("base", 10000.0, min=1.0, above=True, doc="Large: slow turns, for long texts."),),
        inputs=(Port("x", doc="(batch, time, features), or with heads before time."),),
        shape=rules_alignment.rotary_positions,
        torch=Call(
            "core.modules.attention.RotaryPositions", computed={"features": dim("x", -1)}, positional=("features",)
        ),
        keywords=("rope", "position", "relative", "transformer", "order", "time"),
    ),
    LayerSpec(
        id="padding_mask",
        label="Padding mask",
        doc="Marks the steps of a text that are only filling.",
        formula="y = (x == index)",
        when="From the word indices to the padding port of attention, so that nobody looks at filling.",
        source="torch.eq",
        params=(Int("padding_idx", 0, label="index", doc="The index that stands for nothing."),),
        inputs=(Port("x", doc="Indices, whole numbers.", dtype="int"),),
        shape=rules.padding_mask,
        torch=Expr("{x} == {padding_idx}"),
        keywords=("mask", "attention", "filling", "token", "pad"),
    ),
    LayerSpec(
        id="mask_symbols",
        label="Mask symbols",
        doc="Hides some symbols of a text at random and says which they were: the network has to fill them in.",
        formula="of a share of the places 80 % -> mask, 10 % -> any symbol, 10 % stay; asked = x there, -100 elsewhere",
        when="Before the Embedding of a masked language model. Wire uniform Noise to chance, and asked to the target "
        "of Cross entropy. In use, hand in 1 for every chance: nothing is hidden but the masks in the text.",
        source="Devlin et al., BERT, 2018",
        params=(
            Int("symbols", 96, min=1, implied=None, doc="How many there are; the mask is one more, of this index."),
            Float("share", 0.15, min=0.0, max=1.0, above=True, doc="Share of the places that are asked for."),
        ),
        inputs=(
            Port("x", doc="Indices, whole numbers.", dtype="int"),
            Port("chance", doc="Uniform noise from -1 to 1, one number an index: it decides what is hidden."),
        ),
        outputs=(
            Port("shown", doc="The text with its masks: indices up to symbols."),
            Port("asked", doc="The index where a symbol is asked for, -100 elsewhere."),
        ),
        shape=rules.masked_symbols,
        torch=Call("core.modules.masking.MaskSymbols", positional=("symbols",), forward="{self}({x}, {chance})"),
        keywords=("bert", "masked language model", "mlm", "cloze", "fill in", "hide", "token"),
    ),
)
