"""The parts of batches, and sums and points put together again."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.data.batches import Batches
from core.problem import LayerloomError
from core.training.distributed.gathering import Gathering
from core.training.distributed.parts import Parts, part_of
from core.training.distributed.ranks import Ranks, check
from core.training.meters import meters
from core.training.pairing import Pairing
from core.training.protocol import Points
from core.training.recorder import Recorder
from tests import trainings


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("examples", [1, 2, 5, 13, 14, 64])
def test_parts_make_up_the_batch_and_their_shares_its_mean(examples: int, size: int) -> None:
    parts = [part_of(examples, rank, size) for rank in range(size)]
    values = np.random.default_rng(0).normal(size=examples)
    mean = sum(values[p.begin : p.end].mean() * p.share for p in parts) / size
    assert mean == pytest.approx(values.mean())
    assert sum(p.counts for p in parts) == examples
    assert all(p.end - p.begin >= min(2, examples) for p in parts)


def test_shared_batches_are_those_of_one_process_in_its_order() -> None:
    arrays = {"x": np.arange(50, dtype=np.float32)[:, None]}
    whole = [batch["x"] for batch in Batches(arrays, 16, seed=3).epoch(2, 1)]
    apart = [list(Parts.of(Batches(arrays, 16, seed=3), rank, 3).epoch(2, 1)) for rank in range(3)]
    assert len(whole) == 3
    for index, batch in enumerate(whole):
        pieces = [rows[index]["x"] for rows in apart]
        if len(batch) < 6:  # computed whole by all
            assert all(torch.equal(piece, batch) for piece in pieces)
        else:
            assert torch.equal(torch.cat(pieces), batch)
    assert [Parts.of(Batches(arrays, 16), 0, 3).examples_of(i) for i in range(4)] == [16, 16, 16, 2]


class Answers(Ranks):
    """Followers that answer what they are given here."""

    def ask(self, name: str, *arguments: object) -> list[object]:
        return self.answers[name]  # type: ignore[attr-defined,no-any-return]

    __slots__ = ("answers",)


def gathering(answers: dict[str, list[object]], examples: int, batch: int) -> Gathering:
    ranks = Answers(0, 2, 0, 2, 0)
    object.__setattr__(ranks, "answers", answers)
    parts = Parts.of(Batches({"x": np.zeros((examples, 1), np.float32)}, batch), 0, 2)
    return Gathering.of(Recorder(("loss",), ()), ranks, parts)


def test_points_are_means_over_whole_batches_weighed_by_their_parts() -> None:
    own = Points((1, 2), {"train/loss": (1.0, 4.0), "lr": (0.1, 0.1)})
    made = gathering({}, examples=8, batch=5)  # batches of 5 and 3: parts of 2 and 3; the second is whole
    merged = made._merged(own, [Points((1,), {"train/loss": (2.0,), "lr": (0.1,)})])
    assert merged.series["train/loss"] == pytest.approx([(2 * 1.0 + 3 * 2.0) / 5, 4.0])
    assert merged.series["lr"] == [0.1, 0.1]


def test_meters_join_to_what_one_would_have_counted() -> None:
    random = torch.Generator().manual_seed(0)
    numbers = Pairing("out", "target", "regression", "as_is", 0, False)
    classes = Pairing("out", "target", "classification", "index", 3, True)
    for pairing, target in ((numbers, torch.randn(31, 2, generator=random) + 1e3), (classes, torch.arange(31) % 3)):
        shape = (31, 2) if pairing is numbers else (31, 3)
        answers = torch.randn(*shape, generator=random)
        [whole], [left], [right] = (meters([pairing], ()) for _ in range(3))
        whole.add(answers, target)
        left.add(answers[:12], target[:12])
        right.add(answers[12:], target[12:])
        left.join(right.state())
        assert left.values() == pytest.approx(whole.values(), rel=1e-9)


def test_what_several_processes_cannot_do_is_told() -> None:
    check(trainings.job(batch_size="full"), 4)
    with pytest.raises(LayerloomError, match="a batch of 3 cannot be shared by 4 processes; make it 4 or more"):
        check(trainings.job(batch_size=3), 4)
    with pytest.raises(LayerloomError, match=r"torch\.compile is for one process"):
        check(trainings.job(compile=True), 2)
