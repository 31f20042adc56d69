"""Designs with a code, trained for a moment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.analysis.subject import Subject, moment
from core.program.program import Program
from tests import drawn, trainings
from tests.analysed import fresh


def straight() -> Program:
    """A variational autoencoder of straight lines: iris through two numbers."""
    d = drawn.Drawing("Straight")
    x = d.input("features", 4)
    mean = d.layer("linear", "mean", x, params={"out_features": 2})
    spread = d.layer("linear", "spread", x, params={"out_features": 2})
    z = d.layer("reparameterise", "z", mean, spread)
    back = d.layer("linear", "back", z, params={"out_features": 4})
    d.output(back)
    d.output(mean, "latent")
    d.loss(d.layer("mse_loss", "mse", back, x))
    d.loss(d.layer("gaussian_kl", "kl", mean, spread))
    return d.program()


def told() -> Program:
    """Noise and the digit that is asked for become a picture."""
    d = drawn.Drawing("Told")
    noise, wanted = d.input("noise", 6), d.input("target", 10)
    d.inputs = [replace(d.inputs[0], field="", encoding="normal"), replace(d.inputs[1], encoding="one_hot")]
    real = d.target("features", 1, 8, 8)
    both = d.layer("concatenate", "both", noise, wanted, params={"dim": 1})
    pixels = d.layer("linear", "pixels", both, params={"out_features": 64})
    picture = d.layer("unflatten", "picture", pixels, params={"sizes": (1, 8, 8)})
    d.output(picture)
    d.output(d.layer("linear", "aside", wanted, params={"out_features": 2}))
    d.loss(d.layer("energy_distance", "distance", picture, real))
    return d.program()


def skipping() -> Program:
    """A bottleneck, and beside it a way round it: the output needs the example as well as the code."""
    d = drawn.Drawing("Skipping")
    x = d.input("features", 1, 8, 8)
    flat = d.layer("flatten", "flat", x)
    squeezed = d.layer("linear", "squeeze", flat, params={"out_features": 3})
    back = d.layer("linear", "back", squeezed, params={"out_features": 64})
    total = d.layer("add", "total", back, flat)
    picture = d.layer("unflatten", "picture", total, params={"sizes": (1, 8, 8)})
    d.output(picture)
    d.loss(d.layer("mse_loss", "mse", picture, x))
    return d.program()


def trained(path: Path, program: Program, source: str) -> Subject:
    run = fresh(path, program, trainings.job(source, epochs=1, batch_size=64))
    return Subject(run, moment(run))
