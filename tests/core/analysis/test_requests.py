"""Answers are remembered for as long as the weights are the same."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from core.analysis import requests
from core.analysis.requests import Analyses
from core.training.runs import RunFolder


def test_the_same_question_is_answered_from_memory_until_new_weights_come(
    trained: Callable[[str], RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, analyses, asked = trained("moons"), Analyses(), []
    real = requests.evaluate
    monkeypatch.setattr(requests, "evaluate", lambda subject, split: asked.append(split) or real(subject, split))
    args = {"run": str(run.path), "split": "test"}
    first = analyses.evaluate(args)
    assert analyses.evaluate(dict(args)) is first
    assert analyses.evaluate({**args, "split": "train"})["split"] == "train"
    assert asked == ["test", "train"]
    weights = run.weights()
    os.utime(weights, ns=(1, weights.stat().st_mtime_ns + 1_000_000))
    assert analyses.evaluate(args) == first
    assert asked == ["test", "train", "test"]


def test_samples_are_those_asked_for(trained: Callable[[str], RunFolder]) -> None:
    found = Analyses().samples({"run": str(trained("digits").path), "split": "validation", "positions": [5, 2]})
    assert [one["position"] for one in found] == [5, 2]
    assert len(found[0]["pixels"]) == 8
