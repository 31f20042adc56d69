"""The examinations as they are declared: their answers are plain JSON, with a verdict in words."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from core.analysis.examining.curvature import Curvature
from core.analysis.examining.ground import Ground
from core.analysis.examining.surfaces import EXAMS
from core.analysis.examining.table import EXAMS as ALL
from core.analysis.examining.table import Examined
from core.analysis.examining.worded import surface_reasons, surface_verdict
from core.problem import LayerloomError
from core.training.runs import RunFolder
from core.training.tools.tool import Answer, perform

Trained = Callable[[str], RunFolder]


def ask(run: RunFolder, exam: str, **params: object) -> Answer:
    answer = perform(ALL, exam, Examined(run), params)
    assert json.loads(json.dumps(answer)) == json.loads(json.dumps(answer, allow_nan=False))
    return answer


def test_every_examination_has_its_help() -> None:
    for exam in EXAMS:
        assert ALL[exam.id] is exam
        assert exam.doc.endswith(".")
        assert exam.when.endswith(".")
        assert exam.formula
        assert all(param.doc for param in exam.params)


def test_the_surface_is_told_with_its_curvature(trained: Trained) -> None:
    answer = ask(trained("binary"), "loss_surface", resolution=9)
    assert answer["good"]
    assert f"learning rate of {answer['curvature']['limit']:.2g}" in answer["verdict"]
    assert any("bends downwards" in reason for reason in answer["reasons"]), "six epochs of 200 moons are not the end"
    assert [place["name"] for place in answer["places"]] == ["these weights"]
    way = ask(trained("binary"), "loss_surface", resolution=5, view="run", curved=False, part="validation")
    assert "curvature" not in way["verdict"]
    assert [place["name"] for place in way["places"]][-1] == "the start"


def test_without_a_second_derivative_the_curvature_is_left_out(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise RuntimeError("derivative for aten::thing_backward is not implemented")

    monkeypatch.setattr("core.analysis.examining.curvature.lanczos", refuses)
    answer = ask(trained("binary"), "loss_surface", resolution=5)
    assert answer["curvature"] is None
    assert any("no second derivative" in reason for reason in answer["reasons"])
    quiet = ask(trained("binary"), "loss_surface", resolution=5, curved=False)
    assert not any("no second derivative" in reason for reason in quiet["reasons"])


def test_what_the_surface_cannot_say_is_said() -> None:
    bent = Curvature(5.0, -0.5, 1.0, 4, 0.4)
    found = Ground("random", (0.0,), (0.0,), ((0.7,),), (), 0.7, 0.25, math.inf, bent, 8, 25)
    told = " ".join(surface_reasons(found, True, 2))
    assert "the sum of all, which none of them minimises" in told
    assert "known to within 1 after 4 products" in told
    assert "25 places on each side would have taken too long; there are 1." in told
    assert "rises beyond all numbers" in surface_verdict(found)
    flat = replace(found, curvature=replace(bent, largest=-1.0, limit=None, error=0.0), asked=1)
    assert "Nowhere does it bend upwards." in surface_verdict(flat)
    assert len(surface_reasons(flat, True, 1)) == 1


def test_the_line_is_told_with_its_barrier(trained: Trained) -> None:
    answer = ask(trained("attention"), "loss_line", steps=5, examples=200)
    assert answer["verdict"].startswith("The start of the run has a loss of 2.")
    assert set(answer["losses"]) == {"train", "validation"}
    assert len(answer["at"]) == len(answer["losses"]["train"]) == 7
    with pytest.raises(LayerloomError, match="does not exist"):
        ask(trained("attention"), "loss_line", other="nowhere")


def test_damage_is_told_with_chance(trained: Trained) -> None:
    answer = ask(trained("attention"), "damage", repeats=2, examples=200)
    assert "Half of what it is better than chance" in answer["verdict"]
    assert answer["good"] == answer["tough"]
    regression = ask(trained("regression"), "damage", repeats=1, steps=2)
    assert (regression["metric"], regression["chance"]) == ("r2", 0.0)
    unlearned = ask(trained("digits"), "damage", repeats=1, steps=1)
    assert "nothing to lose yet" in unlearned["verdict"]
    assert not unlearned["good"]
    assert ask(trained("autoencoder"), "damage", repeats=1, steps=1)["chance"] in (None, 0.0)
