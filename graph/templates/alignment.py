"""Recurrent encoders and decoders with attention, as it came into the world: Bahdanau's and Luong's."""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog import Catalog
from graph.document import Document
from graph.lessons.lesson import Task
from graph.lessons.shorthand import reaches, trained
from graph.templates.drawing import Drawing
from graph.templates.parts import classifier, clipped, pairs
from graph.templates.sequence import FAMILY
from graph.templates.template import Expected, Template, example


def dates_bahdanau(catalog: Catalog) -> Document:
    """Turns written dates into 2024-03-12: a GRU reads both ways, another writes, and a small network aligns them."""
    d = Drawing(catalog, "Dates, Bahdanau")
    asked = d.node("input", at=(0, 0), name="date")
    read = d.node("embedding", asked, at=(1, 0), name="symbols", num_embeddings=34, embedding_dim=24)
    encoder = d.node("gru", read, at=(2, 0), name="reader", hidden_size=40, bidirectional=True)
    filling = d.node("padding_mask", asked, at=(1, -1.2), name="spaces", padding_idx=0)
    given = d.node("input", at=(0, 1.8), name="written", field="given")
    wrote = d.node("embedding", given, at=(1, 1.8), name="written symbols", num_embeddings=12, embedding_dim=24)
    decoder = d.node("gru", wrote, at=(2, 1.8), name="writer", hidden_size=64)
    look = d.node("additive_attention", decoder, encoder, at=(3, 0.6), name="look", hidden=48)
    d.wire(filling, look, "padding")
    both = d.node("concatenate", f"{look}.context", decoder, at=(4, 0.9), dim=-1)
    bend = d.node("linear", both, at=(5, 0.9), name="mix", out_features=64)
    tanh = d.node("tanh", bend, at=(6, 0.9))
    scores = d.node("linear", tanh, at=(7, 0.9), name="scores", out_features=11)
    symbols = d.node("permute", scores, at=(8, 0.9), name="classes first", dims=(0, 2, 1))
    classifier(d, symbols, "symbols")
    d.frame("Reader", read, encoder)
    d.frame("Writer", wrote, decoder)
    d.lesson(
        "Attention as it began (Bahdanau, Cho, Bengio, 2014): the writer's state q and each state h of the reader go "
        "through a small network, v tanh(W q + U h), and the softmax of its answers says where to look. A padding "
        "mask keeps the writer from looking at spaces, which only fill the line up.",
        "Weights of look in the Lens panel: rows are symbols that are written, columns what is read. For 3 march 1987 "
        "the first four rows stand on the year at the end, the next on the month, the last on the day.",
        (
            Task("Open the panel Generate, type a date as you write it, and see what it makes of it."),
            Task(
                "Replace Additive attention by Luong attention (score general): a product in place of a network.",
                reaches("accuracy", 0.95, {"layers.luong_attention": 1}),
            ),
            Task("Cut the wire of spaces: does it look at filling?", trained({"layers.padding_mask": 0})),
        ),
    )
    d.job(data=pairs("dates", n=8000), epochs=5, batch_size=64, objectives=[clipped(0.008)])
    return d.document


def copy_luong(catalog: Catalog) -> Document:
    """Writes a word again: general scores say where to look, and only near the step itself it may."""
    d = Drawing(catalog, "Copy, Luong")
    asked = d.node("input", at=(0, 0), name="word")
    read = d.node("embedding", asked, at=(1, 0), name="letters", num_embeddings=26, embedding_dim=16)
    encoder = d.node("rnn", read, at=(2, 0), name="reader", hidden_size=32)
    given = d.node("input", at=(0, 1.6), name="written", field="given")
    wrote = d.node("embedding", given, at=(1, 1.6), name="written letters", num_embeddings=27, embedding_dim=16)
    decoder = d.node("rnn", wrote, at=(2, 1.6), name="writer", hidden_size=32)
    look = d.node(
        "luong_attention", decoder, encoder, at=(3, 0.6), name="look", score="general", local="monotonic", window=2
    )
    both = d.node("concatenate", f"{look}.context", decoder, at=(4, 0.9), dim=-1)
    scores = d.node("linear", both, at=(5, 0.9), name="scores", out_features=26)
    letters = d.node("permute", scores, at=(6, 0.9), name="classes first", dims=(0, 2, 1))
    classifier(d, letters, "letters")
    d.frame("Reader", read, encoder)
    d.frame("Writer", wrote, decoder)
    d.lesson(
        "Luong, Pham and Manning (2015) compare by a product, q W h, and look locally: at step t only from t - 2 to "
        "t + 2. A word of 30 letters is copied by two plain recurrent networks, whose memory alone would not reach.",
        "Weights of look in the Lens panel: a bright diagonal in a band of five. Outside the band nothing is looked "
        "at, however long the word.",
        (
            Task(
                "Choose the task reverse in the Data panel: what is needed lies outside the window, and it fails.",
                trained({"job.data.source.params.task": "reverse"}),
            ),
            Task(
                "Set local to global: the diagonal must now be found among 30 places.",
                trained({"node.look.local": "global"}),
            ),
            Task(
                "Set score to dot: W is gone, and reader and writer must speak one language.",
                reaches("accuracy", 0.9, {"node.look.score": "dot"}),
            ),
        ),
    )
    d.job(data=pairs("copy", n=4000, length=30, symbols=26), epochs=8, batch_size=50, objectives=[clipped(0.01)])
    return d.document


TEMPLATES: Mapping[str, Template] = {
    "dates_bahdanau": example(FAMILY, "Dates, additive attention", dates_bahdanau, Expected("accuracy", 0.98)),
    "copy_luong": example(FAMILY, "Words again, local attention", copy_luong, Expected("accuracy", 0.98)),
}
