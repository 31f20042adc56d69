"""What lies behind a value of a program computes what the whole program computes."""

from __future__ import annotations

import pytest
import torch

from core.analysis.observe import Scope
from core.program.module import build, seed_everything
from core.program.program import Program
from core.program.tail import fresh_name, tail
from tests import drawn
from tests.core.program.test_random_programs import SIZE
from tests.core.program.test_random_programs import _Maker as Maker


def _shared() -> Program:
    """Two linear layers of one module, the second behind a ReLU, beside a path of its own from another input."""
    d = drawn.Drawing("Net")
    x, other, target = d.input("features", 4), d.input("other", 4), d.target("target", 4)
    first = d.layer("linear", "first", x, params={"out_features": 4})
    bent = d.layer("relu", "bent", first)
    again = d.layer("linear", "again", bent, params={"out_features": 4}, module="first")
    total = d.layer("add", "total", again, other)
    d.output(total)
    d.output(first, "hidden")
    d.output(d.layer("tanh", "aside", other))
    d.loss(d.layer("mse_loss", "loss", total, target))
    return d.program()


def test_a_shared_module_is_constructed_where_its_owner_is_gone() -> None:
    seed_everything(0)
    whole = build(_shared()).eval()
    rest = tail(_shared(), "bent", "code")
    rest.verify()
    assert [value.name for value in rest.inputs] == ["code", "other"]
    assert [output.name for output in rest.outputs] == ["total"]
    net = build(rest).eval()
    net.load_state_dict(whole.state_dict())
    x, other = torch.randn(5, 4), torch.randn(5, 4)
    total, hidden, _ = whole(x, other)
    assert torch.equal(net(hidden.relu(), other), total)


def test_an_output_that_is_the_value_itself_is_not_decoded() -> None:
    assert [output.name for output in tail(_shared(), "first", "code").outputs] == ["total"]
    assert tail(_shared(), "total", "code").outputs == ()
    assert tail(_shared(), "loss", "code").outputs == ()


def test_what_enters_may_be_the_value() -> None:
    rest = tail(_shared(), "other", "code")
    rest.verify()
    assert [value.name for value in rest.inputs] == ["code", "features"]
    assert [output.name for output in rest.outputs] == ["total", "aside"]


@pytest.mark.parametrize(("wish", "found"), [("code", "code"), ("bent", "bent_"), ("target", "target_")])
def test_a_fresh_name_is_free(wish: str, found: str) -> None:
    assert fresh_name(_shared(), wish) == found


@pytest.mark.parametrize("seed", range(6))
def test_behind_any_value_of_any_program_the_outputs_are_the_same(seed: int) -> None:
    program = Maker(seed).program()
    net = build(program).eval()
    zero = torch.zeros(2, *(int(str(d)) for t in program.targets[1:] for d in t.type.shape[1:]))
    batch = {"image": torch.randn(2, 3, SIZE, SIZE), "target": torch.tensor([0, 4]), "zero": zero}
    values = {**batch, **Scope.main(program, net.state_dict(), batch).values}
    answers = {output.name: values[output.value] for output in program.outputs}
    met = 0
    for step in program.steps:
        for value in step.outputs.values():
            rest = tail(program, value, fresh_name(program, "code"))
            if not rest.outputs:
                continue
            rest.verify()
            behind = build(rest).eval()
            behind.load_state_dict({name: t for name, t in net.state_dict().items() if name in behind.state_dict()})
            with torch.inference_mode():
                found = behind(values[value], *(batch[v.name] for v in rest.inputs[1:]))
            found = found if isinstance(found, tuple) else (found,)
            for output, result in zip(rest.outputs, found, strict=True):
                torch.testing.assert_close(result, answers[output.name])
                met += 1
    assert met
