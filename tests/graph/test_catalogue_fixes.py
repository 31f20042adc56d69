"""What the rules of the real layers offer as a way out, applied in a drawing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.catalog.families import default_catalog
from core.problem import Problem
from graph.check import problems
from graph.fixes import command
from graph.history import History
from graph.infer import Inference
from graph.lower import lower
from graph.templates.drawing import Drawing


def digits() -> tuple[Drawing, str]:
    d = Drawing(default_catalog())
    d.job(data={"source": {"kind": "digits"}})
    return d, d.node("input", at=(0, 0))


def skip_of_other_width() -> Drawing:
    d, x = digits()
    stem = d.node("conv2d", x, at=(1, 0), out_channels=16)
    wide = d.node("conv2d", stem, at=(2, 0), out_channels=32)
    d.node("output", d.node("add", wide, stem, at=(3, 0)), at=(4, 0))
    return d


def skip_of_other_size() -> Drawing:
    d, x = digits()
    stem = d.node("conv2d", x, at=(1, 0), out_channels=16)
    small = d.node("conv2d", stem, at=(2, 0), out_channels=32, stride=2)
    d.node("output", d.node("add", small, stem, at=(3, 0)), at=(4, 0))
    return d


def flat_into_convolution() -> Drawing:
    d, x = digits()
    flat = d.node("flatten", x, at=(1, 0))
    d.node("output", d.node("conv2d", flat, at=(2, 0)), at=(3, 0))
    return d


def picture_into_loss() -> Drawing:
    d, x = digits()
    conv = d.node("conv2d", x, at=(1, 0), out_channels=10)
    d.node("cross_entropy", conv, d.node("target", at=(1, 1)), at=(2, 0))
    d.node("output", conv, at=(2, 1))
    return d


def scores_of_too_few_classes() -> Drawing:
    d, x = digits()
    linear = d.node("linear", d.node("flatten", x, at=(1, 0)), at=(2, 0), out_features=7)
    d.node("cross_entropy", linear, d.node("target", at=(2, 1)), at=(3, 0))
    d.node("output", linear, at=(3, 1))
    return d


def groups_that_do_not_divide() -> Drawing:
    d, x = digits()
    conv = d.node("conv2d", x, at=(1, 0), out_channels=12)
    d.node("output", d.node("group_norm", conv, at=(2, 0)), at=(3, 0))
    return d


def picture_into_attention() -> Drawing:
    d, x = digits()
    conv = d.node("conv2d", x, at=(1, 0), out_channels=16)
    d.node("output", d.node("multihead_attention", conv, at=(2, 0)), at=(3, 0))
    return d


@pytest.mark.parametrize(
    "draw",
    [
        skip_of_other_width,
        skip_of_other_size,
        flat_into_convolution,
        picture_into_loss,
        scores_of_too_few_classes,
        groups_that_do_not_divide,
        picture_into_attention,
    ],
)
def test_every_fix_on_offer_mends(draw: Callable[[], Drawing]) -> None:
    [problem] = errors(draw())
    assert problem.fixes, problem.message
    for number, fix in enumerate(problem.fixes):
        d = draw()
        [again] = errors(d)
        History(d.document).do(command(d.document, again, again.fixes[number]))
        left = [p for p in errors(d) if p.code != "class-count"]
        assert left == [], fix.label
        if not errors(d):
            lower(d.document).verify()


def errors(d: Drawing) -> list[Problem]:
    return [p for p in problems(d.document, Inference(d.document)) if p.severity == "error"]
