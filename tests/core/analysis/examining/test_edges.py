"""Edge cases: every planted fault is found by its case, and a healthy network passes them all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.analysis.examining.edges import wear
from core.analysis.examining.edges.bench import Bench
from core.analysis.examining.edges.cases import CASES
from core.analysis.examining.edges.comparing import differing
from core.analysis.examining.edges.suite import edges
from core.analysis.examining.table import EXAMS, Examined
from core.analysis.subject import Subject, moment
from core.problem import LayerloomError
from core.training.runs import RunFolder
from core.training.tools.tool import perform
from tests import trainings
from tests.analysed import fresh

Found = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A network with batch norm and dropout that tells the moons apart."""
    objective = {"optimizer": {"kind": "adam", "params": {"lr": 0.02}}}
    job = trainings.job(epochs=25, data={"n": 600, "seed": 1, "noise": 0.05}, objectives=[objective])
    return fresh(tmp_path_factory.mktemp("healthy") / "run", trainings.moons(), job)


@pytest.fixture
def subject(healthy: RunFolder) -> Subject:
    return Subject(healthy, moment(healthy))


class Planted(nn.Module):
    """A network with a fault before or after it."""

    def __init__(
        self,
        net: nn.Module,
        before: Callable[[Tensor], Tensor] = lambda x: x,
        after: Callable[[Tensor], Tensor] = lambda y: y,
    ) -> None:
        super().__init__()
        self.net, self._before, self._after = net, before, after

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.net(self._before(x))
        return self._after(found)


def tried(subject: Subject, **settings: Any) -> Found:
    return {case["id"]: case for case in edges(subject, **settings)["cases"]}


def planted(subject: Subject, **faults: Callable[[Tensor], Tensor]) -> Found:
    subject.__dict__["net"] = Planted(subject.net, **faults)
    return tried(subject)


def _of_the_batch(x: Tensor) -> Tensor:
    moved = x - x.mean(0)
    return moved / (moved.square().mean(0).sqrt() + 1e-6)


def _in_place(x: Tensor) -> Tensor:
    return x.mul_(0.999)


def _spread(x: Tensor) -> Tensor:
    return (x - x.mean(1, keepdim=True)) / (x - x.mean(1, keepdim=True)).square().sum(1, keepdim=True)


def _drawn(x: Tensor) -> Tensor:
    return x + 0.1 * torch.randn(x.shape)


def test_a_healthy_network_passes(subject: Subject) -> None:
    answer = edges(subject)
    assert answer["score"] > 0.95
    assert answer["metric"] == "accuracy"
    assert {case["id"] for case in answer["cases"] if case["state"] == "failed"} == set()
    states = {case["id"]: case["state"] for case in answer["cases"]}
    assert all(states[id] == "passed" for id in ("nan", "huge", "one", "order", "repeated", "layout", "statistics"))
    assert states["occlusion"] == states["vocabulary"] == states["lengths"] == "skipped"
    assert sum(answer["counts"].values()) == len(CASES)
    json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize(
    ("faults", "case", "says"),
    [
        ({"before": _of_the_batch}, "one", "alone than in a batch"),
        ({"before": _of_the_batch}, "repeated", "their own copies"),
        ({"before": lambda x: x - 0.1 * x.mean(0)}, "nan", "the other examples get other answers too"),
        ({"before": lambda x: torch.nan_to_num(x)}, "nan", "an ordinary finite answer, with a mean confidence"),
        ({"before": _spread}, "constant", "gets no finite answer: zeros"),
        ({"before": lambda x: x / x}, "constant", "zeros"),
        ({"before": lambda x: torch.exp(x) * 0 + x}, "huge", "no finite numbers"),
        ({"before": lambda x: x + 0.1 * torch.arange(len(x))[:, None]}, "order", "in another order than in theirs"),
        ({"after": lambda y: y.cumsum(0)}, "order", "in another order"),
        ({"after": lambda y: y.squeeze()}, "one", "lacks a dimension: logits has the shape (2,)"),
        ({"after": lambda y: y.view(-1, 2) if len(y) > 1 else y[0, 0]}, "one", "lacks a dimension"),
        ({"before": lambda x: x.t().contiguous().view(2, -1).t() if x.is_contiguous() else x.view(-1) * 1}, "layout",
         "are refused"),
        ({"before": lambda x: torch.as_strided(x, x.shape, (2, 1)) + 0.0}, "layout", "get other answers"),
        ({"before": _in_place}, "untouched", "writes into its own input"),
        ({"before": lambda x: x.float() if x.dtype != torch.float64 else x.float() * 1.5}, "types",
         "float64 is answered otherwise"),
        ({"after": lambda y: torch.cat([y, y[:1]]) if not len(y) else y}, "empty", ""),
        ({"after": lambda y: y if len(y) else torch.zeros(1, 2)}, "empty", "gets answers all the same"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found(
    subject: Subject, faults: dict[str, Callable[[Tensor], Tensor]], case: str, says: str
) -> None:
    found = planted(subject, **faults)[case]
    if not says:
        assert found["state"] == "passed"
        return
    assert found["state"] == "failed", found
    assert says in found["sentence"][0].lower() + found["sentence"][1:]
    assert found["remedy"] == CASES[case].remedy


def test_the_worst_examples_are_told_and_shown(subject: Subject) -> None:
    found = planted(subject, before=lambda x: torch.nan_to_num(x))["nan"]
    assert found["positions"] == sorted(set(found["positions"]))
    assert len(found["examples"]) == len(found["positions"]) > 0
    assert any(None in one["values"] for one in found["examples"])  # as they were given


def test_what_draws_its_answers_is_told_so_and_not_blamed_for_the_rest(subject: Subject) -> None:
    found = planted(subject, before=_drawn)
    assert found["twice"]["state"] == "warning"
    assert {found[id]["state"] for id in ("one", "order", "repeated", "layout")} == {"skipped"}


def test_statistics_of_other_data_are_found(subject: Subject) -> None:
    [norm] = [layer for layer in subject.net.modules() if isinstance(layer, nn.BatchNorm1d)]
    assert norm.running_mean is not None
    norm.running_mean += 10.0
    found = tried(subject)["statistics"]
    assert found["state"] == "failed"
    assert found["numbers"]["batch"] > found["numbers"]["running"] + 0.2


def test_a_column_that_carries_everything_is_named(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    rows = "\n".join(f"{a:.4f},{b:.4f},{c:.4f},{'yes' if b > 0 else 'no'}" for a, b, c in x)
    (tmp_path / "data.csv").write_text(f"left,middle,right,answer\n{rows}\n")
    from tests import drawn

    d = drawn.Drawing("Three", "Three")
    given, target = d.input("features", 3), d.target("target", dtype="int")
    logits = d.layer("linear", "logits", given, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    objective = {"optimizer": {"kind": "adam", "params": {"lr": 0.05}}}
    job = trainings.job("csv", epochs=20, data={"path": str(tmp_path / "data.csv")}, objectives=[objective])
    run = fresh(tmp_path / "run", d.program(), job)
    found = tried(Subject(run, moment(run)))["missing"]
    assert found["state"] == "warning"
    assert next(iter(found["numbers"])) == "middle"
    assert "most at middle" in found["sentence"]


def test_noise_costs_more_the_more_there_is(subject: Subject) -> None:
    curve = tried(subject)["noise"]["curve"]
    assert curve["x"][0] == 0.0
    assert curve["y"][0] == pytest.approx(edges(subject)["score"])
    assert curve["y"][-1] < curve["y"][0] - 0.1


def test_a_picture_hangs_on_one_patch(trained: Callable[[str], RunFolder]) -> None:
    """Planted: the class is whether one corner is bright."""
    run = trained("digits")
    subject = Subject(run, moment(run))

    class Corner(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            scores = torch.zeros(len(x), 10)
            scores[torch.arange(len(x)), x[:, 0, 3, 3].long() % 10] = 5.0
            return scores

    subject.__dict__["net"] = Corner()
    bench = Bench(subject, "test", 200, 0.2, 0)
    assert bench.pairing is not None
    bench.part.arrays[bench.pairing.target][:] = bench.clean[bench.pairing.output].argmax(1)  # it is always right
    found = wear.occlusion(bench)
    assert found.state == "warning"
    assert found.numbers["one patch"] > 0.5
    assert found.curve is not None
    falls = np.diff(found.curve.y)
    assert (falls < 0.02).all()
    assert found.given is not None
    assert found.given.shape[1:] == (1, 8, 8)
    assert all("→" in caption for caption in found.captions)
    assert wear.moved(bench).state == "warning"


def test_words_that_nobody_knows_are_found_where_they_are_taken(trained: Callable[[str], RunFolder]) -> None:
    run = trained("characters")
    subject = Subject(run, moment(run))
    assert tried(subject)["vocabulary"]["state"] == "passed"
    found = planted(subject, before=lambda x: x.clamp(0, 95))["vocabulary"]
    assert found["state"] == "failed"
    assert "-1 at" in found["sentence"]


def test_a_network_that_learned_nothing_has_nothing_to_lose(trained: Callable[[str], RunFolder]) -> None:
    run = trained("regression")
    found = tried(Subject(run, moment(run)))["noise"]
    assert found["state"] == "skipped"
    assert "hardly better than chance" in found["sentence"]


def test_pictures_are_not_moved_where_the_answer_would_have_to_move_along(
    trained: Callable[[str], RunFolder],
) -> None:
    run = trained("autoencoder")
    found = tried(Subject(run, moment(run)))
    assert "would have to move along" in found["moved"]["sentence"]
    assert "would have to change along" in found["light"]["sentence"]


def test_whole_numbers_that_name_nothing_are_no_words(trained: Callable[[str], RunFolder]) -> None:
    """The edges of a graph are whole numbers, and a mask of them is no vocabulary."""
    run = trained("characters")
    subject = Subject(run, moment(run))
    assert Bench(subject, "test", 8, 0.2, 0).codes == ("features",)
    fields = subject.prepared.signature.fields
    nameless = {name: field.model_copy(update={"classes": ()}) for name, field in fields.items()}
    bare = subject.prepared.signature.model_copy(update={"fields": nameless})
    subject.prepared = replace(subject.prepared, signature=bare)
    assert Bench(subject, "test", 8, 0.2, 0).codes == ()


def test_answers_that_are_no_numbers_end_the_suite_with_a_sentence(subject: Subject) -> None:
    subject.__dict__["net"] = Planted(subject.net, after=lambda y: y / 0)
    with pytest.raises(LayerloomError, match="no finite numbers to the examples as they are"):
        edges(subject)


def test_what_is_refused_from_the_start_is_told(subject: Subject) -> None:
    def refuse(x: Tensor) -> Tensor:
        raise RuntimeError("not today")

    subject.__dict__["net"] = Planted(subject.net, before=refuse)
    with pytest.raises(LayerloomError, match="refuses the examples as they are: not today"):
        edges(subject)


def test_difference_is_a_share_of_the_largest_answer() -> None:
    rows, most = differing({"y": np.array([[10.0], [1.0]])}, {"y": np.array([[10.0], [1.5]])})
    assert rows.tolist() == [False, True]
    assert most == pytest.approx(0.05)
    assert differing({"y": np.zeros((2, 1))}, {"y": np.zeros(2)})[0].all()


def test_the_examination_has_a_verdict(healthy: RunFolder) -> None:
    told: list[float] = []
    answer = perform(EXAMS, "edges", Examined(healthy), {"examples": 40}, told.append)
    assert answer["good"]
    assert "edge case" in answer["verdict"]
    assert told[-1] == 1.0
    assert answer["examples"] == 40


def test_an_exported_file_is_tried_like_the_network(healthy: RunFolder, subject: Subject, tmp_path: Path) -> None:
    from exporters.onnx import export_onnx

    export_onnx(healthy.program, subject.weights, tmp_path / "net.onnx")
    own, file = edges(subject), edges(subject, onnx=str(tmp_path / "net.onnx"))
    assert file["file"].endswith("net.onnx")
    assert file["score"] == pytest.approx(own["score"])
    mine, theirs = ({case["id"]: case["state"] for case in answer["cases"]} for answer in (own, file))
    assert theirs["statistics"] == "skipped", "a file keeps no layers to look into"
    assert {id for id in mine if mine[id] != theirs[id]} <= {"statistics", "empty", "layout", "types"}
    assert theirs["nan"] == theirs["order"] == theirs["one"] == "passed"


def test_a_file_that_hides_a_nan_is_found(subject: Subject, tmp_path: Path) -> None:
    """Planted in the file: a maximum with zero takes NaN for nothing, as some runtimes do."""
    import onnx
    from onnx import TensorProto, helper
    from onnx.numpy_helper import from_array

    node = helper.make_node
    graph = helper.make_graph(
        [node("IsNaN", ["x"], ["hole"]), node("Where", ["hole", "zero", "x"], ["y"])],
        "hide",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["B", 2])],
        [from_array(np.zeros(1, np.float32), "zero")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.save(model, tmp_path / "hide.onnx")
    subject.__dict__["net"] = Planted(nn.Identity())
    found = tried(subject, onnx=str(tmp_path / "hide.onnx"))["nan"]
    assert found["state"] == "failed"
    assert "ordinary finite answer" in found["sentence"]


@pytest.mark.parametrize("what", ["text", "other"])
def test_a_file_that_is_not_the_networks_is_refused(
    healthy: RunFolder, subject: Subject, tmp_path: Path, what: str
) -> None:
    from exporters.onnx import export_onnx

    path = tmp_path / "net.onnx"
    if what == "text":
        path.write_text("no model")
    else:
        export_onnx(healthy.program, {n: w + 1 for n, w in subject.weights.items()}, path)
    with pytest.raises(LayerloomError, match="cannot be run as ONNX" if what == "text" else "answers otherwise"):
        edges(subject, onnx=str(path))
