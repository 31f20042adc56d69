"""Ready-made and generated sources: what is promised without loading is what loading gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.catalog.datasets import SOURCES, signature
from core.data.mnist1d import POINTS, mnist1d, templates
from core.data.sources import LOADERS, Recent, load, resolved
from core.problem import LayerloomError
from core.training.job import Pick

STATIC = [id for id in SOURCES if id not in ("none", "text", "csv", "npz", "image_folder")]
SEEDED = [id for id in STATIC if {"n", "seed"} <= set(SOURCES[id].param)]


def test_every_source_can_be_loaded() -> None:
    assert set(LOADERS) == set(SOURCES) - {"none"}


@pytest.mark.parametrize("kind", STATIC)
def test_the_static_signature_is_what_load_returns(kind: str) -> None:
    dataset = load(Pick(kind=kind))
    assert dataset.signature == signature(Pick(kind=kind))
    for name, field in dataset.signature.fields.items():
        values = dataset.fields[name]
        assert values.shape == (dataset.signature.examples, *field.shape)
        held = {"float": (np.float32, np.uint8), "int": (np.int64,), "bool": (np.bool_,)}[field.dtype]
        assert values.dtype in held, "bytes stand for byte / 255"
        assert np.isfinite(values).all()
        if field.classes:
            assert set(np.unique(values)) == set(range(len(field.classes)))
    for name, columns in dataset.columns.items():
        assert dataset.fields[name].shape[1:] == (len(columns),)


@pytest.mark.parametrize("kind", SEEDED)
def test_seeds_decide_everything(kind: str) -> None:
    first, again, other = (load(Pick(kind=kind, params={"n": 60, "seed": seed})) for seed in (3, 3, 4))
    assert len(first) == 60
    np.testing.assert_array_equal(first.fields["features"], again.fields["features"])
    assert not np.array_equal(first.fields["features"], other.fields["features"])


@pytest.mark.parametrize("kind", ["moons", "circles"])
def test_shapes_are_those_of_scikit_learn(kind: str) -> None:
    from sklearn import datasets

    make = {"moons": datasets.make_moons, "circles": datasets.make_circles}[kind]
    extra = {"factor": 0.3} if kind == "circles" else {}
    points, target = make(n_samples=51, shuffle=False, noise=None, **extra)
    ours = load(Pick(kind=kind, params={"n": 51, "noise": 0.0, **extra}))

    def ordered(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        rows = np.column_stack([y, x]).round(5) + 0.0
        return rows[np.lexsort(rows.T)]

    np.testing.assert_allclose(
        ordered(ours.fields["features"], ours.fields["target"]), ordered(points, target), atol=2e-5
    )


def test_digits_are_scikit_learns() -> None:
    from sklearn.datasets import load_digits

    ours, theirs = load(Pick(kind="digits")), load_digits()
    np.testing.assert_array_equal(ours.fields["features"][:, 0], theirs.images)
    np.testing.assert_array_equal(ours.fields["target"], theirs.target)


def test_xor_without_noise_is_told_by_the_signs() -> None:
    dataset = load(Pick(kind="xor", params={"noise": 0.0}))
    differ = np.prod(dataset.fields["features"], axis=1) < 0
    np.testing.assert_array_equal(dataset.fields["target"], differ)


@pytest.mark.parametrize(("gate", "true"), [("and", 25), ("or", 75), ("nand", 75), ("xor", 50)])
def test_a_gate_without_noise_is_its_truth_table(gate: str, true: int) -> None:
    dataset = load(Pick(kind="gate", params={"gate": gate, "n": 100, "noise": 0.0}))
    a, b = dataset.fields["features"].astype(bool).T
    truth = {"and": a & b, "or": a | b, "nand": ~(a & b), "xor": a ^ b}[gate]
    np.testing.assert_array_equal(dataset.fields["target"], truth)
    assert truth.sum() == true


def test_noisy_digits_are_the_digits_with_noise_of_that_size() -> None:
    dataset, again = (load(Pick(kind="noisy_digits", params={"noise": 3.0, "seed": 5})) for _ in range(2))
    np.testing.assert_array_equal(dataset.fields["clean"], load(Pick(kind="digits")).fields["features"])
    noise = dataset.fields["features"] - dataset.fields["clean"]
    assert noise.std() == pytest.approx(3.0, rel=0.01)
    assert noise.mean() == pytest.approx(0.0, abs=0.03)
    np.testing.assert_array_equal(dataset.fields["features"], again.fields["features"])


def test_spirals_have_the_arms_and_turns_asked_for() -> None:
    dataset = load(Pick(kind="spirals", params={"n": 3000, "noise": 0.0, "classes": 3, "turns": 2.0}))
    points, target = dataset.fields["features"], dataset.fields["target"]
    assert np.bincount(target).tolist() == [1000, 1000, 1000]
    radius = np.linalg.norm(points, axis=1)
    assert radius.min() == pytest.approx(0.1, abs=1e-3)
    assert radius.max() == pytest.approx(1.0, abs=1e-3)
    arm = points[target == 0][np.argsort(radius[target == 0])]
    angle = np.unwrap(np.arctan2(arm[:, 1], arm[:, 0]))
    assert angle[-1] - angle[0] == pytest.approx(2.0 * 2 * np.pi, rel=1e-3)


class TestMnist1D:
    def test_the_default_is_the_authors_own_data(self) -> None:
        """Checked once against all 5,000 examples of the file they publish (largest difference 2.4e-7); here a few."""
        dataset = load(Pick(kind="mnist1d"))
        x, y = dataset.fields["features"][:, 0], dataset.fields["target"]
        assert y[:20].tolist() == [2, 6, 4, 5, 6, 6, 6, 0, 3, 1, 6, 9, 4, 3, 4, 5, 1, 9, 0, 3]
        first = [-0.332006, -0.47191, -0.778697, -1.009741, -0.882353, 0.103935, 1.643284, 1.652507]
        last = [-0.519329, -0.698723, -1.281038, -2.161015, -2.389421, -0.242339]
        np.testing.assert_allclose(x[0, :8], first, atol=2e-6)
        np.testing.assert_allclose(x[-1, :6], last, atol=2e-6)

    def test_the_whole_is_standardised_and_balanced(self) -> None:
        dataset = mnist1d(n=1000, noise=0.02, correlated_noise=0.25, seed=7, shuffle_points=False)
        x = dataset.fields["features"]
        assert x.shape == (1000, 1, POINTS)
        assert abs(x.mean()) < 1e-5
        assert x.std() == pytest.approx(1, abs=1e-4)
        assert np.bincount(dataset.fields["target"]).tolist() == [100] * 10

    def test_templates_start_at_zero(self) -> None:
        curves = templates()
        assert curves.shape == (10, 12)
        np.testing.assert_allclose(curves[:, 0], 0)
        np.testing.assert_allclose((curves * 6).std(axis=1), 1)

    def test_without_noise_what_surrounds_the_digit_is_a_ramp(self) -> None:
        """The recipe's order: the shear comes last, so what was zero padding lies on one line."""
        dataset = mnist1d(n=200, noise=0.0, correlated_noise=0.0, seed=1, shuffle_points=False)
        bends = np.abs(np.diff(dataset.fields["features"][:, 0], n=2, axis=1))
        assert np.median((bends < 1e-5).sum(axis=1)) >= 10

    def test_smooth_noise_is_smooth(self) -> None:
        smooth, white = (
            mnist1d(n=500, noise=n, correlated_noise=c, seed=1, shuffle_points=False).fields["features"][:, 0]
            for n, c in ((0.0, 2.0), (2.0, 0.0))
        )

        def roughness(x: np.ndarray) -> float:
            return float(np.abs(np.diff(x, axis=1)).mean() / np.abs(x).mean())

        assert roughness(smooth) < 0.6 * roughness(white)

    def test_shuffling_moves_the_same_points_in_every_example(self) -> None:
        plain, shuffled = (
            mnist1d(n=100, noise=0.02, correlated_noise=0.25, seed=5, shuffle_points=s).fields["features"][:, 0]
            for s in (False, True)
        )
        order = [int(np.argmin(np.abs(plain[0] - value))) for value in shuffled[0]]
        assert sorted(order) == list(range(POINTS))
        np.testing.assert_allclose(plain[:, order], shuffled, atol=1e-6)


@pytest.mark.parametrize(
    ("pick", "words"),
    [
        (Pick(kind="mnist"), "no data source 'mnist'"),
        (Pick(kind="none"), "There is no data yet"),
        (Pick(kind="moons", params={"n": 3}), "whole number from 10"),
        (Pick(kind="moons", params={"size": 3}), "has no field size"),
        (Pick(kind="csv"), "no file is chosen"),
        (Pick(kind="npz", params={"path": "nowhere.npz"}), "there is no nowhere.npz"),
    ],
)
def test_refusals_say_what_to_do(pick: Pick, words: str) -> None:
    with pytest.raises(LayerloomError, match=words):
        load(pick)


def test_what_was_read_last_is_kept_until_its_files_change(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("a,b\n1,0.5\n2,0.25\n")
    recent, pick = Recent(), Pick(kind="csv", params={"path": "t.csv"})
    first = recent.load(pick, tmp_path)
    assert recent.load(pick, tmp_path) is first
    file.write_text("a,b\n1,0.5\n2,0.25\n3,0.75\n")
    assert len(recent.load(pick, tmp_path)) == 3
    file.unlink()
    with pytest.raises(LayerloomError, match=r"there is no .*t\.csv"):
        recent.load(pick, tmp_path)
    assert len(recent.load(Pick(kind="iris"))) == 150


def test_a_resolved_pick_means_the_same_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,0.5\n2,0.25\n")
    pick = Pick(kind="csv", params={"path": "t.csv"})
    here = load(pick, tmp_path)
    monkeypatch.chdir("/")
    assert resolved(pick, tmp_path).params["path"] == str(tmp_path / "t.csv")
    np.testing.assert_array_equal(load(resolved(pick, tmp_path)).fields["features"], here.fields["features"])
