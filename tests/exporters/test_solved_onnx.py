"""Solved blocks as ONNX: fixed steps unrolled and equal, adaptive ones refused with what mends it."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest
import torch

from core.problem import LayerloomError
from core.program.fixed import adaptive, with_fixed_steps
from core.program.module import build
from designer.delivery import Source, deliver
from exporters.onnx import export_onnx
from exporters.verify import compare
from graph.fixes import command
from graph.lower import lower
from tests.solved import flow


@pytest.mark.parametrize("path", [pytest.param(False, marks=pytest.mark.slow), True], ids=["end", "path"])
def test_fixed_steps_are_equal_for_every_batch(path: bool, tmp_path: Path) -> None:
    program = lower(flow("rk4", timed=True, steered=True, path=path, steps=2)[0])
    torch.manual_seed(0)
    weights = build(program).state_dict()
    export_onnx(program, weights, tmp_path / "flow.onnx")
    found = compare(program, weights, tmp_path / "flow.onnx")
    assert found.passed, found
    session = onnxruntime.InferenceSession(tmp_path / "flow.onnx")
    state, wind = torch.randn(2, 9, 2)
    net = build(program)
    net.load_state_dict(weights)
    [answer] = session.run(None, {"state": state.numpy(), "wind": wind.numpy()})
    torch.testing.assert_close(torch.from_numpy(answer), net(state, wind).detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_trained_weights_go_out_with_fixed_steps_that_give_nearly_the_same(tmp_path: Path) -> None:
    program = lower(flow("dopri5", timed=True, rtol=1e-6, atol=1e-7)[0])
    torch.manual_seed(0)
    weights = build(program).state_dict()
    told = deliver(Source(program, weights), "onnx", tmp_path / "flow.onnx", fixed_steps=8)
    assert told["certificate"]["passed"]
    net, state = build(program), torch.randn(9, 2)
    net.load_state_dict(weights)
    [answer] = onnxruntime.InferenceSession(tmp_path / "flow.onnx").run(None, {"state": state.numpy()})
    torch.testing.assert_close(torch.from_numpy(answer), net(state).detach(), rtol=1e-3, atol=1e-4)
    told = deliver(Source(program, weights), "python", tmp_path / "flow.py", fixed_steps=20)
    assert "torchdiffeq" not in (tmp_path / "flow.py").read_text("utf-8")


def test_an_adaptive_solver_is_refused_before_the_export_and_one_click_mends_it(tmp_path: Path) -> None:
    document, instance = flow("dopri5", timed=True, end=2.0, path=True, points=10)
    program = lower(document)
    with pytest.raises(LayerloomError, match="chooses its own steps") as refused:
        export_onnx(program, None, tmp_path / "flow.onnx")
    assert not list(tmp_path.iterdir())
    problem = refused.value.problem
    assert problem.node == instance
    [fix] = problem.fixes
    document.apply(command(document, problem, fix).changes(document))
    assert not list(adaptive(lower(document)))
    solver = document.graph().node(instance).solver
    assert solver is not None
    assert (solver.method, dict(solver.params)) == ("rk4", {"end": 2.0, "path": True})
    assert lower(document) == with_fixed_steps(program)
