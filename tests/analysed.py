"""Runs that were trained for a moment, for tests of what is told of them."""

from __future__ import annotations

from pathlib import Path

from core.program.program import Program
from core.training.job import Job
from core.training.loop import train
from core.training.protocol import Finished
from core.training.runs import RunFolder
from core.training.start import start
from tests import drawn, trainings


def autoencoder() -> Program:
    """Digits through twelve numbers and back; the target is the input itself."""
    d = drawn.Drawing("Autoencoder", "Autoencoder")
    x = d.input("features", 1, 8, 8)
    squeezed = d.layer("linear", "squeeze", d.layer("flatten", "flat", x), params={"out_features": 12})
    back = d.layer("linear", "back", squeezed, params={"out_features": 64})
    picture = d.layer("reshape", "picture", back, params={"shape": (1, 8, 8)})
    d.output(picture)
    d.loss(d.layer("mse_loss", "mse", picture, x))
    return d.program()


def attention() -> Program:
    """The rows of a digit as a sequence: attention as a layer, and inside an encoder layer."""
    d = drawn.Drawing("Attention", "Attention")
    x, target = d.input("features", 1, 8, 8), d.target("target", dtype="int")
    rows = d.layer("flatten", "rows", x, params={"start_dim": 1, "end_dim": 2})
    embedded = d.layer("linear", "embed", rows, params={"out_features": 16})
    [seen] = d.layer("multihead_attention", "attend", embedded, params={"is_causal": True}, uses=["y"])
    seen = d.layer("transformer_encoder_layer", "encoder", seen, params={"dim_feedforward": 32})
    logits = d.layer("linear", "logits", d.layer("flatten", "flat", seen), params={"out_features": 10})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def characters() -> Program:
    """A language model: what comes next, at every step of sixteen."""
    d = drawn.Drawing("Characters", "Characters")
    x, target = d.input("features", 16, dtype="int"), d.target("target", 16, dtype="int")
    embedded = d.layer("embedding", "embed", x, params={"num_embeddings": 96, "embedding_dim": 16})
    [state] = d.layer("gru", "gru", embedded, params={"hidden_size": 32}, uses=["sequence"])
    scores = d.layer("linear", "scores", state, params={"out_features": 96})
    turned = d.layer("permute", "turned", scores, params={"dims": (0, 2, 1)})
    d.output(turned)
    d.loss(d.layer("cross_entropy", "loss", turned, target))
    return d.program()


def reverse() -> Program:
    """Writes six letters backwards, fed with what it has written."""
    d = drawn.Drawing("Reverse", "Reverse")
    x, given = d.input("features", 6, dtype="int"), d.input("given", 6, dtype="int")
    target = d.target("target", 6, dtype="int")
    read = d.layer("embedding", "read", x, params={"num_embeddings": 10, "embedding_dim": 16})
    [memory] = d.layer("gru", "reader", read, params={"hidden_size": 16}, uses=["sequence"])
    wrote = d.layer("embedding", "wrote", given, params={"num_embeddings": 11, "embedding_dim": 16})
    [state] = d.layer("gru", "writer", wrote, params={"hidden_size": 16}, uses=["sequence"])
    [seen] = d.layer("luong_attention", "look", state, memory, uses=["context"])
    both = d.layer("concatenate", "both", ends={"xs.0": seen, "xs.1": state}, params={"dim": -1})
    scores = d.layer("linear", "scores", both, params={"out_features": 10})
    turned = d.layer("permute", "turned", scores, params={"dims": (0, 2, 1)})
    d.output(turned)
    d.loss(d.layer("cross_entropy", "loss", turned, target))
    return d.program()


SUBJECTS: dict[str, tuple[Program, Job]] = {
    "digits": (trainings.digits(), trainings.job("digits", epochs=4, batch_size=64)),
    "moons": (trainings.moons(), trainings.job(epochs=3)),
    "binary": (trainings.binary(), trainings.job(epochs=6)),
    "regression": (trainings.regression(), trainings.job("diabetes", epochs=3)),
    "autoencoder": (autoencoder(), trainings.job("digits", epochs=2, batch_size=64)),
    "characters": (
        characters(),
        trainings.job("python_text", epochs=2, batch_size=64, data={"window": 16, "characters": 40_000}),
    ),
    "reverse": (reverse(), trainings.job("pairs", epochs=2, batch_size=64, data={"length": 6, "n": 1000})),
    "attention": (attention(), trainings.job("digits", epochs=2, batch_size=64)),
}


def fresh(path: Path, program: Program, job: Job) -> RunFolder:
    """A run of its own, trained to its end."""
    folder = trainings.folder(path, program, job)
    run, _ = start(folder, resume=False)
    for event in train(run, title="Test", folder=folder.checkpoints):
        if isinstance(event, Finished):
            folder.write("result", {"metrics": event.metrics, "weights": event.weights})
    return folder
