"""Solved blocks against closed forms, against torchdiffeq's own solvers, and how their source reads."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torchdiffeq import odeint
from torchdiffeq._impl.rk_common import rk4_step_func

from core.catalog.solvers import SOLVERS, Method
from core.program.module import build
from core.program.source import source
from graph.lower import lower
from tests.solved import decay, flow

THEIRS = {
    "euler": "euler",
    "midpoint": "midpoint",
    "heun": "heun2",
    "rk4_38": "rk4",
    "bosh3": "bosh3",
    "dopri5": "dopri5",
}
FIXED = [method for method in SOLVERS.values() if not method.adaptive]


def decaying(method: str, **params: float) -> nn.Module:
    """dy/dt = -y in double precision."""
    net = build(lower(decay(method, **params)[0])).double()
    nn.init.constant_(net.flow.slope.weight, -1.0)  # type: ignore[union-attr, arg-type]
    return net


def drawn(method: str, **params: object) -> nn.Module:
    torch.manual_seed(0)
    return build(lower(flow(method, timed=True, steered=True, **params)[0])).double()  # type: ignore[arg-type]


def dynamics(net: nn.Module) -> nn.Module:
    flow = net.flow
    assert isinstance(flow, nn.Module)
    return flow


@pytest.mark.parametrize("method", FIXED, ids=lambda method: method.id)
def test_the_error_falls_with_the_order_of_the_method(method: Method) -> None:
    """dy/dt = -y from 1 over a time of 1 ends at 1/e; twice the steps divide the error by 2 to the order."""
    start = torch.ones(1, 1, dtype=torch.float64)
    errors = [abs(float(decaying(method.id, steps=steps)(start).detach()) - math.exp(-1)) for steps in (16, 32, 64)]
    slopes = [math.log2(a / b) for a, b in itertools.pairwise(errors)]
    assert slopes == pytest.approx([method.order] * 2, abs=0.1)


def test_dopri5_meets_the_closed_form() -> None:
    start = torch.tensor([[1.0], [-2.0], [0.3]], dtype=torch.float64)
    net = decaying("dopri5", rtol=1e-8, atol=1e-9, end=2.0)
    assert float((net(start).detach() - start * math.exp(-2.0)).abs().max()) < 2e-8


@pytest.mark.parametrize("adjoint", [False, True], ids=["kept", "adjoint"])
def test_gradients_through_dopri5_meet_the_closed_form(adjoint: bool) -> None:
    """y(T) = y0 exp(w T), so dy/dw = T y(T) and dy/dy0 = exp(w T)."""
    start = torch.tensor([[1.5]], dtype=torch.float64, requires_grad=True)
    net = decaying("dopri5", rtol=1e-9, atol=1e-10, end=2.0, adjoint=adjoint)
    net(start).sum().backward()
    weight = net.flow.slope.weight  # type: ignore[union-attr]
    assert isinstance(weight, Tensor)
    assert weight.grad is not None
    assert start.grad is not None
    assert float(weight.grad) == pytest.approx(2.0 * 1.5 * math.exp(-2.0), abs=5e-9)
    assert float(start.grad) == pytest.approx(math.exp(-2.0), abs=5e-9)


@pytest.mark.parametrize("path", [False, True], ids=["end", "path"])
@pytest.mark.parametrize("method", THEIRS)
def test_each_method_is_torchdiffeqs_number_by_number(method: str, path: bool) -> None:
    """With time, a steady second input, and time that runs back."""
    net = drawn(method, path=path, start=0.3, end=-1.7)
    state, wind = torch.randn(2, 5, 2, dtype=torch.float64)
    spec = SOLVERS[method]
    times = torch.linspace(0.3, -1.7, spec.points(spec.values({})), dtype=torch.float64)

    def slope(t: Tensor, h: Tensor) -> Tensor:
        result = dynamics(net)(h, wind, t.expand(5, 1))
        assert isinstance(result, Tensor)
        return result

    theirs = odeint(slope, state, times, method=THEIRS[method], rtol=1e-4, atol=1e-5)
    ours = net(state, wind)
    torch.testing.assert_close(ours, theirs.movedim(0, 1) if path else theirs[-1], rtol=1e-12, atol=1e-12)


def test_rk4_is_the_classical_step() -> None:
    net = drawn("rk4", steps=1)
    state, wind = torch.randn(2, 5, 2, dtype=torch.float64)

    def slope(t: Tensor, h: Tensor, perturb: object = None) -> Tensor:
        result = dynamics(net)(h, wind, t.expand(5, 1))
        assert isinstance(result, Tensor)
        return result

    zero, one = torch.tensor([0.0, 1.0], dtype=torch.float64)
    torch.testing.assert_close(
        net(state, wind), state + rk4_step_func(slope, zero, one, one, state), rtol=1e-13, atol=1e-13
    )


def test_the_adjoint_trains_the_same_weights() -> None:
    """The gradient of every weight of the dynamics, with and without the steps in memory."""
    torch.manual_seed(1)
    state, grads = torch.randn(7, 2, dtype=torch.float64), []
    for adjoint in (False, True):
        torch.manual_seed(0)
        net = build(lower(flow("dopri5", timed=True, adjoint=adjoint, rtol=1e-8, atol=1e-9)[0])).double()
        net(state).square().sum().backward()
        grads.append([parameter.grad for parameter in net.parameters()])
    for kept, solved in zip(*grads, strict=True):
        torch.testing.assert_close(kept, solved, rtol=1e-5, atol=1e-7)


def test_the_loop_reads_as_the_method_is_taught() -> None:
    text = source(lower(flow("midpoint", timed=True, path=True)[0])).text
    assert "needs nothing but PyTorch" in text
    assert (
        """
        h = state
        path = [h]
        for i in range(10):  # Midpoint, from 0 to 1
            t = h.new_full((h.shape[0], 1), 0.1 * i)
            k1 = self.flow(h, t)
            k2 = self.flow(h + 0.05 * k1, t + 0.05)
            h = h + 0.1 * k2
            path.append(h)
        x = torch.stack(path, dim=1)
        return x
"""
        in text
    )


@pytest.mark.parametrize("method", SOLVERS)
@pytest.mark.parametrize("path", [False, True], ids=["end", "path"])
def test_the_source_stands_alone_and_is_formatted(method: str, path: bool, tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(source(lower(flow(method, timed=True, steered=True, path=path)[0])).text, "utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "format", "--check", "--isolated", "--line-length", "100", str(file)], check=True)
    subprocess.run([*ruff, "check", "--isolated", "--line-length", "100", str(file)], check=True)
    if SOLVERS[method].adaptive:
        assert "needs PyTorch, and torchdiffeq" in file.read_text("utf-8")


def test_what_a_solver_reads_at_every_step_is_not_overwritten() -> None:
    """The steady input dies with the solved step, so its name is free only afterwards."""
    net = drawn("euler", steps=3)
    state, wind = torch.randn(2, 4, 2, dtype=torch.float64)
    h = state
    for i in range(3):
        h = h + dynamics(net)(h, wind, torch.full((4, 1), i / 3, dtype=torch.float64)) / 3
    torch.testing.assert_close(net(state, wind), h, rtol=1e-12, atol=1e-12)


def test_adaptive_steps_follow_how_quickly_the_slope_turns() -> None:
    """dy/dt = w y needs more evaluations the larger w is; fixed steps always cost the same."""
    counts: dict[str, list[int]] = {}
    for method in ("dopri5", "rk4"):
        net, seen = decaying(method), list[int]()
        net.get_submodule("flow").register_forward_hook(lambda *_: seen.append(1))  # noqa: B023
        counts[method] = []
        for rate in (-0.1, -3.0, -20.0):
            nn.init.constant_(net.flow.slope.weight, rate)  # type: ignore[union-attr, arg-type]
            seen.clear()
            net(torch.ones(1, 1, dtype=torch.float64))
            counts[method].append(len(seen))
    assert counts["rk4"] == [40, 40, 40]
    few, some, many = counts["dopri5"]
    assert SOLVERS["dopri5"].least <= few < some < many
