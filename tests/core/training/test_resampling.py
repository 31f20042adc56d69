"""Resampled training parts: the examples of imbalanced-learn, validation and test untouched, clear refusals."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler

from core.catalog.balancing import BALANCES
from core.data.prepare import Prepared
from core.problem import LayerloomError
from core.program.program import Program
from core.training.job import Job
from core.training.loop import train
from core.training.protocol import Finished
from core.training.resampling import NEIGHBOURS, RESAMPLED, resampled
from tests import drawn, trainings

SAMPLERS = {
    "oversample": lambda seed: RandomOverSampler(random_state=seed),
    "undersample": lambda seed: RandomUnderSampler(random_state=seed),
    "smote": lambda seed: SMOTE(random_state=seed),
}


def table(path: Path, counts: dict[str, int], extra: str = "") -> Path:
    """A CSV of two numbers and a class, so many rows of each."""
    chance = np.random.default_rng(5)
    file = path / "table.csv"
    rows = [f"{x:.4f},{y:.4f},{name}" for name, n in counts.items() for x, y in chance.normal(len(name), 1, (n, 2))]
    file.write_text("a,b,y\n" + "\n".join(rows) + "\n" + extra)
    return file


def job(file: Path, **changes: Any) -> Job:
    data = {
        "source": {"kind": "csv", "params": {"path": str(file)}},
        "split": {"validation": 0.2, "test": 0.0, **changes.pop("split", {})},
    }
    return trainings.job().model_copy(update={"data": Job.model_validate({"data": data}).data, **changes})


def program(classes: int = 3) -> Program:
    d = drawn.Drawing("Three", "Three")
    x, target = d.input("features", 2), d.target("target", dtype="int")
    logits = d.layer("linear", "logits", x, params={"out_features": classes})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def prepared(file: Path, **changes: Any) -> Prepared:
    return trainings.run(program(), job(file, **changes)).prepared


COUNTS = {"few": 15, "more": 40, "most": 110}


@pytest.mark.parametrize("way", RESAMPLED)
@pytest.mark.parametrize("seed", [0, 3])
def test_the_examples_are_those_of_imbalanced_learn(way: str, seed: int, tmp_path: Path) -> None:
    made = prepared(table(tmp_path, COUNTS))
    train_part = made.splits["train"]
    rows, classes = SAMPLERS[way](seed).fit_resample(train_part["features"], train_part["target"])
    found = resampled(way, program(), made, seed)
    np.testing.assert_array_equal(found["features"], rows)
    np.testing.assert_array_equal(found["target"], classes)
    assert found["features"].dtype == np.float32
    before = np.bincount(train_part["target"]).tolist()
    after = BALANCES[way].after
    assert after is not None
    assert np.bincount(found["target"]).tolist() == after(before)


@pytest.mark.parametrize("way", RESAMPLED)
def test_only_steps_see_them(way: str, tmp_path: Path) -> None:
    file = table(tmp_path, COUNTS)
    plain, run = (trainings.run(program(), job(file, balance=b)) for b in ("none", way))
    for part in ("train", "validation", "test"):
        assert torch.equal(run.wholes[part].tensors["features"], plain.wholes[part].tensors["features"])
    counts = Counter(run.train.tensors["target"].tolist())
    assert len(set(counts.values())) == 1
    assert run.steps_per_epoch == len(run.train) != plain.steps_per_epoch
    again = trainings.run(program(), job(file, balance=way))
    assert torch.equal(run.train.tensors["features"], again.train.tensors["features"])
    assert any(isinstance(event, Finished) for event in train(run))


def test_every_fold_balances_its_own_training_part(tmp_path: Path) -> None:
    file = table(tmp_path, COUNTS)
    for fold in range(3):
        run = trainings.run(program(), job(file, balance="smote", split={"validation": 0.0, "folds": 3, "fold": fold}))
        held_out = run.prepared.splits["validation"]["features"]
        made = run.train.tensors["features"].numpy()
        assert not (made[:, None] == held_out[None]).all(-1).any()
        assert len(set(Counter(run.train.tensors["target"].tolist()).values())) == 1


def test_small_classes_have_fewer_neighbours(tmp_path: Path) -> None:
    made = prepared(table(tmp_path, {"few": 4, "most": 40}), split={"validation": 0.0})
    rows = made.splits["train"]["features"], made.splits["train"]["target"]
    wanted = SMOTE(random_state=1, k_neighbors=3).fit_resample(*rows)[0]
    np.testing.assert_array_equal(resampled("smote", program(), made, 1)["features"], wanted)
    assert NEIGHBOURS == 5


def test_one_example_has_no_neighbour(tmp_path: Path) -> None:
    made = prepared(table(tmp_path, {"most": 40}, extra="1,2,lonely\n"), split={"validation": 0.0})
    with pytest.raises(LayerloomError, match=r"between two of a class, and lonely has one in the training part") as met:
        resampled("smote", program(), made, 0)
    assert [fix.args["value"] for fix in met.value.problem.fixes] == ["oversample", "sampling", "none"]
    assert Counter(resampled("oversample", program(), made, 0)["target"].tolist()) == {0: 40, 1: 40}


def test_a_single_class_stays_as_it_is(tmp_path: Path) -> None:
    made = prepared(table(tmp_path, {"most": 12}), split={"validation": 0.0})
    assert len(resampled("undersample", program(), made, 0)["target"]) == 12


def test_what_follows_the_class_follows_it(tmp_path: Path) -> None:
    """A network that is told the class (one-hot) and reads numbers."""
    d = drawn.Drawing("All", "All")
    x, told, target = d.input("features", 2), d.input("told", 3), d.target("target", dtype="int")
    both = d.layer("concatenate", "both", x, told)
    logits = d.layer("linear", "logits", both, params={"out_features": 3})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    made = d.program()
    inputs = tuple(
        trainings.replace(v, field="target", encoding="one_hot") if v.name == "told" else v for v in made.inputs
    )
    made = trainings.replace(made, inputs=inputs)
    run = trainings.run(made, job(table(tmp_path, COUNTS), balance="smote"))
    tensors = run.train.tensors
    assert torch.equal(tensors["told"].argmax(1), tensors["target"])
    assert len(tensors["target"]) == 3 * max(np.bincount(run.prepared.splits["train"]["target"]))


def test_between_words_and_pictures_lies_nothing(tmp_path: Path) -> None:
    from PIL import Image

    for name, count in (("a", 3), ("b", 9)):
        (tmp_path / name).mkdir()
        for i in range(count):
            Image.new("L", (8, 8), i * 20).save(tmp_path / name / f"{i}.png")
    params = {"path": str(tmp_path), "size": 8, "colour": "grey"}
    pictures = trainings.job("image_folder", data=params)
    made = trainings.run(trainings.digits(), pictures).prepared
    with pytest.raises(LayerloomError, match=r"features holds pictures: a mixture .* Repeat rare examples instead"):
        resampled("smote", trainings.digits(), made, 0)
    found = resampled("oversample", trainings.digits(), made, 0)
    assert found["features"].dtype == np.uint8
    assert len(set(Counter(found["target"].tolist()).values())) == 1


def test_between_symbols_lies_nothing(tmp_path: Path) -> None:
    file = tmp_path / "words.csv"
    file.write_text(
        "colour,a,y\n" + "".join(f"{'red' if i % 3 else 'blue'},{i},{'u' if i % 4 else 'v'}\n" for i in range(40))
    )
    d = drawn.Drawing("Words", "Words")
    x, target = d.input("colour", dtype="int"), d.target("target", dtype="int")
    x = d.layer("embedding", "embedding", x, params={"num_embeddings": 2, "embedding_dim": 3})
    logits = d.layer("linear", "logits", x, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    words = d.program()
    given = trainings.job("csv", data={"path": str(file), "text": "fields"})
    with pytest.raises(LayerloomError, match="colour holds words or symbols: between two of them lies nothing"):
        trainings.run(words, given.model_copy(update={"balance": "smote"}))


@pytest.mark.parametrize("way", RESAMPLED)
def test_numbers_have_no_classes_to_balance(way: str) -> None:
    with pytest.raises(LayerloomError, match="no target of the design has one class for each example"):
        trainings.run(trainings.regression(), trainings.job("diabetes", balance=way))


def test_the_table_and_the_job_know_the_same_ways() -> None:
    assert tuple(BALANCES) == get_args(Job.model_fields["balance"].annotation)
    assert set(RESAMPLED) <= set(BALANCES)
