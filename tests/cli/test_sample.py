"""``layerloom sample``: what a run decodes from new codes, as tiles and as numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.analysis.decoder import Decoder
from core.analysis.subject import Subject
from tests import decoded
from tests.analysed import SUBJECTS, fresh

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return decoded.trained(tmp_path_factory.mktemp("told") / "run", decoded.told(), "digits")


def test_tiles_stand_in_a_column_for_each_class(layerloom: Run, told: Subject, tmp_path: Path) -> None:
    file = tmp_path / "digits.png"
    said = layerloom("sample", told.run.path, "--out", file, "--count", 20)
    assert said.code == 0
    assert said.out == f"Wrote {file}: 20 drawn from noise (6 numbers).\n"
    with Image.open(file) as tiles:
        picture = np.asarray(tiles).astype(float)
    assert picture.shape == (2 * 48 + 2, 10 * 48 + 9 * 2)
    decoder = Decoder(told)
    codes = decoder.spread.draw(20, 0)[13:14]
    made = decoder.decode(codes, {"target": decoder.chosen("target", ["3"])})["picture"][0, 0]
    low, high = 0.0, 16.0
    exact = ((made - low) / (high - low) * 255).clip(0, 255)
    tile = picture[50:98, 150:198]
    assert np.abs(tile[::6, ::6] - exact).max() <= 1.0
    assert np.array_equal(tile[::6, ::6], tile[5::6, 5::6]), "pixels stay sharp"


def test_numbers_are_those_of_the_decoder(layerloom: Run, told: Subject, tmp_path: Path) -> None:
    words = ("sample", told.run.path, "--count", 3, "--seed", 5, "--temperature", 0.5, "--given", "target=7")
    said = layerloom(*words, "--out", tmp_path / "a.npz", "--json")
    assert said.json["outputs"] == {"picture": [1, 8, 8]}
    assert (said.json["code"], said.json["law"], said.json["asked"]) == ("noise", "normal", [])
    decoder = Decoder(told)
    codes = decoder.spread.draw(3, 5, 0.5)
    with np.load(tmp_path / "a.npz") as found:
        assert sorted(found) == ["codes", "picture"]
        assert np.array_equal(found["codes"], codes)
        exact = decoder.decode(codes, {"target": decoder.chosen("target", ["7"])})["picture"]
        assert np.array_equal(found["picture"], exact)


def test_the_way_between_two_examples_of_a_bottleneck(layerloom: Run, tmp_path: Path) -> None:
    run = fresh(tmp_path / "run", *SUBJECTS["autoencoder"])
    file = tmp_path / "way.npz"
    said = layerloom("sample", run.path, "--node", "squeeze", "--between", 1, 4, "--count", 5, "-o", file)
    assert "5 on the way between two examples in squeeze (12 numbers)" in said.out
    layerloom("sample", run.path, "--node", "squeeze", "--between", 1, 4, "--count", 5, "-o", tmp_path / "way.png")
    with Image.open(tmp_path / "way.png") as way:
        assert way.size == (5 * 48 + 4 * 2, 48)
    with np.load(file) as found:
        codes = found["codes"]
    np.testing.assert_allclose(codes, np.linspace(codes[0], codes[-1], 5), rtol=1e-5, atol=1e-6)


def test_what_cannot_be_sampled_is_one_sentence(layerloom: Run, told: Subject, tmp_path: Path) -> None:
    run, png = told.run.path, tmp_path / "a.png"
    for words, sentence in (
        (("--out", tmp_path / "a.jpg"), "is neither .png nor .npz"),
        (("--out", png, "--node", "distance"), "distance gives one number an example"),
        (("--out", png, "--given", "target=ten"), "target has no class 'ten'; it has 0, 1"),
        (("--out", png, "--given", "target"), "--given takes INPUT=VALUE, not 'target'"),
        (("--out", png, "--part", "other"), "The data has no 'other' examples"),
        (("--out", png, "--count", 10**9), "The count must lie from 1 to"),
        (("--out", png, "--temperature", 101), "The temperature must lie from 0 to 100"),
        (("--out", png, "--between", 0, 1, "--count", 1), "The steps must lie from 2"),
    ):
        said = layerloom("sample", run, *words)
        assert (said.code, said.out) == (2, "")
        assert sentence in said.err
    assert not png.exists()


def test_numbers_are_no_picture(layerloom: Run, tmp_path: Path) -> None:
    straight = decoded.trained(tmp_path / "run", decoded.straight(), "iris")
    said = layerloom("sample", straight.run.path, "--out", tmp_path / "a.png")
    assert "Nothing that is decoded is a picture (back has 4 numbers): write an .npz." in said.err
