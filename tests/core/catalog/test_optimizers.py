"""Optimizers: every field exists in PyTorch under that name and with that default."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest
import torch

from core.catalog.metrics import METRICS, goal, parse, series_name, suited
from core.catalog.optimizers import OPTIMIZERS
from core.problem import LayerloomError


def made(kind: str) -> Any:
    module, _, name = OPTIMIZERS[kind].torch.rpartition(".")
    return getattr(import_module(module), name)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_fields_are_those_of_pytorch(kind: str) -> None:
    spec = OPTIMIZERS[kind]
    signature = inspect.signature(made(kind))
    values = spec.values({})
    assert values.pop("lr") > 0  # SGD's default in PyTorch is smaller than anyone's first choice
    assert values == {name: signature.parameters[name].default for name in values}
    assert spec.doc
    assert spec.formula
    assert spec.source


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_the_defaults_construct_it(kind: str) -> None:
    spec = OPTIMIZERS[kind]
    weights = [torch.nn.Parameter(torch.zeros(2))]
    optimizer = made(kind)(weights, **spec.values({}))
    assert optimizer.param_groups[0]["lr"] == spec.values({})["lr"]


def test_values_that_do_not_go_together_are_told() -> None:
    with pytest.raises(ValueError, match="SGD: nesterov needs a momentum above 0"):
        OPTIMIZERS["sgd"].values({"nesterov": True})
    assert OPTIMIZERS["sgd"].values({"nesterov": True, "momentum": 0.9})["nesterov"]
    with pytest.raises(ValueError, match="Adam: betas: expected two numbers"):
        OPTIMIZERS["adam"].values({"betas": (0.9,)})
    with pytest.raises(ValueError, match="learning rate: expected a number above 0"):
        OPTIMIZERS["adam"].values({"lr": 0})


def test_metrics_are_named_and_suit_their_task() -> None:
    assert suited("classification") == ("accuracy", "f1")
    assert set(suited("regression")) == {"mae", "rmse", "r2"}
    assert series_name(parse("top_3")) == "top_3"
    assert series_name(parse("top_k")) == "top_5"
    assert (goal("loss"), goal("accuracy"), goal("top_3"), goal("r2"), goal("mae")) == (
        "min", "max", "max", "max", "min",
    )  # fmt: skip
    assert METRICS["r2"].task == "regression"


@pytest.mark.parametrize("text", ["acuracy", "top_0", "top_x", "top_99999999"])
def test_an_unknown_metric_is_named_with_those_there_are(text: str) -> None:
    with pytest.raises(LayerloomError, match=r"no metric .* there are accuracy, f1"):
        parse(text)
