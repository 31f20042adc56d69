"""Designs made of attention: language models by characters, and an encoder with a decoder that translates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.catalog import Catalog
from graph.document import Document
from graph.lessons.lesson import Task
from graph.lessons.shorthand import fails, varied
from graph.templates.drawing import Drawing
from graph.templates.parts import adamw, classifier, python_text
from graph.templates.template import Expected, Template, example

FAMILY = "Attention"


def char_gpt(catalog: Catalog) -> Document:
    """A small GPT that has read Python's own source and guesses the next character at every step."""
    d = Drawing(catalog, "Character GPT")
    block = transformer_block(d, "Decoder block", causal=True)
    text = d.node("input", at=(0, 0), name="text")
    characters = d.node("embedding", text, at=(1, 0), name="characters", num_embeddings=96, embedding_dim=96)
    position = d.node("positional_encoding", characters, at=(2, 0), name="position", learned=True, max_length=64)
    blocks = d.node(block, position, at=(3, 0), name="blocks", repeat=3, features=96, hidden=384)
    norm = d.node("layer_norm", blocks, at=(4, 0))
    scores = d.node("linear", norm, at=(5, 0), name="scores", out_features=96)
    following = d.node("permute", scores, at=(6, 0), name="classes first", dims=(0, 2, 1))
    classifier(d, following, "next character")
    d.frame("What stands where", characters, position)
    d.lesson(
        "A decoder-only Transformer (Radford et al., 2018). Every character is a vector, to which its place is added; "
        "three equal blocks follow, in which each step looks at itself and those before it. At every place it guesses "
        "the next character, so one window is 64 lessons.",
        "The loss in nats for each character: guessing evenly is ln 96 = 4.6, knowing how often each occurs about 3.2. "
        "It ends near 1.4, or two bits, having learned indentation, keywords and the ends of words.",
        (
            "Open the block and switch causal off at attention: the loss falls to nothing, as the answer stands in the "
            "input. That is why the mask is there.",
            "Let the block repeat once, then six times, and compare the loss after the same time.",
            "Choose the source Text file, take a book, and set num embeddings and scores to its number of characters.",
        ),
    )
    d.job(**python_text(0.004, epochs=2, batch_size=32))
    return d.document


def char_bert(catalog: Catalog) -> Document:
    """Reads Python's own source with holes in it, and fills them in from both sides: a masked language model."""
    d = Drawing(catalog, "Character BERT")
    block = rotary_block(d, "Encoder block")
    text = d.node("input", at=(0, 0), name="text")
    chance = d.node("noise", at=(0, 1.2), name="chance", shape=(64,), encoding="uniform")
    hide = d.node("mask_symbols", text, chance, at=(1, 0), name="hide", symbols=96)
    characters = d.node("embedding", f"{hide}.shown", at=(2, 0), name="characters", num_embeddings=97, embedding_dim=64)
    blocks = d.node(block, characters, at=(3, 0), name="blocks", repeat=3, features=64, hidden=256)
    norm = d.node("layer_norm", blocks, at=(4, 0))
    scores = d.node("linear", norm, at=(5, 0), name="scores", out_features=96)
    filled = d.node("permute", scores, at=(6, 0), name="classes first", dims=(0, 2, 1))
    d.node("output", filled, at=(7, 0), name="symbols")
    d.node("cross_entropy", filled, f"{hide}.asked", at=(7, 1.2), name="hidden symbols")
    d.frame("Hide some of the text", chance, hide)
    d.lesson(
        "An encoder-only Transformer (Devlin et al., BERT, 2018). Of every text 15 % is hidden, other places each "
        "time; each step looks at all others, both sides, and the network says what stood there. Blocks tell positions "
        "by turning queries and keys (RoFormer, 2021), so no vector of positions is added.",
        "The loss in nats for each hidden character. Knowing how often each occurs gives 3.15, counting what stands "
        "between the same two neighbours 1.43. It falls below that in the third epoch, when blocks read further. Then "
        "let it fill gaps in the panel Generate: each \N{WHITE SQUARE} of the text is one.",
        (
            Task(
                "Switch causal on at attention inside the block: the right side is out of sight, and it does worse.",
                fails("loss", 1.35, {"node.attention.is_causal": True}),
            ),
            Task(
                "Set the share of Hide to 0.5, then to 0.05: too little text to guess from, or too few lessons.",
                varied("node.hide.share", 0.5, 0.05),
            ),
            Task(
                "Switch rotary off inside the block: without order, only which characters are there counts.",
                fails("loss", 2.0, {"node.attention.rotary": False}),
            ),
        ),
    )
    d.job(**python_text(0.008, epochs=3, batch_size=32))
    return d.document


def dates_transformer(catalog: Catalog) -> Document:
    """Turns dates as people write them into 2024-03-12: an encoder reads, a decoder looks at it while it writes."""
    d = Drawing(catalog, "Dates Transformer")
    block = transformer_block(d, "Encoder block", causal=False)
    decoder = decoder_block(d)
    asked = d.node("input", at=(0, 0), name="date")
    read = d.node("embedding", asked, at=(1, 0), name="symbols", num_embeddings=34, embedding_dim=32)
    place = d.node("positional_encoding", read, at=(2, 0), name="place", max_length=18)
    memory = d.node(block, place, at=(3, 0), name="encoder", repeat=2, features=32, hidden=64)
    given = d.node("input", at=(0, 1.6), name="written", field="given")
    wrote = d.node("embedding", given, at=(1, 1.6), name="written symbols", num_embeddings=12, embedding_dim=32)
    place2 = d.node("positional_encoding", wrote, at=(2, 1.6), name="written place", max_length=10)
    made = d.node(decoder, place2, memory, at=(4, 1.3), name="decoder", repeat=2, features=32, hidden=64)
    norm = d.node("layer_norm", made, at=(5, 1.3))
    scores = d.node("linear", norm, at=(6, 1.3), name="scores", out_features=11)
    symbols = d.node("permute", scores, at=(7, 1.3), name="classes first", dims=(0, 2, 1))
    classifier(d, symbols, "symbols")
    d.frame("Encoder", read, place, memory)
    d.frame("Decoder", wrote, place2)
    d.lesson(
        "The whole Transformer of Vaswani et al. (2017), small: an encoder in which each character of the date looks "
        "at every other, and a decoder that looks back at what it has written and across to the encoder.",
        "Accuracy by symbol. The year comes first, as it is only copied; months, which must be looked up by their name "
        "and put before the day, come last. Then every date is right.",
        (
            "Let both blocks repeat once, or give them one head.",
            "Mute the positional encoding of the date: without it attention does not know the order of what it reads.",
            "Train on 500 examples instead of 8,000 (source, examples): it learns these by heart, and fails on others.",
        ),
    )
    d.job(
        data={
            "source": {"kind": "pairs", "params": {"task": "dates", "n": 8000}},
            "split": {"validation": 0.1, "test": 0.1},
        },
        epochs=8,
        batch_size=64,
        objectives=[{**adamw(0.004, weight_decay=0.01, schedule="one_cycle"), "clip_norm": 1.0}],
    )
    return d.document


def transformer_block(d: Drawing, name: str, *, causal: bool) -> str:
    """Normalised attention and a small network, each added to what came in. Sets: heads, features, hidden."""
    doc = "Each step looks at those before it" if causal else "Each step looks at every other"
    doc += ", then a small network for itself; both add to what came in."
    return _block_around(d, name, doc, "multihead_attention", is_causal=causal)


def rotary_block(d: Drawing, name: str) -> str:
    """As a transformer block, with positions told by turning queries and keys. Sets: heads, features, hidden."""
    doc = "Each step looks at every other, then a small network for itself; both add."
    return _block_around(d, name, doc, "self_attention")


def _block_around(d: Drawing, name: str, doc: str, attention: str, **more: Any) -> str:
    layer, inside = d.block(name, doc)
    x = inside.node("entry", at=(0, 1.5))
    norm = inside.node("layer_norm", x, at=(1, 0))
    look = inside.node(attention, norm, at=(2, 0), name="attention", num_heads=4, **more)
    add = inside.node("add", look, x, at=(3, 1.5))
    out = _feed_forward(inside, add, 4)
    inside.node("exit", out, at=(9, 1.5))
    inside.frame("Attention", norm, look)
    inside.promote("heads", (look, "num_heads"))
    return layer


def decoder_block(d: Drawing) -> str:
    """Causal attention to what is written, attention to the encoder, a small network. Sets: heads, features, hidden."""
    layer, inside = d.block(
        "Decoder block", "Looks back at what it has written, then at what the encoder read, then thinks for itself."
    )
    x = inside.node("entry", at=(0, 1.5), name="written")
    memory = inside.node("entry", at=(0, 3), name="read", position=1)
    norm = inside.node("layer_norm", x, at=(1, 0))
    own = inside.node("multihead_attention", norm, at=(2, 0), name="look back", num_heads=4, is_causal=True)
    add = inside.node("add", own, x, at=(3, 1.5))
    norm2 = inside.node("layer_norm", add, at=(4, 0))
    cross = inside.node("multihead_attention", norm2, memory, at=(5, 0), name="look across", num_heads=4)
    add2 = inside.node("add", cross, add, at=(6, 1.5))
    out = _feed_forward(inside, add2, 7)
    inside.node("exit", out, at=(12, 1.5))
    inside.frame("Self-attention", norm, own)
    inside.frame("Cross-attention", norm2, cross)
    inside.promote("heads", (own, "num_heads"), (cross, "num_heads"))
    return layer


def _feed_forward(inside: Drawing, x: str, column: int) -> str:
    """Five nodes from `column` on, at the height of attention; returns the sum."""
    norm = inside.node("layer_norm", x, at=(column, 0))
    widen = inside.node("linear", norm, at=(column + 1, 0), name="widen", out_features=128)
    gelu = inside.node("gelu", widen, at=(column + 2, 0))
    narrow = inside.node("linear", gelu, at=(column + 3, 0), name="narrow", out_features=64)
    inside.frame("Each step for itself", norm, widen, gelu, narrow)
    inside.promote("hidden", (widen, "out_features"))
    inside.promote("features", (narrow, "out_features"))
    return inside.node("add", narrow, x, at=(column + 4, 1.5))


TEMPLATES: Mapping[str, Template] = {
    "char_gpt": example(
        FAMILY, "Character GPT", char_gpt, Expected("loss", 1.45, quick=False, source="about 2 bits a character")
    ),
    "char_bert": example(
        FAMILY,
        "Character BERT",
        char_bert,
        Expected("loss", 1.3, quick=False, source="counting between two neighbours: 1.43"),
    ),
    "dates_transformer": example(FAMILY, "Dates, Transformer", dates_transformer, Expected("accuracy", 0.99)),
}
