"""The table of tools, and the process that answers for it: everything that can be wrong comes back as a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.problem import LayerloomError
from core.program.codec import to_json
from core.training.protocol import Command, Event, Progress, encode_event
from core.training.tools import serving
from core.training.tools.__main__ import asked
from core.training.tools.table import TOOLS, Asked
from core.training.tools.tool import perform
from tests import drawn, trainings

SERVING = serving.Serving(TOOLS, asked)


def request(name: str, **args: Any) -> Command:
    return Command("request", {"id": 7, "name": name, "args": args})


def whole(**params: Any) -> dict[str, Any]:
    return {
        "program": to_json(drawn.mlp()),
        "job": trainings.job("iris").model_dump(mode="json"),
        "base": None,
        "params": params,
    }


def test_an_answer_has_its_verdict_what_it_offers_and_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "OFTEN", 0.0)
    said: list[Event] = []
    reply = SERVING.answer(request("find_rate", **whole(steps=20)), said.append)
    assert (reply.id, reply.problem) == (7, None)
    assert {"tool", "good", "verdict", "fixes", "rates"} <= set(reply.result)
    assert json.loads(encode_event(reply))["result"]["tool"] == "find_rate"
    steps = [event.step for event in said if isinstance(event, Progress)]
    assert steps == sorted(steps)
    assert steps[-1] <= 1000
    for fix in reply.result["fixes"]:
        assert fix["action"] == "set_job"
        assert fix["args"]["path"] == "objectives.0.optimizer.params.lr"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (request("guess", **whole()), "There is no tool 'guess'"),
        (request("overfit", **whole(steps=0)), "steps"),
        (request("overfit", **whole(speed=1)), "has no field speed"),
        (request("overfit", job={}), "lacks 'program'"),
        (request("overfit", **{**whole(), "job": {"epochs": -1}}), "epochs"),
        (request("fit_batch", **whole(margin=2.0)), "margin"),
    ],
)
def test_trouble_is_a_sentence(command: Command, says: str) -> None:
    reply = SERVING.answer(command, lambda _event: None)
    assert reply.result is None
    assert reply.problem is not None
    assert says in reply.problem["message"]


def test_a_fault_of_a_tool_is_no_fault_of_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("inner")

    monkeypatch.setattr(serving, "perform", broken)
    reply = SERVING.answer(request("overfit", **whole()), lambda _event: None)
    assert reply.problem is not None
    assert "The tool failed: KeyError" in reply.problem["message"]
    assert "Traceback" in reply.problem["detail"]


def test_what_is_offered_is_rounded_and_named() -> None:
    offers = TOOLS["find_rate"].offers
    found = offers({"objective": 1, "tenth": 0.012345, "steepest": 0.0344})
    assert [fix.label for fix in found] == ["Learning rate 0.012", "Learning rate 0.034 (steepest)"]
    assert found[0].args == {"path": "objectives.1.optimizer.params.lr", "value": 0.012}
    assert [fix.label for fix in offers({"objective": 0, "tenth": 0.0121, "steepest": 0.0119})] == [
        "Learning rate 0.012"
    ]
    assert offers({"objective": 0, "tenth": None, "steepest": None}) == ()
    assert TOOLS["fit_batch"].offers({"suggestion": None}) == ()


def test_every_tool_has_its_help() -> None:
    for tool in TOOLS.values():
        assert tool.doc.endswith(".")
        assert tool.when.endswith(".")
        assert tool.formula
        assert all(param.doc for param in tool.params)


def test_a_design_without_a_loss_is_refused_as_a_training_is() -> None:
    d = drawn.Drawing("Bare", "Bare")
    d.output(d.layer("linear", "out", d.input("features", 4), params={"out_features": 3}))
    with pytest.raises(LayerloomError, match="no loss"):
        perform(TOOLS, "overfit", Asked(d.program(), trainings.job("iris")), {})
