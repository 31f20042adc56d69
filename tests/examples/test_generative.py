"""What the figure of the generative examples leaves out: that a GAN finds every place."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.catalog.families import default_catalog
from core.training.loop import train
from graph.commands import SetJob
from graph.lower import lower
from graph.templates import TEMPLATES
from tests.trainings import run


@pytest.mark.slow
@pytest.mark.parametrize("id", ["ring_gan", "ring_wgan"])
def test_a_gan_finds_all_eight_places(id: str) -> None:
    """At least 2 % of the samples lie within four deviations of each, and a third of them within those of some."""
    document = TEMPLATES[id].build(default_catalog())
    SetJob("threads", 1).apply(document)
    made = run(lower(document), document.job)
    for _ in train(made):
        pass
    torch.manual_seed(1)
    with torch.no_grad():
        points = made.net.eval()(torch.randn(5000, 8)).numpy()
    angle = 2 * np.pi * np.arange(8) / 8
    places = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    apart = np.linalg.norm(points[:, None] - places, axis=2)
    near = apart.min(axis=1) < 0.2
    counts = np.bincount(apart.argmin(axis=1)[near], minlength=8)
    assert (counts >= 100).all(), counts
    assert near.mean() > 1 / 3
