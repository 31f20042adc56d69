"""What a place sees and what a unit would like, where both are known in closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.analysis.layers import layers
from core.analysis.reach import reach
from core.analysis.subject import Subject, moment
from core.analysis.wished import wished
from core.problem import LayerloomError
from core.program.program import Program
from tests import drawn, trainings
from tests.analysed import fresh


def convolutions() -> Program:
    """Two convolutions and a halving: a field of 3, 4 and 8 pixels."""
    d = drawn.Drawing("Reach", "Reach")
    x, target = d.input("features", 1, 8, 8), d.target("target", dtype="int")
    x = d.layer("conv2d", "first", x, params={"out_channels": 6, "kernel_size": 3})
    x = d.layer("tanh", "bent", x)
    x = d.layer("avg_pool2d", "halved", x, params={"kernel_size": 2})
    x = d.layer("conv2d", "second", x, params={"out_channels": 5, "kernel_size": 3})
    logits = d.layer("linear", "logits", d.layer("flatten", "flat", x), params={"out_features": 10})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    folder = Path(tmp_path_factory.mktemp("upstream")) / "run"
    run = fresh(folder, convolutions(), trainings.job("digits", epochs=1, batch_size=256))
    return Subject(run, moment(run))


def node_of(subject: Subject, name: str) -> str:
    return next(step.node for step in subject.program.steps if step.name == name)


@pytest.mark.parametrize(
    ("name", "place", "box"),
    [
        ("first", (4, 4), [3, 3, 6, 6]),
        ("bent", (0, 7), [0, 6, 2, 8]),
        ("halved", (2, 1), [3, 1, 7, 5]),
        ("second", (2, 2), [1, 1, 8, 8]),
        ("second", (0, 0), [0, 0, 5, 5]),
    ],
)
def test_the_field_is_what_sizes_and_strides_say(
    subject: Subject, name: str, place: tuple[int, int], box: list[int]
) -> None:
    answer = reach(subject, "test", node_of(subject, name), 0, *place)
    assert answer["box"] == box
    assert answer["picture"] == [8, 8]
    assert answer["effective"] <= max(box[2] - box[0], box[3] - box[1]) + 1
    seen = np.array(answer["seen"]["images"][0])
    seen[box[0] : box[2], box[1] : box[3]] = 0
    assert not seen.any(), "what it does not see is dark"
    assert "reach" in layers(subject, "test", "", node_of(subject, name), 0)["node"]["further"]


def test_the_middle_is_taken_where_no_place_is_given(subject: Subject) -> None:
    assert reach(subject, "test", node_of(subject, "second"))["place"] == [2, 2]


@pytest.mark.parametrize(("decay", "seed"), [(0.0, 0), (0.0, 1), (10.0, 0)])
def test_the_wish_of_a_linear_unit_is_known(tmp_path: Path, decay: float, seed: int) -> None:
    """Without decay every number goes to the end of its range, with it to mean + numbers w range^2 / (2 decay)."""
    d = drawn.Drawing("Plain", "Plain")
    x, target = d.input("features", 4), d.target("target", dtype="int")
    logits = d.layer("linear", "logits", x, params={"out_features": 3})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    run = fresh(tmp_path / "run", d.program(), trainings.job("iris", epochs=2))
    subject = Subject(run, moment(run))
    known = torch.cat([b["features"] for b in subject.batches(subject.part("train", 256))])
    weight = subject.weights["logits.weight"][2]
    low, high, mean = known.amin(0), known.amax(0), known.mean(0)
    expected = torch.where(weight > 0, high, low)
    if decay:
        expected = (mean + 4 * weight * (high - low).square() / (2 * decay)).clamp(low, high)
    answer = wished(subject, "test", node_of(subject, "logits"), 2, 600, decay, seed=seed)
    bias = subject.weights["logits.bias"][2]
    assert answer["value"] == pytest.approx(float(weight @ expected + bias), abs=2e-2)
    assert answer["before"] == pytest.approx(float(weight @ mean + bias), abs=1e-5)
    assert answer["best"] == pytest.approx(float((known @ weight + bias).max()), abs=1e-5)
    assert len(answer["look"]["values"]) == 4
    found = subject.prepared.inverse("features", expected[None].numpy())[0]
    np.testing.assert_allclose(answer["look"]["values"], found, atol=0.1)


def test_a_picture_is_liked_more_than_any_example(subject: Subject) -> None:
    answer = wished(subject, "test", node_of(subject, "logits"), 3, 120, smooth=0.0)
    rough, even = (
        wished(subject, "test", node_of(subject, "second"), 3, 60, smooth=s)["look"]["pixels"] for s in (0, 50)
    )
    assert np.abs(np.diff(even)).sum() < np.abs(np.diff(rough)).sum()
    assert answer["value"] > answer["best"] > answer["before"]
    assert np.shape(answer["look"]["pixels"]) == (8, 8)
    assert answer["units"] == 10
    assert answer["at"][: len(answer["course"])] == answer["at"]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda s: reach(s, "test", node_of(s, "logits")), "no feature maps"),
        (lambda s: reach(s, "test", node_of(s, "second"), 0, 9, 0), "the map has 4 rows and 4 columns"),
        (lambda s: wished(s, "test", node_of(s, "logits"), 10), "they are 0 to 9"),
        (lambda s: wished(s, "test", node_of(s, "loss")), "No single input of real numbers leads to"),
        (lambda s: wished(s, "test", "n99"), "No single input of real numbers leads to 'n99'"),
    ],
)
def test_what_cannot_be_asked_is_told(subject: Subject, call: object, says: str) -> None:
    with pytest.raises(LayerloomError, match=says):
        call(subject)  # type: ignore[operator]
