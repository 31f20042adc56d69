"""What the Data panel is told: plain JSON of bounded size that agrees with the data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.catalog.datasets import SOURCES
from core.data.preview import CURVES, PICTURES, ROWS, preview
from core.data.sources import load
from core.training.job import DataJob, Pick, Split


def of(kind: str, **params: Any) -> dict[str, Any]:
    shown = preview(DataJob(source=Pick(kind=kind, params=params)))
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    return shown


@pytest.mark.parametrize("kind", [id for id in SOURCES if id not in ("none", "text", "csv", "npz", "image_folder")])
def test_is_plain_json_of_bounded_size(kind: str) -> None:
    shown = of(kind)
    assert len(json.dumps(shown)) < 200_000
    assert sum(shown["splits"].values()) == shown["examples"]


def test_tables_show_rows_and_statistics() -> None:
    shown, data = of("wine"), load(Pick(kind="wine"))
    assert shown["rows"]["columns"][0] == "alcohol"
    assert shown["rows"]["columns"][-1] == "target"
    assert len(shown["rows"]["values"]) == ROWS
    assert shown["rows"]["values"][0][-1] == "class_0"
    alcohol = shown["fields"]["features"]["statistics"][0]
    assert alcohol["name"] == "alcohol"
    assert alcohol["mean"] == pytest.approx(float(data.fields["features"][:, 0].mean()), rel=1e-5)
    assert sum(alcohol["histogram"]) == 178
    counts = shown["balance"]["counts"]
    assert np.sum([counts[part] for part in counts], axis=0).tolist() == [59, 71, 48]


def test_pictures_are_bytes_of_each_class_in_turn() -> None:
    shown = of("digits")
    assert len(shown["pictures"]) == PICTURES
    assert [p["label"] for p in shown["pictures"][:10]] == list("0123456789")
    pixels = np.array(shown["pictures"][0]["pixels"])
    assert pixels.shape == (8, 8)
    first = load(Pick(kind="digits")).fields["features"][0, 0]
    np.testing.assert_array_equal(pixels, np.round(first / 16 * 255))
    assert shown["rows"] is None


def test_points_and_curves() -> None:
    moons = of("moons", n=5000)
    assert len(moons["scatter"]["x"]) == len(moons["scatter"]["label"]) == 2000
    assert moons["scatter"]["names"] == ["x0", "x1"]
    curves = of("mnist1d")["curves"]
    assert len(curves) == CURVES
    assert np.array(curves[0]["values"]).shape == (1, 40)


def test_holes_and_tiny_classes_are_shown(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(
        "a,b,y\n" + "".join(f"{i},{'' if i == 3 else i},{'rare' if i == 7 else 'common'}\n" for i in range(20))
    )
    shown = of("csv", path=str(file), holes="mean")
    assert shown["fields"]["features"]["statistics"][1]["missing"] == 1
    assert shown["rows"]["values"][3] == [3.0, None, "common"]
    assert any("no example of rare" in problem["message"] for problem in shown["problems"])


def test_coloured_pictures(tmp_path: Path) -> None:
    from PIL import Image

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for i in range(2):
            Image.new("RGB", (200, 100), (200, 10, 0)).save(tmp_path / name / f"{i}.png")
    job = DataJob(
        source=Pick(kind="image_folder", params={"path": str(tmp_path), "size": [100, 200]}),
        split=Split(validation=0.0, test=0.5),
    )
    pixels = np.array(preview(job)["pictures"][0]["pixels"])
    assert pixels.shape == (25, 50, 3)
    assert pixels[0, 0].tolist() == [200, 10, 0]
