"""What a network is fed: encodings, checks against the drawing, and batches whose order needs no saving."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch

from core.data.batches import Batches
from core.data.prepare import Prepared, prepare
from core.data.sources import load
from core.problem import LayerloomError
from core.program.program import Value
from core.spec.shape import BATCH, TensorType, symbol
from core.training.job import DataJob, Pick, Split, Transform


def value(name: str, field: str, *shape: int, encoding: str = "as_is") -> Value:
    return Value(name, TensorType((BATCH, *shape)), f"node-{name}", field, encoding)


def job(kind: str, *transforms: Transform, **params: object) -> DataJob:
    return DataJob(source=Pick(kind=kind, params=params), transforms=transforms)


class TestPrepare:
    def test_inputs_and_targets_by_name(self) -> None:
        done = prepare(
            job("iris", Transform(kind="standardise", field="features")),
            [value("x", "features", 4), value("y", "target"), value("z", "target", 3, encoding="one_hot")],
        )
        assert done.examples == {"train": 106, "validation": 22, "test": 22}
        for part, rows in done.indices.items():
            held = done.splits[part]
            assert held["x"].shape == (len(rows), 4)
            assert held["y"].dtype == np.int64
            np.testing.assert_array_equal(held["z"].argmax(1), held["y"])
            np.testing.assert_array_equal(held["z"].sum(1), 1)
        assert abs(done.splits["train"]["x"].mean()) < 1e-5
        assert done.tasks["y"].kind == done.tasks["z"].kind == "classification"
        assert done.tasks["y"].classes == ("setosa", "versicolor", "virginica")

    def test_binary_and_regression(self) -> None:
        done = prepare(job("moons"), [value("x", "features", 2), value("y", "target", 1, encoding="binary")])
        assert done.splits["train"]["y"].shape == (700, 1)
        assert set(np.unique(done.splits["train"]["y"])) == {0.0, 1.0}
        assert done.tasks["y"].kind == "binary"
        assert prepare(job("diabetes"), [value("y", "target", 1)]).tasks["y"].kind == "regression"

    def test_metrics_can_be_told_in_the_units_of_the_data(self) -> None:
        plain, scaled = (
            prepare(job("diabetes", *transforms), [value("answer", "target", 1)])
            for transforms in ((), (Transform(kind="standardise", field="target"),))
        )
        back = scaled.inverse("answer", scaled.splits["test"]["answer"])
        np.testing.assert_allclose(back, plain.splits["test"]["answer"], rtol=1e-5)

    @pytest.mark.parametrize(
        ("kind", "wanted", "words"),
        [
            ("iris", value("x", "pixels", 4), "x: the data has no field 'pixels'; it has features, target"),
            ("iris", value("x", "features", 5), "drawn for 5 an example, the field features now has 4"),
            ("iris", value("x", "features", 4, 1), "drawn for 4 x 1 an example"),
            ("iris", value("y", "target", 1, encoding="binary"), "binary needs two classes, target has 3"),
            ("diabetes", value("y", "target", encoding="index"), "holds numbers, which have no index encoding"),
            ("diabetes", value("y", "target", 1, encoding="one_hot"), "choose as_is"),
        ],
    )
    def test_what_does_not_fit_names_the_node(self, kind: str, wanted: Value, words: str) -> None:
        with pytest.raises(LayerloomError, match=words) as error:
            prepare(job(kind), [wanted])
        assert error.value.problem.node == wanted.node

    def test_classes_that_have_changed_since_the_drawing_are_told(self, tmp_path: Path) -> None:
        file = tmp_path / "t.csv"
        file.write_text("a,y\n" + "".join(f"{i},{'uv'[i % 2]}\n" for i in range(20)))
        pick = Pick(kind="csv", params={"path": str(file)})
        drawn = DataJob(source=pick, signature=load(pick).signature)
        assert prepare(drawn, [value("answer", "target")]).tasks["answer"].classes == ("u", "v")
        file.write_text("a,y\n" + "".join(f"{i},{'uvw'[i % 3]}\n" for i in range(20)))
        with pytest.raises(LayerloomError, match=r"answer: the classes of target were 2 \(u, v\) .* now there are 3"):
            prepare(drawn, [value("answer", "target")])

    def test_symbolic_sizes_fit_anything(self) -> None:
        drawn = Value("x", TensorType((BATCH, 1, symbol("H"), symbol("W"))), "n1", "features")
        assert prepare(job("digits"), [drawn]).splits["test"]["x"].shape == (270, 1, 8, 8)

    def test_pictures_stay_bytes(self, tmp_path: Path) -> None:
        file = tmp_path / "p.npz"
        pictures = np.random.default_rng(0).integers(0, 256, (40, 1, 4, 4)).astype(np.uint8)
        np.savez(file, x=pictures, y=np.arange(40) % 2)
        steps = (Transform(kind="standardise", field="features"),)
        done = prepare(job("npz", *steps, path=str(file)), [value("x", "features", 1, 4, 4), value("y", "target")])
        train = done.splits["train"]
        assert train["x"].dtype == np.uint8
        batches = Batches(train, "full", scalings=done.scalings, shuffle=False)
        [batch] = list(batches.epoch(0))
        assert batch["x"].dtype == torch.float32
        expected = done.fitted.apply_to("features", train["x"])
        np.testing.assert_allclose(batch["x"].numpy(), expected, atol=1e-5)


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    data = DataJob(source=Pick(kind="iris"), split=Split(validation=0.0, test=0.0))
    return prepare(data, [value("x", "features", 4), value("y", "target")])


class TestBatches:
    @pytest.mark.parametrize(
        ("size", "count"), [(1, 150), (32, 5), (50, 3), (149, 1), (150, 1), (1000, 1), ("full", 1)]
    )
    def test_every_example_once_an_epoch(self, prepared: Prepared, size: int, count: int) -> None:
        arrays = {"i": np.arange(150), **prepared.splits["train"]}
        batches = Batches(arrays, size, seed=3)
        got = list(batches.epoch(2))
        assert len(got) == len(batches) == count
        rows = torch.cat([batch["i"] for batch in got])
        assert sorted(rows.tolist()) == list(range(150))
        torch.testing.assert_close(torch.cat([b["x"] for b in got]), batches.take(rows)["x"])

    def test_no_last_batch_of_one(self) -> None:
        batches = Batches({"i": np.arange(9)}, 4, shuffle=False)
        assert [batch["i"].tolist() for batch in batches.epoch(0)] == [[0, 1, 2, 3], [4, 5, 6, 7, 8]]
        assert len(Batches({"i": np.arange(1)}, 4)) == 1

    def test_order_is_a_function_of_seed_and_epoch(self) -> None:
        def order(seed: int, epoch: int) -> list[int]:
            return Batches({"i": np.arange(100)}, 10, seed=seed).order(epoch).tolist()

        assert order(1, 2) == order(1, 2)
        assert len({tuple(order(seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9

    @pytest.mark.parametrize("gathers", [True, False])
    def test_an_epoch_goes_on_where_it_was_left(self, monkeypatch: pytest.MonkeyPatch, gathers: bool) -> None:
        from core.data import batches as module

        monkeypatch.setattr(module, "GATHER_BYTES", 2**20 if gathers else 0)
        batches = Batches({"i": np.arange(103)}, 10, seed=5)
        whole = [batch["i"].tolist() for batch in batches.epoch(7)]
        assert [batch["i"].tolist() for batch in batches.epoch(7, start=4)] == whole[4:]
        assert list(chain(*whole)) == batches.order(7).tolist()

    def test_evaluation_keeps_the_order(self) -> None:
        batches = Batches({"i": np.arange(10)}, 4, shuffle=False)
        assert [batch["i"].tolist() for batch in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


class TestNoise:
    VALUES = (value("z", "", 3, encoding="normal"), value("u", "", 2, 2, encoding="uniform"), value("x", "features", 2))

    def test_every_part_has_a_draw_of_its_own_that_stays(self) -> None:
        done, again = (prepare(job("moons", n=4000), self.VALUES) for _ in range(2))
        z, u = done.splits["train"]["z"], done.splits["train"]["u"]
        assert z.shape == (2800, 3)
        assert u.shape == (2800, 2, 2)
        assert z.dtype == u.dtype == np.float32
        assert abs(z.mean()) < 0.05
        assert z.std() == pytest.approx(1, abs=0.05)
        assert -1 <= u.min() < -0.99 < 0.99 < u.max() <= 1
        np.testing.assert_array_equal(z, again.splits["train"]["z"])
        assert not np.array_equal(done.splits["test"]["z"], done.splits["validation"]["z"])
        assert done.drawn == {"z": "normal", "u": "uniform"}
        assert "z" not in done.tasks
        assert done.fields == {"x": "features"}

    def test_each_epoch_draws_anew_and_a_resumed_one_the_same(self) -> None:
        done = prepare(job("moons", n=100), self.VALUES)
        made = Batches(done.splits["train"], 32, seed=1, drawn=done.drawn)
        first, second = list(made.epoch(0)), list(made.epoch(1))
        assert not torch.equal(first[0]["z"], second[0]["z"])
        resumed = Batches(done.splits["train"], 32, seed=1, drawn=done.drawn)
        for batch, expected in zip(resumed.epoch(1, start=1), second[1:], strict=True):
            for name, tensor in expected.items():
                assert torch.equal(batch[name], tensor), name
        assert not torch.equal(first[0]["u"].flatten(1)[:, :3], first[0]["z"])
