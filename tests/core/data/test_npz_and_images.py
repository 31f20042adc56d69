"""Arrays and pictures from files; nothing is unpickled and what is broken is named."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.data import dataset as limits
from core.data import images
from core.data.dataset import Dataset
from core.data.sources import load
from core.problem import LayerloomError
from core.training.job import Pick


def read_npz(folder: Path, params: dict[str, Any] | None = None, **arrays: Any) -> Dataset:
    file = folder / "a.npz"
    np.savez_compressed(file, **arrays)
    return load(Pick(kind="npz", params={"path": str(file), **(params or {})}))


def read_images(folder: Path, **params: Any) -> Dataset:
    return load(Pick(kind="image_folder", params={"path": str(folder), **params}))


class TestNpz:
    def test_usual_names_are_found_and_others_chosen(self, tmp_path: Path) -> None:
        x, y = np.arange(12.0).reshape(6, 2), np.array([3, 5, 3, 5, 3, 5])
        data = read_npz(tmp_path, X=x, y=y)
        np.testing.assert_array_equal(data.fields["features"], x)
        assert data.fields["target"].tolist() == [0, 1, 0, 1, 0, 1]
        assert data.signature.fields["target"].classes == ("3", "5")
        data = read_npz(tmp_path, {"features": "p", "target": "q", "target_is": "numbers"}, p=x, q=y, X=x * 0)
        np.testing.assert_array_equal(data.fields["features"], x)
        np.testing.assert_array_equal(data.fields["target"], y[:, None])
        assert set(read_npz(tmp_path, {"target": "-"}, X=x, y=y).fields) == {"features"}

    def test_further_arrays_are_fields_of_their_own(self, tmp_path: Path) -> None:
        x, y = np.random.default_rng(0).normal(size=(6, 5, 3)), np.arange(6) % 2
        edges = np.random.default_rng(1).random((6, 5, 5)) < 0.5
        data = read_npz(tmp_path, {"others": " edges, weight ,edges"}, x=x, y=y, edges=edges, weight=y * 0.5)
        assert list(data.fields) == ["features", "target", "edges", "weight"]
        np.testing.assert_array_equal(data.fields["edges"], edges.astype(np.float32))
        assert data.signature.fields["edges"].shape == (5, 5)
        assert data.signature.fields["weight"].shape == (1,)
        bytes_ = read_npz(tmp_path, {"others": "edges"}, x=x, y=y, edges=edges.astype(np.uint8))
        assert bytes_.fields["edges"].dtype == np.float32, "a matrix of bytes is no picture here"

    @pytest.mark.parametrize(
        ("others", "words"),
        [
            ("edges", "has no array 'edges' for the further field; it has x, y, words, few"),
            ("words", "holds text; a further field must hold numbers"),
            ("few", "x holds 6 examples, few holds 5"),
            ("features", "has no array 'features'"),
        ],
    )
    def test_further_arrays_that_do_not_fit_are_refused(self, tmp_path: Path, others: str, words: str) -> None:
        arrays = {"x": np.zeros((6, 2)), "y": np.arange(6) % 2, "words": np.array(list("abcdef")), "few": np.zeros(5)}
        with pytest.raises(LayerloomError, match=words):
            read_npz(tmp_path, {"others": others}, **arrays)

    def test_bytes_of_pictures_stay_bytes(self, tmp_path: Path) -> None:
        data = read_npz(tmp_path, x=np.zeros((5, 7, 8), np.uint8), y=np.array(list("abcab")))
        assert data.fields["features"].dtype == np.uint8
        assert data.signature.fields["features"].shape == (1, 7, 8)
        assert data.signature.fields["target"].classes == ("a", "b", "c")

    def test_objects_are_refused_before_they_are_read(self, tmp_path: Path) -> None:
        class Evil:
            def __reduce__(self) -> tuple[Any, ...]:
                return (Path.touch, (tmp_path / "ran",))

        with pytest.raises(LayerloomError, match="holds Python objects, which are never loaded"):
            read_npz(tmp_path, x=np.array([Evil()], dtype=object))
        assert not (tmp_path / "ran").exists()

    @pytest.mark.parametrize(
        ("arrays", "params", "words"),
        [
            ({"p": np.zeros((2, 2))}, {}, "which array holds the features. It has p"),
            ({"x": np.zeros((2, 2))}, {"features": "z"}, "no array 'z' for the features; it has x"),
            ({"x": np.zeros((3, 2)), "y": np.zeros(2)}, {}, "x holds 3 examples, y holds 2"),
            ({"x": np.array([[0.0, np.nan]])}, {}, r"array x holds nan at \[0, 1\]"),
            ({"x": np.array(5.0)}, {}, "a single value"),
            ({"x": np.array(["a", "b"])}, {}, "holds text; features must be numbers"),
            ({"x": np.zeros(2, complex)}, {}, "complex128; numbers or text were expected"),
        ],
    )
    def test_refusals(self, tmp_path: Path, arrays: Any, params: Any, words: str) -> None:
        with pytest.raises(LayerloomError, match=words):
            read_npz(tmp_path, params, **arrays)

    def test_what_is_no_archive_or_damaged(self, tmp_path: Path) -> None:
        file = tmp_path / "a.npz"
        with pytest.raises(LayerloomError, match="is not a file"):
            load(Pick(kind="npz", params={"path": str(tmp_path)}))
        file.write_bytes(b"PK not really")
        with pytest.raises(LayerloomError, match=r"not an \.npz file"):
            load(Pick(kind="npz", params={"path": str(file)}))
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("x.npy", b"\x93NUMPY\x01\x00garbage")
        with pytest.raises(LayerloomError, match="array x is damaged"):
            load(Pick(kind="npz", params={"path": str(file)}))

    def test_the_size_is_read_before_the_array(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "MAX_BYTES", 100)
        with pytest.raises(LayerloomError, match="the limit is"):
            read_npz(tmp_path, x=np.zeros((50, 50)))


class TestImageFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for name, colour in (("red", (255, 0, 0)), ("green", (0, 255, 0))):
            (tmp_path / name).mkdir()
            for i in range(3):
                Image.new("RGB", (20 + i, 10), colour).save(tmp_path / name / f"{i}.png")
        return tmp_path

    def test_pictures_are_bytes_of_one_size(self, folder: Path) -> None:
        data = read_images(folder, size=(4, 6))
        assert data.fields["features"].shape == (6, 3, 4, 6)
        assert data.fields["features"].dtype == np.uint8
        assert data.signature.fields["features"].shape == (3, 4, 6)
        assert data.signature.fields["target"].classes == ("green", "red")
        np.testing.assert_array_equal(data.fields["features"][-1, :, 0, 0], [255, 0, 0])
        np.testing.assert_array_equal(data.fields["target"], [0, 0, 0, 1, 1, 1])

    def test_grey(self, folder: Path) -> None:
        data = read_images(folder, colour="grey", size=5)
        assert data.fields["features"].shape == (6, 1, 5, 5)
        assert set(np.unique(data.fields["features"][:3])) == {150}

    def test_other_kinds_of_picture_become_the_same(self, folder: Path) -> None:
        Image.fromarray(np.full((8, 8), 51400, np.uint16)).save(folder / "red" / "deep.png")
        Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(folder / "red" / "clear.png")
        Image.new("P", (8, 8)).save(folder / "red" / "palette.gif")
        (folder / "red" / "notes.txt").write_text("not a picture")
        data = read_images(folder, colour="grey", size=2)
        names = sorted(p.name for p in (folder / "red").iterdir() if p.suffix != ".txt")
        by_name = dict(zip(names, data.fields["features"][3:, 0, 0, 0].tolist(), strict=True))
        assert (by_name["deep.png"], by_name["clear.png"], by_name["palette.gif"]) == (200, 255, 0)

    def test_a_broken_picture_is_named_or_left_out(self, folder: Path) -> None:
        whole = (folder / "red" / "1.png").read_bytes()
        (folder / "red" / "1.png").write_bytes(whole[: len(whole) // 2])
        (folder / "green" / "z.jpg").write_bytes(b"no picture")
        with pytest.raises(LayerloomError, match=r"green.z.jpg cannot be read as a picture \(2 such files\)") as error:
            read_images(folder)
        assert "1.png" in error.value.problem.detail
        data = read_images(folder, broken="skip")
        assert data.fields["target"].tolist() == [0, 0, 0, 1, 1]

    def test_a_folder_chosen_by_mistake_is_not_searched_without_end(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(images, "MAX_FILES", 2)
        with pytest.raises(LayerloomError, match=r"green holds more than 2 files\. Is it the right folder"):
            read_images(folder)

    def test_a_folder_without_classes(self, tmp_path: Path) -> None:
        with pytest.raises(LayerloomError, match="no sub-folders"):
            read_images(tmp_path)
        (tmp_path / "empty").mkdir()
        with pytest.raises(LayerloomError, match="1 sub-folders without pictures"):
            read_images(tmp_path)
