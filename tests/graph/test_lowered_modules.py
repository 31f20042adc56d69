"""Lowered designs, built as modules, compute what inference says: the templates, and random ones."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.catalog import Catalog
from core.catalog.families import default_catalog
from core.problem import LayerloomError
from core.program.module import build
from core.program.program import Value
from core.spec.shape import TensorType
from graph.lower import lower
from graph.templates import TEMPLATES
from tests.graph.sketch import LAYERS, random_design

BATCH = 3
DRAWN = [id for id, template in TEMPLATES.items() if template.data]


def batch_of(value: Value) -> torch.Tensor:
    shape = sizes(value.type)
    return torch.randn(shape) if value.type.dtype == "float" else torch.randint(0, 2, shape)


def sizes(type: TensorType) -> tuple[int, ...]:
    return tuple(d for d in type.evaluate({"B": BATCH}).shape if isinstance(d, int))


@pytest.mark.parametrize("id", DRAWN)
def test_shapes_and_weights_are_as_inferred(id: str) -> None:
    program = lower(TEMPLATES[id].build(default_catalog()))
    module = build(program)
    outputs, losses = module.step({v.name: batch_of(v) for v in (*program.inputs, *program.targets)})
    assert {name: tuple(tensor.shape) for name, tensor in outputs.items()} == {
        result.name: sizes(result.type) for result in program.outputs
    }
    assert list(losses) == [result.name for result in program.losses]
    assert len(losses) > 1 or list(losses) == ["loss"]
    sum(losses.values()).backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


def test_the_residual_network_reads_as_if_written_by_hand() -> None:
    module = build(lower(TEMPLATES["digits_resnet"].build(default_catalog())))
    names = {name for name, _ in module.named_parameters()}
    assert {
        "stem.conv_norm.conv.weight",
        "fine.1.conv_norm2.conv.weight",
        "halve.shortcut.norm.weight",
        "scores.bias",
    } <= names


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_random_designs(data: st.DataObject) -> None:
    try:
        program = lower(random_design(data).document)
    except LayerloomError:
        return  # weights shared between shapes that differ
    module = build(program, Catalog(LAYERS))
    [output] = program.outputs
    assert tuple(module(batch_of(program.inputs[0])).shape) == sizes(output.type)
    constructed = [step for _, step in program.walk() if step.module == step.name]
    assert bool(list(module.parameters())) == bool(constructed)
