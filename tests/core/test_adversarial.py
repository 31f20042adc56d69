"""Losses of a critic and a generator: what they count, and the slope that the penalty measures."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.modules.adversarial import Blend, EnergyDistance, GradientPenalty
from core.program.module import build
from core.program.program import Program, Result, Step, Value
from core.spec.shape import BATCH, TensorType

SCORES = TensorType((BATCH, 1))


def loss_of(scores: Tensor, verdict: str, form: str) -> Tensor:
    """The loss as the generated module computes it."""
    step = Step(
        "loss",
        "n1",
        layer="adversarial_loss",
        params={"verdict": verdict, "form": form, "weight": 1.0},
        inputs={"scores": "x"},
        outputs={"loss": "loss"},
        input_types={"scores": SCORES},
        output_types={"loss": TensorType(())},
    )
    x = Value("x", SCORES, "n0")
    loss = Result("loss", "loss", TensorType(()), "n1")
    program = Program("Net", (x,), (Result("y", "x", SCORES, "n2"),), (step,), losses=(loss,))
    program.verify()
    found: Tensor = build(program).step({"x": scores})[1]["loss"]  # type: ignore[operator]
    return found


def test_log_is_cross_entropy_with_ones_and_zeros() -> None:
    x = torch.linspace(-30, 30, 13)[:, None]
    for verdict, answer in (("real", torch.ones_like(x)), ("fake", torch.zeros_like(x))):
        expected = functional.binary_cross_entropy_with_logits(x, answer)
        torch.testing.assert_close(loss_of(x, verdict, "log"), expected)


@pytest.mark.parametrize(
    ("form", "real", "fake"),
    [
        ("least_squares", lambda x: (x - 1) ** 2, lambda x: x**2),
        ("hinge", lambda x: (1 - x).clamp(min=0), lambda x: (1 + x).clamp(min=0)),
        ("wasserstein", lambda x: -x, lambda x: x),
    ],
)
def test_other_forms(form: str, real: object, fake: object) -> None:
    x = torch.linspace(-3, 3, 7)[:, None]
    assert callable(real)
    assert callable(fake)
    torch.testing.assert_close(loss_of(x, "real", form), real(x).mean())
    torch.testing.assert_close(loss_of(x, "fake", form), fake(x).mean())


def test_a_blend_lies_between_and_stops_gradients() -> None:
    a, b = torch.zeros(500, 2, 3, requires_grad=True), torch.ones(500, 2, 3)
    blend = Blend()
    mixed = blend(a, b)
    assert 0 <= mixed.min() < 0.05 < 0.95 < mixed.max() <= 1
    assert torch.equal(mixed, mixed[:, :1, :1].expand_as(mixed))  # one share an example
    assert mixed.is_leaf
    assert mixed.requires_grad
    torch.testing.assert_close(blend.eval()(a, b), torch.full_like(b, 0.5))


def test_the_penalty_of_a_linear_critic_is_known() -> None:
    """Its slope is the length of its weights, 5 everywhere: (5 - 1)^2, and the gradient by them 2 (5 - 1) w / 5."""
    critic = nn.Linear(2, 1)
    with torch.no_grad():
        critic.weight.copy_(torch.tensor([[3.0, 4.0]]))
    x = Blend()(torch.randn(6, 2), torch.randn(6, 2))
    penalty = GradientPenalty()(x, critic(x))
    assert penalty.item() == pytest.approx(16)
    penalty.backward()
    torch.testing.assert_close(critic.weight.grad, torch.tensor([[4.8, 6.4]]))


def test_the_penalty_has_right_gradients() -> None:
    first, second = nn.Linear(3, 4).double(), nn.Linear(4, 1).double()
    x = torch.randn(5, 3, dtype=torch.double, requires_grad=True)

    def penalty(weight: Tensor) -> Tensor:
        found: Tensor = GradientPenalty()(x, second(torch.tanh(x @ weight.T + first.bias)))
        return found

    assert torch.autograd.gradcheck(penalty, (first.weight.detach().clone().requires_grad_(),))


def test_without_gradients_the_penalty_is_nothing() -> None:
    a = torch.randn(4, 2)
    with torch.inference_mode():
        x = Blend()(a, a)
        assert GradientPenalty()(x, x.sum(1, keepdim=True)) == 0


def test_the_energy_distance_is_that_of_scipy() -> None:
    """In one dimension, the square of scipy's, which has a factor of its own."""
    from scipy.stats import energy_distance

    a, b = torch.randn(40, 1, dtype=torch.double), torch.rand(30, 1, dtype=torch.double)
    found = EnergyDistance()(a, b).item()
    assert found == pytest.approx(energy_distance(a.flatten(), b.flatten()) ** 2, rel=1e-9)
    assert EnergyDistance()(a, a.flip(0)).item() == pytest.approx(0, abs=1e-12)
