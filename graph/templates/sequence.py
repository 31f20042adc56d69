"""Designs that read or write sequences step by step: classification, forecasting, translation."""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog import Catalog
from graph.document import Document
from graph.lessons.lesson import Task
from graph.lessons.shorthand import SOURCE, fails, trained, varied
from graph.templates.drawing import Drawing
from graph.templates.parts import classifier, clipped, data, pairs
from graph.templates.template import Expected, Template, example

FAMILY = "Recurrent"


def mnist1d_gru(catalog: Catalog) -> Document:
    """A GRU reads a curve point by point and says which digit it is."""
    d = Drawing(catalog, "MNIST-1D GRU")
    x = d.node("input", at=(0, 0))
    steps = d.node("permute", x, at=(1, 0), name="steps", dims=(0, 2, 1))
    gru = d.node("gru", steps, at=(2, 0), hidden_size=48)
    scores = d.node("linear", f"{gru}.last", at=(3, 0), name="scores", out_features=10)
    classifier(d, scores, "digit")
    d.lesson(
        "The 40 points of a curve arrive one by one. At each the GRU mixes what it remembers with what it sees; "
        "two gates decide how much (Cho et al., 2014). The scores are made of its state after the last point.",
        "The accuracy: it stays at chance for two epochs and then climbs, when the gates have learned to hold on. A "
        "dense network of twice the size reaches about 0.68 on these curves, because it has to learn every place anew.",
        (
            "Replace GRU by RNN: without gates the memory fades within some ten steps, and it learns far less.",
            "Turn on shuffle points in the Data panel. The order is what a recurrent network lives on: it does worse, "
            "while a dense network would not care.",
            "Take the output called sequence, average it over time with Mean, and make the scores of that.",
        ),
    )
    d.job(
        data=data("mnist1d", "standardise", per="all", validation=0.1),
        epochs=20,
        batch_size=100,
        objectives=[clipped(0.01)],
    )
    return d.document


def mnist1d_bidirectional(catalog: Catalog) -> Document:
    """Two LSTMs, one forwards and one backwards; every step of both is averaged before the decision."""
    d = Drawing(catalog, "MNIST-1D bidirectional LSTM")
    x = d.node("input", at=(0, 0))
    steps = d.node("permute", x, at=(1, 0), name="steps", dims=(0, 2, 1))
    lstm = d.node("lstm", steps, at=(2, 0), name="both ways", hidden_size=32, bidirectional=True)
    mean = d.node("max", lstm, at=(3, 0), name="largest", dim=(1,))
    scores = d.node("linear", mean, at=(4, 0), name="scores", out_features=10)
    classifier(d, scores, "digit")
    d.lesson(
        "One LSTM reads the curve forwards and another backwards (Schuster, Paliwal, 1997), so that every step knows "
        "what came before it and what follows. Max keeps, for each unit, its strongest answer at any step.",
        "How fast it learns, compared with the example Curves, GRU: no step is far from the output, since Max reads "
        "all of them, so gradients need not travel 40 steps back.",
        (
            "Switch bidirectional off: each step then knows only the past.",
            "Replace Max by Mean: every step has the same say, and the noise between the digits is heard too.",
            "Wire the output called last in place of sequence and remove Max: the last state must carry all.",
        ),
    )
    d.job(
        data=data("mnist1d", "standardise", per="all", validation=0.1),
        epochs=20,
        batch_size=100,
        objectives=[clipped(0.01)],
    )
    return d.document


def forecast(catalog: Catalog) -> Document:
    """The next eight points of a noisy series, from the 48 before them."""
    d = Drawing(catalog, "Forecast")
    x = d.node("input", at=(0, 0))
    steps = d.node("permute", x, at=(1, 0), name="steps", dims=(0, 2, 1))
    lstm = d.node("lstm", steps, at=(2, 0), hidden_size=48)
    ahead = d.node("linear", f"{lstm}.last", at=(3, 0), name="ahead", out_features=8)
    d.node("output", ahead, at=(4, 0), name="forecast")
    target = d.node("target", at=(3, 1.2))
    d.node("mse_loss", ahead, target, at=(4, 1))
    d.lesson(
        "An LSTM reads 48 points of three sines with a slope and noise, and says the next eight at once. Every "
        "example is a stretch of its own with other phases, so nothing can be learned by heart.",
        "RMSE in the plots. The noise on the target has a deviation of 0.05: no forecast can be better than that, and "
        "saying the mean would be off by 0.84.",
        (
            "Choose the process Mackey-Glass or Lorenz (it has three channels; the network adapts by itself). Both "
            "are chaotic: lengthen the horizon and see where they stop being predictable.",
            "Set noise to 0 and see how close it comes.",
            "Replace the LSTM by a Flatten and a Linear layer: sines obey a linear rule, so it does well; on Lorenz it "
            "does not.",
        ),
    )
    d.job(
        data=data("series", "standardise", per="all", process="sines", n=3000),
        epochs=80,
        batch_size=64,
        objectives=[clipped(0.005)],
    )
    return d.document


def mackey_glass_rnn(catalog: Catalog) -> Document:
    """A plain recurrent network follows a chaotic series and says the 24 points that come next."""
    d = Drawing(catalog, "Mackey-Glass RNN")
    x = d.node("input", at=(0, 0))
    steps = d.node("permute", x, at=(1, 0), name="steps", dims=(0, 2, 1))
    rnn = d.node("rnn", steps, at=(2, 0), hidden_size=48)
    ahead = d.node("linear", f"{rnn}.last", at=(3, 0), name="ahead", out_features=24)
    d.node("output", ahead, at=(4, 0), name="forecast")
    target = d.node("target", at=(3, 1.2))
    d.node("mse_loss", ahead, target, at=(4, 1))
    d.lesson(
        "The plain recurrent network of Elman (1990): one state, which at each step becomes tanh(W x + U h + b). It "
        "reads 48 points of a series that the equation of Mackey and Glass makes (1977): never periodic, and chaotic.",
        "RMSE, against a spread of 0.23. The best linear rule from 48 points to the next 24 is off by 0.074: the "
        "series bends in a way that only a network with a bend can follow.",
        (
            Task(
                "Set nonlinearity of RNN to relu: it can learn as well, but starts less gently.",
                trained({"node.RNN.nonlinearity": "relu"}),
            ),
            Task(
                "Replace RNN by Flatten: the network is linear then, and does as badly as the best linear rule.",
                fails("rmse", 0.06, {"layers.rnn": 0}),
            ),
            Task(
                "Put noise of 0.05 on the points: chaos makes small errors large, and far points suffer most.",
                fails("rmse", 0.05, {f"{SOURCE}.noise": {"at_least": 0.05}}),
            ),
        ),
    )
    d.job(
        data=data("series", "standardise", per="all", process="mackey_glass", n=4000, noise=0.0, horizon=24),
        epochs=80,
        batch_size=64,
        objectives=[clipped(0.004)],
    )
    return d.document


def char_lstm(catalog: Catalog) -> Document:
    """An LSTM that has read Python's own source, character by character, and writes on when asked."""
    d = Drawing(catalog, "Character LSTM")
    text = d.node("input", at=(0, 0), name="text")
    characters = d.node("embedding", text, at=(1, 0), name="characters", num_embeddings=96, embedding_dim=48)
    lstm = d.node("lstm", characters, at=(2, 0), hidden_size=192)
    scores = d.node("linear", lstm, at=(3, 0), name="scores", out_features=96)
    following = d.node("permute", scores, at=(4, 0), name="classes first", dims=(0, 2, 1))
    classifier(d, following, "next character")
    d.frame("What it has read", characters, lstm)
    d.lesson(
        "A language model as Karpathy made them popular (2015): at every character the LSTM guesses the next one. "
        "Nothing else is told to it; how words end, how lines are indented and that brackets close it finds in a "
        "megabyte of text.",
        "The loss in nats for each character: ln 96 = 4.6 is guessing, 3.15 knowing how often each occurs. When it is "
        "trained, open the panel Generate: give it the beginning of a function, and let it write on.",
        (
            Task("Write with a temperature of 0, 0.5 and 1.5: it repeats itself, writes well, and rambles."),
            Task(
                "Set the hidden size to 32, then to 384, and compare the loss and what is written.",
                varied("node.LSTM.hidden_size", 32, 384),
            ),
            Task(
                "Replace LSTM by RNN: it learns words, but forgets what it was about to say.",
                fails("loss", 1.2, {"layers.lstm": 0, "layers.rnn": 1}),
            ),
        ),
    )
    d.job(
        data={
            "source": {"kind": "python_text", "params": {"window": 64, "characters": 1_000_000}},
            "split": {"validation": 0.05, "test": 0.05},
        },
        epochs=5,
        batch_size=32,
        objectives=[clipped(0.01)],
    )
    return d.document


def reverse_attention(catalog: Catalog) -> Document:
    """Writes a word backwards: one GRU reads, another writes, and attention tells the writer where to look."""
    d = Drawing(catalog, "Reverse with attention")
    asked = d.node("input", at=(0, 0), name="word")
    read = d.node("embedding", asked, at=(1, 0), name="letters", num_embeddings=10, embedding_dim=24)
    encoder = d.node("gru", read, at=(2, 0), name="reader", hidden_size=32, bidirectional=True)
    given = d.node("input", at=(0, 1.6), name="written", field="given")
    wrote = d.node("embedding", given, at=(1, 1.6), name="written letters", num_embeddings=11, embedding_dim=24)
    decoder = d.node("gru", wrote, at=(2, 1.6), name="writer", hidden_size=64)
    look = d.node("scaled_dot_product_attention", decoder, encoder, at=(3, 0.6), name="look")
    both = d.node("concatenate", look, decoder, at=(4, 0.8), dim=-1)
    scores = d.node("linear", both, at=(5, 0.8), name="scores", out_features=10)
    letters = d.node("permute", scores, at=(6, 0.8), name="classes first", dims=(0, 2, 1))
    classifier(d, letters, "letters")
    d.frame("Encoder", read, encoder)
    d.frame("Decoder", wrote, decoder)
    d.lesson(
        "The reader makes a vector of each letter. The writer is given what it has written so far and, at each step, "
        "looks over the reader's vectors: its state is the question, their likeness to it says how much of each it "
        "takes (Bahdanau, Cho, Bengio, 2014; Luong et al., 2015).",
        "The accuracy leaps when attention has found the rule: it looks at the last letter first and walks back. On "
        "new words more than 99 of 100 letters are right.",
        (
            "Choose the task copy, then sort in the Data panel: nothing in the network needs to change.",
            "Remove Look and Concatenate, and give the writer's states to the scores: it has no way to see the word.",
            "Make the words 20 letters long. Attention scales; a single vector between reader and writer would not.",
        ),
    )
    d.job(
        data=pairs("reverse", length=10),
        epochs=12,
        batch_size=50,
        objectives=[clipped(0.01)],
    )
    return d.document


TEMPLATES: Mapping[str, Template] = {
    "mnist1d_gru": example(
        FAMILY,
        "Curves, GRU",
        mnist1d_gru,
        Expected("accuracy", 0.9, source="91 % with 91 CPU seconds, arXiv 2011.14439"),
    ),
    "mnist1d_bidirectional": example(FAMILY, "Curves, both ways", mnist1d_bidirectional, Expected("accuracy", 0.94)),
    "forecast": example(FAMILY, "Forecast", forecast, Expected("rmse", 0.08, source="the noise alone is 0.05")),
    "mackey_glass_rnn": example(
        FAMILY, "Chaos, RNN", mackey_glass_rnn, Expected("rmse", 0.015, source="best linear rule: 0.074")
    ),
    "char_lstm": example(
        FAMILY,
        "Character LSTM",
        char_lstm,
        Expected("loss", 1.15, quick=False, source="nats a character; guessing: 4.6"),
    ),
    "reverse_attention": example(FAMILY, "Words backwards", reverse_attention, Expected("accuracy", 0.99)),
}
