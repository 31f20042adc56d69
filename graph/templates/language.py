"""Language models as they are built today: what has changed in the Transformer since 2017, in one small design."""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog import Catalog
from graph.document import Document
from graph.lessons.lesson import Task
from graph.lessons.shorthand import trained
from graph.templates.attention import FAMILY
from graph.templates.drawing import LABELLED, Drawing
from graph.templates.parts import classifier, python_text
from graph.templates.template import Expected, Template, example


def char_llama(catalog: Catalog) -> Document:
    """A language model as of today: rotary positions, shared keys and values, gated layers, local and global views."""
    d = Drawing(catalog, "Character Llama")
    block = gated_block(d)
    text = d.node("input", at=(0, 0), name="text")
    last = d.node("embedding", text, at=(1, 0), name="characters", num_embeddings=96, embedding_dim=96)
    views = []
    for number, (name, window) in enumerate((("local", 8), ("wider", 24), ("global", None))):
        last = d.node(block, last, at=(2 + number, 0), name=name, window=window)
        views.append(last)
    norm = d.node("rms_norm", last, at=(5, 0))
    scores = d.node("linear", norm, at=(6, 0), name="scores", out_features=96, bias=False)
    following = d.node("permute", scores, at=(7, 0), name="classes first", dims=(0, 2, 1))
    classifier(d, following, "next character")
    d.frame("First what is near, then everything", *views)
    d.lesson(
        "The plan of Llama (Touvron et al., 2023) and Mistral (Jiang et al., 2023): normalisation by the root mean "
        "square alone, positions by turning queries and keys (Su et al., 2021), two heads of queries on each head of "
        "keys and values (Ainslie et al., 2023), a gated layer (Shazeer, 2020). The first blocks see 8 and 24 steps.",
        "The loss beside that of Character GPT, which is built as in 2018 and has as many parameters: this one gets "
        "further in a third of the time. In the Lens panel, the map of attention shows the windows as bands.",
        (
            Task(
                "Switch rotary off in the block: attention no longer knows the order of what it sees.",
                trained({"node.attention.rotary": False}),
            ),
            Task(
                "Set kv heads to 1 (all share), then to 4 (none do): parameters change, the loss hardly.",
                trained({"node.attention.kv_heads": {"one_of": [1, 4]}}),
            ),
            Task(
                "Give all three blocks a window of 8: after three, a step still hears of 24 before it.",
                trained({f"node.{name}.window": 8 for name in ("local", "wider", "global")}),
            ),
        ),
    )
    d.job(**python_text(0.006, epochs=2, batch_size=32))
    return d.document


def gated_block(d: Drawing) -> str:
    """Attention with rotary positions and grouped heads, then a gated layer. Sets: window."""
    layer, inside = d.block("Gated block", "Each step looks at those before it, then a gated layer; both add.")
    x = inside.node("entry", at=(0, 1.5))
    norm = inside.node("rms_norm", x, at=(1, 0))
    look = inside.node(
        "self_attention",
        norm,
        at=(2, 0),
        name="attention",
        num_heads=4,
        kv_heads=2,
        is_causal=True,
        bias=False,
    )
    add = inside.node("add", look, x, at=(3, 1.5))
    norm2 = inside.node("rms_norm", add, at=(4, 0.6 - LABELLED))
    widen = inside.node("linear", norm2, at=(5, -0.6), name="widen", out_features=256, bias=False)
    gate = inside.node("linear", norm2, at=(5, 0.6), name="gate", out_features=256, bias=False)
    silu = inside.node("silu", gate, at=(6, 0.6))
    gated = inside.node("multiply", widen, silu, at=(7, 0))
    narrow = inside.node("linear", gated, at=(8, 0), name="narrow", out_features=96, bias=False)
    out = inside.node("add", narrow, add, at=(9, 1.5))
    inside.node("exit", out, at=(10, 1.5))
    inside.frame("Attention", norm, look)
    inside.frame("A gated layer", norm2, widen, gate, silu, gated, narrow)
    inside.promote("window", (look, "window"))
    return layer


TEMPLATES: Mapping[str, Template] = {
    "char_llama": example(
        FAMILY,
        "Character Llama",
        char_llama,
        Expected("loss", 1.25, quick=False, source="nats a character; guessing: 4.6"),
    ),
}
