"""Missing numbers: filled as scikit-learn fills them, from the training part alone, marked where that is asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core.data import neighbours
from core.data.dataset import Dataset, Holes
from core.data.neighbours import Neighbours, drawn_rows
from core.data.signature import DataSignature, FieldSignature
from core.data.sources import load
from core.data.transforms import Fitted, fit, told
from core.problem import LayerloomError
from core.training.job import Pick, Transform

TRAIN = np.arange(80)


def holed(seed: int = 0, share: float = 0.15) -> np.ndarray:
    """Rows of four columns that have to do with each other, on different scales, with holes."""
    chance = np.random.default_rng(seed)
    hidden = chance.normal(size=(120, 2))
    rows = hidden @ chance.normal(size=(2, 4)) * [1, 100, 0.01, 5] + [0, 1000, 3, -20]
    rows[chance.random(rows.shape) < share] = np.nan
    return rows


def dataset(rows: np.ndarray, holes: Holes) -> Dataset:
    signature = DataSignature(fields={"features": FieldSignature(shape=rows.shape[1:])}, examples=len(rows))
    return Dataset({"features": rows}, signature, holes={"features": holes})


def filled(rows: np.ndarray, **holes: Any) -> np.ndarray:
    data = dataset(rows, Holes(**holes))
    return fit(data, TRAIN, ()).apply(data.fields)["features"]


@pytest.mark.parametrize("count", [1, 5, 200])
@pytest.mark.parametrize("share", [0.15, 0.6])
def test_neighbours_are_those_of_scikit_learn(count: int, share: float) -> None:
    rows = holed(share=share)
    wanted = KNNImputer(n_neighbors=count).fit(rows[TRAIN]).transform(rows)
    found = filled(rows, rule="neighbours", neighbours=count, scaled=False)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_columns_that_count_alike_are_standardised_first() -> None:
    rows = holed(1)
    steps = make_pipeline(StandardScaler(), KNNImputer(n_neighbors=3)).fit(rows[TRAIN])
    wanted = steps[0].inverse_transform(steps.transform(rows))
    np.testing.assert_allclose(filled(rows, rule="neighbours", neighbours=3), wanted, rtol=1e-5)
    assert not np.allclose(filled(rows, rule="neighbours", neighbours=3, scaled=False), wanted, rtol=1e-2)


def test_a_row_that_shares_nothing_takes_the_mean() -> None:
    rows = holed()
    rows[100] = np.nan
    np.testing.assert_allclose(filled(rows, rule="neighbours")[100], np.nanmean(rows[TRAIN], axis=0), rtol=1e-5)


def test_distances_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = filled(holed(), rule="neighbours")
    monkeypatch.setattr(neighbours, "AT_ONCE", 200)
    np.testing.assert_array_equal(filled(holed(), rule="neighbours"), whole)


def test_of_very_many_rows_some_are_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "MOST_ROWS", 30)
    chosen = drawn_rows(80, 4)
    assert len(set(chosen.tolist())) == 30
    assert chosen.max() < 80
    rows = holed()
    wanted = KNNImputer().fit(rows[chosen]).transform(rows[100:])
    found = filled(rows, rule="neighbours", scaled=False)[100:]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_a_number_of_ones_own() -> None:
    wanted = SimpleImputer(strategy="constant", fill_value=-1.5).fit_transform(holed())
    np.testing.assert_allclose(filled(holed(), rule="constant", value=-1.5), wanted, rtol=1e-6)


@pytest.mark.parametrize("rule", ["mean", "median", "most_frequent", "neighbours", "zero", "constant"])
def test_rows_that_do_not_train_change_nothing(rule: str) -> None:
    rows = holed()
    other = rows.copy()
    other[80:] = other[80:] * -50 + 7
    other[90, 0] = np.nan
    standardised = [Transform(kind="standardise", field="features")]
    one, two = (fit(dataset(r, Holes(rule)), TRAIN, standardised).to_json() for r in (rows, other))
    assert one == two


def test_transforms_are_fitted_on_what_was_filled() -> None:
    data = dataset(holed(), Holes("neighbours"))
    done = fit(data, TRAIN, [Transform(kind="standardise", field="features")]).apply(data.fields)["features"]
    np.testing.assert_allclose(done[TRAIN].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(done[TRAIN].std(axis=0), 1, atol=1e-5)


def test_what_was_fitted_is_kept_as_json() -> None:
    data = dataset(holed(), Holes("neighbours"))
    fitted = fit(data, TRAIN, ())
    again = Fitted.from_json(json.loads(json.dumps(fitted.to_json(), allow_nan=False)))
    np.testing.assert_array_equal(again.apply(data.fields)["features"], fitted.apply(data.fields)["features"])
    assert told(fitted.to_json())["fill"]["features"]["neighbours"]["rows"] == 80
    older = Fitted.from_json({"maps": {}, "fill": {"features": [1.0, 2.0, 3.0, 4.0]}})
    assert older.apply_to("features", np.full((1, 4), np.nan)).tolist() == [[1, 2, 3, 4]]
    with pytest.raises(LayerloomError, match="stored preparation"):
        Fitted.from_json({"maps": {}, "fill": {"features": {"values": [1.0], "marks": [], "neighbours": {}}}})


class TestMarks:
    text = "age,size,colour,y\n1,2,red,0.5\n,4,blue,0.25\n5,6,,1.5\n7,,red,0.125\n2,3,blue,0.75\n"

    def read(self, folder: Path, /, **params: Any) -> Dataset:
        file = folder / "table.csv"
        file.write_text(self.text)
        return load(Pick(kind="csv", params={"path": str(file), "holes": "mean", "mark_holes": True, **params}))

    def test_stand_behind_the_columns_with_names(self, tmp_path: Path) -> None:
        data = self.read(tmp_path)
        assert data.columns["features"] == ("age", "size", "colour=blue", "colour=red", "age is empty", "size is empty")
        assert data.signature.fields["features"].shape == (6,)
        numbers = data.fields["features"][:, :2]
        reference = MissingIndicator().fit_transform(numbers)
        np.testing.assert_array_equal(data.fields["features"][:, 4:], reference)
        assert data.holes["features"].marks == (0, 1)

    def test_are_no_numbers_to_fill_or_to_measure_by(self, tmp_path: Path) -> None:
        data = self.read(tmp_path, holes="neighbours", neighbours=1, text="leave_out")
        fitted = fit(data, np.arange(5), ())
        near = fitted.fill["features"].neighbours
        assert near is not None
        assert near.rows.shape == (5, 2)
        wanted = KNNImputer(n_neighbors=1, add_indicator=True)
        rows = data.fields["features"][:, :2]
        scaled = StandardScaler().fit(rows)
        numbers = scaled.inverse_transform(wanted.fit_transform(scaled.transform(rows))[:, :2])
        np.testing.assert_allclose(fitted.apply(data.fields)["features"][:, :2], numbers, rtol=1e-5)

    def test_are_made_for_new_rows(self, tmp_path: Path) -> None:
        data = self.read(tmp_path)
        new = np.array([[np.nan, 2, 0, 1, 0, 0]])
        assert fit(data, np.arange(5), ()).apply_to("features", new).tolist() == [[3.75, 2, 0, 1, 1, 0]]

    def test_are_only_made_where_something_is_filled(self, tmp_path: Path) -> None:
        assert len(self.read(tmp_path, holes="drop").columns["features"]) == 4


class TestArrays:
    def read(self, folder: Path, rows: np.ndarray, /, **params: Any) -> Dataset:
        np.savez(folder / "data.npz", x=rows, y=np.arange(len(rows)) / 7, z=np.arange(len(rows)) / 3)
        return load(Pick(kind="npz", params={"path": str(folder / "data.npz"), "others": "z", **params}))

    def test_say_what_may_be_done(self, tmp_path: Path) -> None:
        with pytest.raises(LayerloomError, match=r"holds nan at .* be left out or filled"):
            self.read(tmp_path, holed())

    def test_leave_examples_out(self, tmp_path: Path) -> None:
        rows = holed()
        keep = ~np.isnan(rows).any(axis=1)
        data = self.read(tmp_path, rows, holes="drop")
        np.testing.assert_array_equal(data.fields["features"], rows[keep].astype(np.float32))
        np.testing.assert_allclose(data.fields["z"][:, 0], np.flatnonzero(keep) / 3, rtol=1e-6)
        with pytest.raises(LayerloomError, match="dropping them leaves nothing"):
            self.read(tmp_path, np.full((5, 2), np.nan), holes="drop")

    def test_are_filled_and_marked(self, tmp_path: Path) -> None:
        data = self.read(tmp_path, holed(), holes="median", mark_holes=True)
        assert data.columns["features"][3:5] == ("features 3", "features 0 is empty")
        found = fit(data, TRAIN, ()).apply(data.fields)["features"]
        wanted = SimpleImputer(strategy="median", add_indicator=True).fit(holed()[TRAIN]).transform(holed())
        np.testing.assert_allclose(found, wanted, rtol=1e-5)

    def test_endless_numbers_stay_refused(self, tmp_path: Path) -> None:
        rows = holed()
        rows[3, 1] = np.inf
        with pytest.raises(LayerloomError, match=r"holds inf at \[3, 1\].*Replace them first"):
            self.read(tmp_path, rows, holes="mean")


def test_a_column_that_never_trains_cannot_be_told() -> None:
    rows = holed()
    rows[TRAIN, 2] = np.nan
    with pytest.raises(LayerloomError, match=r"column 2 has no number at all .* no neighbours to take it from"):
        filled(rows, rule="neighbours")
    assert filled(rows, rule="zero")[0, 2] == 0


def test_constant_columns_count_nothing() -> None:
    rows = np.array([[1.0, 5.0], [2.0, 5.0], [np.nan, 5.0]])
    assert Neighbours.fitted(rows[:2], 1, True).estimates(rows[2:])[0, 0] in (1.0, 2.0)
