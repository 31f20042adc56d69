"""Lessons are plain data, checked when read; their checks hold where they must, fail where they must, and say why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from graph.codec import decode, encode
from graph.commands import SetJob, SetNode, SetParam, SetSetting
from graph.document import Document
from graph.lessons import Check, Lesson, Task, facts, lesson_of, read_lesson
from graph.lessons.evidence import Evidence, Trained
from graph.lessons.kinds import CHECKS
from graph.lessons.shorthand import better, drawn, fails, reaches, small, trained, varied
from graph.lessons.verify import judge, told, verify
from graph.templates import TEMPLATES
from graph.templates.tried import TRIED

CATALOG = default_catalog()


def design(id: str = "xor_mlp", **job: Any) -> Document:
    document = TEMPLATES[id].build(CATALOG)
    for path, value in job.items():
        SetJob(path.replace("__", "."), value).apply(document)
    return document


def named(document: Document, name: str) -> str:
    [id] = [node.id for node in document.graph().nodes if name in (node.name, node.layer)]
    return id


def run(document: Document, accuracy: float, *, ended: bool = True, name: str = "run") -> Trained:
    metrics = {"test": {"accuracy": accuracy, "loss": 1 - accuracy}} if ended else {"validation": {"accuracy": 1.0}}
    return Trained(name, document, metrics, ended)


class TestFacts:
    def test_of_the_job_given_and_default(self) -> None:
        document = design()
        assert facts.values(document, "job.epochs") == [40]
        assert facts.values(document, "job.data.source.params.gate") == ["xor"]
        assert facts.values(document, "job.objectives.0.optimizer.params.lr") == [0.02]
        SetJob("data.source", {"kind": "gate"}).apply(document)
        assert facts.values(document, "job.data.source.params.gate") == ["and"], "nobody set it: its default"
        assert facts.values(document, "job.data.sauce") == []

    def test_of_nodes_by_the_name_that_a_person_reads(self) -> None:
        document = design()
        assert facts.values(document, "node.hidden.out_features") == [4]
        assert facts.values(document, "node.hidden.bias") == [True], "nobody set it: its default"
        assert facts.values(document, "node.Tanh.muted") == [False]
        assert facts.values(document, "node.nobody.muted") == []

    def test_of_layers_in_blocks_and_muted_ones(self) -> None:
        document = design("deep_mlp")
        assert facts.values(document, "layers.batch_norm1d") == [1]
        [(scope, norm)] = [
            (s, n.id) for s in document.scopes for n in document.graph(s).nodes if n.layer == "batch_norm1d"
        ]
        SetNode(norm, {"muted": True}, scope).apply(document)
        assert facts.values(document, "layers.batch_norm1d") == [0]
        assert facts.values(document, "node.deep.features") == [64], "a promoted parameter is the instance's"

    @pytest.mark.parametrize(
        ("wanted", "holds"),
        [
            (40, True), (41, False), ({"at_least": 40}, True), ({"at_least": 41}, False), ({"at_most": 39}, False),
            ({"not": 40}, False), ({"not": 2}, True), ({"one_of": [1, 40]}, True),
            ({"at_least": 1, "at_most": 9}, False),
        ],
    )  # fmt: skip
    def test_conditions(self, wanted: Any, holds: bool) -> None:
        assert facts.holds(design(), {"job.epochs": wanted}) is holds

    @pytest.mark.parametrize(
        "conditions",
        [{"os.system": 1}, {"job": 1}, {"parameters.all": 1}, {"job.epochs": {"above": 1}}, {"job.epochs": {}},
         {"job.epochs": {"at_least": "x"}}, {"job.epochs": {"one_of": 3}}],
    )  # fmt: skip
    def test_what_is_no_condition_is_refused(self, conditions: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"expected|nothing to ask"):
            Check("drawn", where=conditions)


class TestChecks:
    def test_a_figure_is_reached_by_a_run_alone(self) -> None:
        document, check = design(), reaches("accuracy", 0.99)
        assert judge(check, Evidence(document)).said == "There is no run of it yet: train it."
        close = judge(check, Evidence(document, [run(document, 0.93)]))
        assert not close.passed
        assert close.said == "So far test accuracy 0.93; asked is at least 0.99."
        unfinished = judge(check, Evidence(document, [run(document, 1.0, ended=False)]))
        assert not unfinished.passed
        assert "at the end" in unfinished.said
        assert judge(check, Evidence(document, [run(document, 0.93), run(document, 0.995)])).passed

    def test_failing_is_asked_for_under_conditions(self) -> None:
        """A single neuron trained on XOR."""
        drawing, other = design("perceptron_and"), design("perceptron_and", data__source__params__gate="xor")
        check = fails("accuracy", 0.8, {"job.data.source.params.gate": "xor"})
        alone = judge(check, Evidence(drawing, [run(drawing, 0.5)]))
        assert not alone.passed, "a bad run on AND does not count"
        assert alone.said == "No run yet with gate xor: set it, then train it."
        assert judge(check, Evidence(other, [run(drawing, 0.5)])).said == "The design has gate xor. Now train it."
        assert judge(check, Evidence(drawing, [run(other, 0.74)])).passed
        assert not judge(check, Evidence(drawing, [run(other, 0.97)])).passed

    def test_losses_are_better_when_smaller(self) -> None:
        document = design()
        assert judge(reaches("loss", 0.1), Evidence(document, [run(document, 0.95)])).passed
        assert not judge(reaches("loss", 0.01), Evidence(document, [run(document, 0.95)])).passed
        assert judge(fails("loss", 0.5), Evidence(document, [run(document, 0.4)])).passed

    def test_a_run_with_a_changed_setting(self) -> None:
        check = trained({"layers.tanh": 0})
        document = design()
        straight = design()
        SetNode(named(straight, "tanh"), {"muted": True}).apply(straight)
        assert not judge(check, Evidence(document, [run(document, 1.0)])).passed
        assert not judge(check, Evidence(document, [run(straight, 0.5, ended=False)])).passed, "it has not ended"
        assert judge(check, Evidence(document, [run(straight, 0.5)])).passed

    def test_variants(self) -> None:
        widths = []
        for width in (8, 64):
            document = design()
            SetParam(named(document, "hidden"), "out_features", width).apply(document)
            widths.append(run(document, 1.0))
        named_ones = varied("node.hidden.out_features", 8, 64, 4096)
        met = judge(named_ones, Evidence(design(), widths))
        assert not met.passed
        assert "to come: 4096" in met.said
        assert judge(varied("node.hidden.out_features", 64, 8), Evidence(design(), widths)).passed
        assert judge(varied("node.hidden.out_features"), Evidence(design(), widths)).passed
        assert not judge(varied("node.hidden.out_features", count=3), Evidence(design(), widths)).passed
        assert judge(varied("node.hidden.out_features", 8.0, 64.0), Evidence(design(), widths)).passed, "as numbers"

    def test_one_kind_of_run_beats_another(self) -> None:
        wide = design()
        SetParam(named(wide, "hidden"), "out_features", 16).apply(wide)
        one, other = {"node.hidden.out_features": 16}, {"node.hidden.out_features": 4}
        runs = [run(wide, 0.99), run(wide, 0.5), run(design(), 0.9)]
        assert judge(better("accuracy", one, other), Evidence(design(), runs)).passed, "the best of each counts"
        assert not judge(better("accuracy", other, one), Evidence(design(), runs)).passed
        assert not judge(better("accuracy", one, other, margin=0.2), Evidence(design(), runs)).passed
        assert judge(better("loss", one, other), Evidence(design(), runs)).passed
        half = judge(better("accuracy", one, other), Evidence(design(), runs[2:]))
        assert half.said == "No run yet with hidden: out features 16: set it, then train it."

    def test_the_drawing_itself(self) -> None:
        document = design()
        assert judge(small(17), Evidence(document)).passed
        big = judge(small(16), Evidence(document))
        assert not big.passed
        assert big.said == "The design has 17 parameters; asked is at most 16."
        assert judge(drawn({"job.epochs": 40}), Evidence(document)).passed
        assert "now it is 40" in judge(drawn({"job.epochs": 5}), Evidence(document)).said
        assert judge(Check("layer", {"layer": "tanh"}), Evidence(document)).passed
        assert not judge(Check("layer", {"layer": "tanh", "present": False}), Evidence(document)).passed
        SetNode(named(document, "tanh"), {"muted": True}).apply(document)
        absent = judge(Check("layer", {"layer": "tanh"}), Evidence(document))
        assert not absent.passed
        assert absent.said == "The design has no Tanh that is not muted; asked is one at least."

    def test_every_kind_is_told_in_words(self) -> None:
        params = {"metric": {"at_least": 0.9}, "variants": {"of": "job.epochs"}, "parameters": {"at_most": 9},
                  "layer": {"layer": "relu"}}  # fmt: skip
        for kind in CHECKS:
            where = {"job.epochs": 3}
            assert told(Check(kind, params.get(kind, {}), where, {"job.epochs": 4})), kind

    @pytest.mark.parametrize(
        ("kind", "params", "words"),
        [
            ("eval", {}, "no check 'eval'"),
            ("metric", {}, "at_least or at_most is missing"),
            ("metric", {"at_least": 1, "part": "all"}, "part: expected one of"),
            ("metric", {"at_least": 1, "code": "1"}, "no field code"),
            ("layer", {}, "layer is missing"),
            ("variants", {"of": "bogus"}, "nothing to ask at 'bogus'"),
        ],
    )
    def test_what_is_no_check_is_refused(self, kind: str, params: dict[str, Any], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            Check(kind, params)


class TestData:
    def test_a_lesson_survives_the_file(self) -> None:
        document = design()
        again, problems = decode(encode(document), CATALOG)
        assert problems == []
        assert lesson_of(again) == lesson_of(document) is not None

    @pytest.mark.parametrize("id", [id for id, template in TEMPLATES.items() if template.example])
    def test_examples_ask_for_what_their_template_expects(self, id: str) -> None:
        lesson, expects = lesson_of(design(id)), TEMPLATES[id].expects
        assert lesson is not None
        assert expects is not None
        goal = lesson.goals[0].check
        assert goal is not None
        reached = Trained("run", design(id), {expects.part: {expects.metric: expects.figure}})
        step = -0.01 if expects.at_least else 0.01
        missed = Trained("run", design(id), {expects.part: {expects.metric: expects.figure + step}})
        assert judge(goal, Evidence(design(id), [reached])).passed
        assert not judge(goal, Evidence(design(id), [missed])).passed
        assert lesson.id not in {other.id for t in TEMPLATES if t != id and (other := lesson_of(design(t)))}

    @pytest.mark.parametrize("id", [id for id, template in TEMPLATES.items() if template.example])
    def test_checks_of_examples_ask_about_what_is_there(self, id: str) -> None:
        """Every path of a condition leads to something in the design that teaches it."""
        document = design(id)
        lesson = lesson_of(document)
        assert lesson is not None
        for check in (task.check for task in lesson.tasks if task.check):
            asked = [*check.where, *check.than, *([check.params["of"]] if "of" in check.params else [])]
            for path in asked:
                above = path.rpartition(".")[0] if path.count(".") > 1 and path.startswith("job.") else path
                assert facts.values(document, above) or "data.source" in path, f"{path} leads nowhere"

    @pytest.mark.parametrize(
        ("lesson", "words"),
        [
            (3, "it: expected an object"),
            ({"what": 3}, "what: expected a text"),
            ({"tries": {}}, "tries: expected a list"),
            ({"goals": [{"text": "a", "check": {"kind": "exec"}}]}, r"goals.0.check: There is no check 'exec'"),
            ({"goals": [{"code": "a"}]}, r"goals.0: it has no field 'code'"),
            ({"tries": [{"check": {"kind": "drawn", "where": []}}]}, r"tries.0.check.where: expected an object"),
        ],
    )
    def test_a_wrong_lesson_is_kept_and_told(self, lesson: Any, words: str) -> None:
        with pytest.raises(LayerloomError, match=words):
            read_lesson(lesson)
        document = design()
        SetSetting("lesson", lesson).apply(document)
        again, problems = decode(encode(document), CATALOG)
        assert [problem.code for problem in problems] == ["lesson"]
        assert again.settings["lesson"] == lesson
        assert lesson_of(again) is None


def test_how_a_lesson_stands() -> None:
    document = design()
    tasks = (Task("a", small(17)), Task("b"), Task("c", reaches("accuracy", 0.9)))
    lesson = Lesson("x", "what", "look", tries=tasks, goals=(Task("g", drawn({"job.epochs": 40})),))
    standing = verify(lesson, Evidence(document))
    assert (standing.done, standing.checked, standing.passed) == (2, 3, False)
    assert standing.next is not None
    assert standing.next.task.text == "c"
    whole = verify(lesson, Evidence(document, [run(document, 1.0)]))
    assert whole.passed
    assert whole.next is None
    assert read_lesson(replace(lesson).to_json()) == lesson


def test_examples_on_disk_carry_the_lessons_of_their_templates() -> None:
    folder = Path(__file__).parents[3] / "assets" / "examples"
    document, _ = decode((folder / "xor_mlp.loom").read_text(encoding="utf-8"), CATALOG)
    assert lesson_of(document) == lesson_of(design("xor_mlp"))


def test_every_row_of_the_table_belongs_to_a_lesson_and_has_a_place_for_each_of_its_tries() -> None:
    lessons = {lesson.id: lesson for id in TEMPLATES if (lesson := lesson_of(design(id))) is not None}
    for id, checks in TRIED.items():
        assert len(checks) == len(lessons[id].tries), id


def test_most_that_lessons_ask_for_is_verified() -> None:
    tries = [
        task for id, t in TEMPLATES.items() if t.example for task in (lesson_of(design(id)) or Lesson("", "", "")).tries
    ]
    assert sum(task.check is not None for task in tries) >= 0.75 * len(tries)


def test_wires_and_solvers_are_facts() -> None:
    assert set(facts.values(design("unet_denoise"), "wires.Concatenate")) == {2}
    assert facts.values(design("spiral_ode"), "node.flow.solver") == ["rk4"]
    assert facts.values(design(), "node.hidden.solver") == [""]


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ({"layers.tanh": 0, "layers.relu": {"at_least": 1}}, "no tanh, some relu"),
        ({"node.pool.muted": True}, "pool muted"),
        ({"node.pool.muted": False}, "pool not muted"),
        ({"job.data.source.params.gate": {"one_of": ["or", "nand"]}}, "gate or / nand"),
        ({"job.data.source.kind": "xor"}, "data xor"),
        ({"job.data.transforms": []}, "data transforms nothing"),
        ({"parameters": {"at_most": 5000}}, "parameters at most 5,000"),
        ({"wires.Concatenate": 1}, "Concatenate: wires that arrive 1"),
    ],
)
def test_conditions_in_words(conditions: dict[str, Any], words: str) -> None:
    assert facts.told(conditions) == words
