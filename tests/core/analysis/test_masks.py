"""What dropout drops: one mask by the equation of the layer, how many stay, and what many masks come to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from core.analysis.layers import layers
from core.analysis.masks import DRAWS, mask
from core.analysis.requests import Analyses
from core.analysis.subject import Subject, moment
from core.problem import LayerloomError
from core.program.program import Program
from core.training.runs import RunFolder
from tests import drawn, trainings
from tests.analysed import fresh


def dropping(layer: str, p: float) -> Program:
    """A dropout layer right after the convolution of a digit, whose numbers are not 0."""
    d = drawn.Drawing("Dropping", "Dropping")
    x, target = d.input("features", 1, 8, 8), d.target("target", dtype="int")
    x = d.layer("conv2d", "conv", x, params={"out_channels": 24, "kernel_size": 3})
    x = d.layer("flatten", "flat", d.layer(layer, "drop", x, params={"p": p}))
    logits = d.layer("linear", "logits", x, params={"out_features": 10})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def subject_of(path: Path, program: Program) -> Subject:
    run = fresh(path / "run", program, trainings.job("digits", epochs=1, batch_size=256))
    return Subject(run, moment(run))


def pictures(sheet: dict[str, Any]) -> Any:
    bytes_ = np.array(sheet["images"], np.float64)
    return ((bytes_ - 128) / 127 if sheet["signed"] else bytes_ / 255) * sheet["peak"]


def test_the_mask_is_the_one_that_the_equation_makes(tmp_path: Path) -> None:
    about = subject_of(tmp_path, dropping("dropout", 0.4))
    found = mask(about, "test", "drop", sample=3, seed=11)
    json.dumps(found, allow_nan=False)
    kept, given, made = (pictures(found[key]) for key in ("mask", "given", "made"))
    assert kept.shape == (24, 8, 8)
    assert set(np.unique(kept)) == {0.0, 1.0}
    near = 2 * max(found["given"]["peak"], found["made"]["peak"]) / 127
    assert np.allclose(made, kept * given / 0.6, atol=near)  # y = m x / (1 - p)
    assert found["kept"] == pytest.approx(kept.mean())
    torch.manual_seed(11)
    torch.testing.assert_close(
        torch.nn.functional.dropout(torch.ones(1, 24, 8, 8), 0.4)[0] != 0, torch.tensor(kept != 0)
    )
    assert found["scale"] == pytest.approx(1 / 0.6)


def test_the_share_that_stays_lies_where_the_binomial_has_it(tmp_path: Path) -> None:
    about = subject_of(tmp_path, dropping("dropout", 0.3))
    found = mask(about, "test", "drop")
    units = 24 * 8 * 8
    assert found["units"] == units
    low, high = (stats.binom.ppf(share, units, 0.7) / units for share in (0.025, 0.975))
    assert found["low"] == pytest.approx(low, abs=2 / units)
    assert found["high"] == pytest.approx(high, abs=2 / units)
    within = [found["low"] <= mask(about, "test", "drop", seed=seed)["kept"] <= found["high"] for seed in range(20)]
    assert sum(within) >= 17
    several = 4 * np.sqrt(0.3 * 0.7 / (units * DRAWS))
    assert found["mean_kept"] == pytest.approx(0.7, abs=several)


def test_on_average_nothing_changes(tmp_path: Path) -> None:
    """E[y] = x, and the mean of n masks is off by sqrt(p / (1 - p) / n) of what arrives."""
    found = mask(subject_of(tmp_path, dropping("dropout", 0.5)), "test", "drop")
    assert found["apart"] == pytest.approx(np.sqrt(1 / DRAWS), rel=0.1)


def test_whole_channels_go_at_once(tmp_path: Path) -> None:
    found = mask(subject_of(tmp_path, dropping("dropout2d", 0.4)), "test", "drop", seed=2)
    kept = pictures(found["mask"])
    assert found["units"] == 24
    assert all(len(np.unique(channel)) == 1 for channel in kept)
    assert 0 < kept.mean() < 1


def test_alpha_dropout_says_which_numbers_it_set(tmp_path: Path) -> None:
    found = mask(subject_of(tmp_path, dropping("alpha_dropout", 0.2)), "test", "drop", seed=4)
    assert found["low"] <= found["kept"] <= found["high"]


def test_the_lens_offers_it_and_other_seeds_draw_others(subject: Callable[[str], Subject]) -> None:
    about = subject("moons")
    assert layers(about, "test", "", "dropout")["node"]["further"][0] == "mask"
    masks = [mask(about, "test", "dropout", seed=seed)["mask"]["images"] for seed in (0, 0, 1)]
    assert masks[0] == masks[1] != masks[2]
    assert not about.net.training


def test_what_drops_nothing_is_refused(subject: Callable[[str], Subject]) -> None:
    with pytest.raises(LayerloomError, match="no dropout at 'relu'"):
        mask(subject("moons"), "test", "relu")
    with pytest.raises(LayerloomError, match="no dropout at 'nothing'"):
        mask(subject("moons"), "test", "nothing")


def test_the_assistant_answers_by_the_same_name(trained: Callable[[str], RunFolder]) -> None:
    about = trained("moons")
    found = Analyses().mask({"run": str(about.path), "split": "validation", "node": "dropout"})
    assert found == mask(Subject(about, moment(about)), "validation", "dropout")
