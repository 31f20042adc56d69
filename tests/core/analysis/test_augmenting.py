"""Examples behind layers that act in training: what is shown is what the layers do, in the units of the data."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.analysis.augmenting import DRAWS, SHOWN, augmented, chained
from core.catalog.augmentation import LAYERS
from core.data.looks import picture
from core.data.preview import spread
from core.data.sources import load
from core.problem import LayerloomError
from core.spec.layer import LayerSpec
from core.training.job import DataJob, Pick, Transform

DIGITS = DataJob(
    source=Pick(kind="digits"), transforms=(Transform(kind="standardise", field="features", params={"per": "all"}),)
)


def test_a_flip_is_shown_as_one() -> None:
    shown = augmented(DIGITS, "features", [("random_flip", {"horizontal": 1.0, "vertical": 0.0})])
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert len(shown["examples"]) == SHOWN
    dataset = load(DIGITS.source)
    for row, looks in zip(spread(dataset, SHOWN), shown["examples"], strict=True):
        assert len(looks) == 1 + DRAWS
        pixels = np.array(looks[0]["pixels"])
        raw = dataset.fields["features"][row]
        assert np.abs(pixels - np.array(picture(raw, (0.0, 16.0)))).max() <= 1  # the network sees it standardised
        for look in looks[1:]:
            np.testing.assert_array_equal(np.array(look["pixels"]), pixels[:, ::-1])


def test_the_seed_draws_and_draws_the_same_again() -> None:
    layers = [("random_affine", {}), ("random_erasing", {"p": 1.0})]
    one, again, other = (augmented(DIGITS, "features", layers, seed) for seed in (1, 1, 2))
    assert one == again
    assert one["examples"][0][0] == other["examples"][0][0]
    assert one["examples"][0][1:] != other["examples"][0][1:]
    assert one["examples"][0][1] != one["examples"][0][2]


def test_curves_keep_one_scale() -> None:
    data = DataJob(source=Pick(kind="mnist1d", params={"n": 200}))
    shown = augmented(data, "features", [("random_gain", {"gain": 2.0})])
    ends = {tuple(look["range"]) for looks in shown["examples"] for look in looks}
    [(low, high)] = ends
    numbers = [v for looks in shown["examples"] for look in looks for channel in look["curve"] for v in channel]
    assert low <= min(numbers) + 1e-4
    assert high >= max(numbers) - 1e-4


@pytest.mark.parametrize("spec", [spec for spec in LAYERS if len(spec.inputs) == 1], ids=lambda spec: spec.id)
def test_every_layer_can_be_shown(spec: LayerSpec) -> None:
    data = DIGITS if spec.id not in ("random_shift", "random_span") else DataJob(source=Pick(kind="mnist1d"))
    shown = augmented(data, "features", [(spec.id, {})])
    assert any(look != looks[0] for looks in shown["examples"] for look in looks[1:])


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(LayerloomError, match=r"Random flip: .*\(batch, channels, height, width\)"):
        augmented(DataJob(source=Pick(kind="iris")), "features", [("random_flip", {})])
    with pytest.raises(LayerloomError, match="no field of numbers called 'target'"):
        augmented(DIGITS, "target", [("random_flip", {})])
    with pytest.raises(LayerloomError, match=r"Random flip: horizontal: expected a number from 0.0 to 1.0"):
        chained((1, 8, 8), [("random_flip", {"horizontal": 2.0})])
    with pytest.raises(LayerloomError, match="no layer 'sparkle'"):
        chained((1, 8, 8), [("sparkle", {})])
