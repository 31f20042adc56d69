"""Every layer of the catalogue: its plain rules say what the real module does."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from core.spec.layer import Call, Given, LayerSpec, Mismatch
from core.spec.shape import BATCH, Dim, TensorType, evaluate, symbol
from tests.contract import direct
from tests.contract.cases import COMPUTED, Case, cases, refused

every_layer = pytest.mark.parametrize("spec", COMPUTED, ids=lambda spec: spec.id)
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
every_module = pytest.mark.parametrize(
    "spec", [spec for spec in COMPUTED if isinstance(spec.torch, Call)], ids=lambda spec: spec.id
)


@every_layer
def test_has_cases(spec: LayerSpec) -> None:
    assert len(cases(spec)) >= (1 if not spec.params else 2)


@every_layer
@pytest.mark.parametrize("batch", [2, 3])
def test_shapes_and_kinds_are_those_of_the_module(spec: LayerSpec, batch: int) -> None:
    for case in cases(spec):
        outputs = direct.run(case, direct.module(case), direct.tensors(case, batch))
        expected = {port: type.evaluate({"B": batch}) for port, type in case.result().items()}
        assert direct.shapes(outputs) == {port: type.shape for port, type in expected.items()}, str(case)
        assert {p: direct.kind(v) for p, v in outputs.items()} == {p: t.dtype for p, t in expected.items()}, str(case)


@every_layer
def test_symbolic_sizes_come_to_the_same(spec: LayerSpec) -> None:
    """Every dimension that the rule lets vary gives, with its size put in, what that size gives at once."""
    for case in cases(spec):
        for end, type in case.given.types.items():
            for index, size in list(enumerate(type.shape))[1:]:
                varied = _varied(case, end, index)
                if varied is not None and not _beyond(case, size):
                    result = {port: t.evaluate({"T": size}) for port, t in varied.items()}
                    assert result == case.result(), f"{case}, dimension {index} of {end} varying"


def _varied(case: Case, end: str, index: int) -> Mapping[str, TensorType] | None:
    """The result with one dimension of all inputs equal to it replaced by T; None where the rule refuses."""
    size = case.given.types[end].shape[index]
    types = {
        e: TensorType(tuple(symbol("T") if i == index and d == size else d for i, d in enumerate(t.shape)), t.dtype)
        for e, t in case.given.types.items()
    }
    try:
        return case.spec.shape(Given(types, case.given.params))
    except Mismatch:
        return None


def _beyond(case: Case, size: Dim) -> bool:
    """Of a varying size, Slice and Select take it that what they ask for exists."""
    asked = [case.given.params.get(name) for name in ("start", "stop", "index")]
    return any(isinstance(number, int) and isinstance(size, int) and abs(number) > size for number in asked)


@every_layer
def test_weights_are_those_of_the_module(spec: LayerSpec) -> None:
    for case in cases(spec):
        built = direct.module(case)
        real = {name: tuple(p.shape) for name, p in built.named_parameters()} if built else {}
        assert dict(spec.weights(case.given) if spec.weights else {}) == real, str(case)


@every_layer
def test_cost_is_what_torch_counts(spec: LayerSpec) -> None:
    for case in cases(spec):
        declared = evaluate(spec.macs(case.given), {"B": 3}) if spec.macs else 0
        assert declared == (_CLOSED[spec.id](case) if spec.id in _CLOSED else _counted(case)), str(case)


def _counted(case: Case) -> float:
    built, inputs = direct.module(case), direct.tensors(case, 3)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):  # others go uncounted
        direct.run(case, built, inputs)
    return counter.get_total_flops() / 2


def _bilinear(case: Case) -> Dim:
    rows = direct.tensors(case, 3)["a"].shape[:-1].numel()
    return rows * sum(p.numel() for n, p in _parameters(case).items() if n == "weight")


def _recurrent(case: Case) -> Dim:
    """Every weight matrix meets every step once."""
    steps = direct.tensors(case, 3)["x"].shape[:2].numel()
    return steps * sum(p.numel() for p in _parameters(case).values() if p.dim() == 2)


def _parameters(case: Case) -> dict[str, nn.Parameter]:
    built = direct.module(case)
    assert built is not None
    return dict(built.named_parameters())


def _prototypes(case: Case) -> Dim:
    """Every number of every prototype is subtracted from every row, squared and summed once."""
    built, rows = direct.module(case), direct.tensors(case, 3)["x"].shape[:-1].numel()
    assert built is not None
    return rows * sum(t.numel() for name, t in built.state_dict().items() if name in ("centres", "weight"))


_CLOSED = {
    **dict.fromkeys(("rbf", "som"), _prototypes),
    **dict.fromkeys(("rnn", "lstm", "gru"), _recurrent),
    "bilinear": _bilinear,
}


@every_module
def test_arguments_are_those_of_the_constructor(spec: LayerSpec) -> None:
    call = spec.torch
    assert isinstance(call, Call)
    built = direct.module(cases(spec)[0])
    signature = inspect.signature(type(built).__init__).parameters
    assert tuple(signature)[1 : len(call.positional) + 1] == call.positional
    assert set(call.skip) <= set(spec.param)
    assert set(call.computed) <= set(signature)
    for param in spec.params:
        if param.name in call.skip:
            continue
        assert param.name in signature, f"{param.name} is no argument of {call.target}"
        if param.name in call.positional:
            continue
        assumed = signature[param.name].default
        required = assumed is inspect.Parameter.empty
        assumed = getattr(assumed, "__name__", assumed)  # an activation given as function
        assert param.implied_value == (None if required else assumed), f"{param.name}: {call.target} assumes {assumed}"


@every_layer
def test_a_training_step_moves_every_weight(spec: LayerSpec) -> None:
    for case in cases(spec)[:8]:
        torch.manual_seed(0)
        built, inputs = direct.module(case), direct.tensors(case, 4)
        leaves = [t.requires_grad_() for t in inputs.values() if t.is_floating_point()]
        weights = dict(built.named_parameters()) if built else {}
        before = {name: weight.detach().clone() for name, weight in weights.items()}
        outputs = [t for t in direct.run(case, built, inputs).values() if t.is_floating_point()]
        loss = torch.stack([(value * torch.rand_like(value)).sum() for value in outputs or [torch.zeros(1)]]).sum()
        assert torch.isfinite(loss), str(case)
        if not loss.requires_grad:
            continue  # nothing real comes in
        loss.backward()
        _step(weights)
        grads = [t.grad for t in (*leaves, *weights.values()) if t.grad is not None]
        assert all(torch.isfinite(grad).all() for grad in grads), str(case)
        still = [name for name, weight in weights.items() if torch.equal(weight, before[name])]
        assert not [name for name in still if not _may_rest(case, name)], str(case)


def _step(weights: Mapping[str, nn.Parameter]) -> None:
    if weights:
        torch.optim.SGD(weights.values(), lr=0.1).step()


def _may_rest(case: Case, name: str) -> bool:
    """Whether this weight has nothing to learn from one random step: everything was dropped, or cut off."""
    params: Mapping[str, Any] = case.given.params
    return params.get("dropout") == 1.0 or (case.spec.id == "prelu")


STRICTER = {  # our rules refuse what torch would let pass: silent broadcasting, integer sums, a score for one class
    *("add", "subtract", "multiply", "matmul", "concatenate", "stack", "bilinear", "squeeze", "cast"),
    *("mse_loss", "l1_loss", "huber_loss", "kl_div", "cross_entropy", "nll_loss", "bce_with_logits"),
}


@pytest.mark.parametrize("spec", [s for s in COMPUTED if s.id not in STRICTER], ids=lambda spec: spec.id)
def test_what_is_refused_would_fail(spec: LayerSpec) -> None:
    """Mostly: a layer that torch would run on such an input does something else than it is declared for."""
    for case, mismatch in list(refused(spec))[:20]:
        assert str(mismatch).endswith("."), mismatch
        assert mismatch.port in ("", *spec.input, *case.given.types), mismatch


def test_batch_is_the_first_dimension_everywhere() -> None:
    for spec in COMPUTED:
        for case in cases(spec):
            for type in case.result().values():
                assert type.shape == () or type.shape[0] == BATCH, str(case)
