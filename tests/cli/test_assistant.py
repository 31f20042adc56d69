"""The assistant process: one reply for each request, whatever happens inside it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from core.program.codec import to_json
from core.training.launch import worker_environment
from core.training.protocol import Command, Ready, Reply, decode_event, encode_command
from designer import assistant
from tests.drawn import mlp


def ask(name: str, **args: Any) -> Reply:
    return assistant.answer(Command("request", {"id": 7, "name": name, "args": args}))


def test_signature_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,y\n1,2,u\n3,4,v\n")
    reply = ask("data.signature", source={"kind": "csv", "params": {"path": "t.csv"}}, base=str(tmp_path))
    assert reply.problem is None
    assert reply.id == 7
    assert reply.result["examples"] == 2
    assert reply.result["fields"]["target"]["classes"] == ["u", "v"]


def test_preview_of_a_job() -> None:
    reply = ask("data.preview", data={"source": {"kind": "moons", "params": {"n": 100}}}, base=None)
    assert reply.result["splits"] == {"train": 70, "validation": 15, "test": 15}
    assert len(reply.result["scatter"]["x"]) == 100


def test_estimate_of_a_job() -> None:
    job = {"data": {"source": {"kind": "iris"}}, "batch_size": 10}
    reply = ask("estimate", program=to_json(mlp()), job=job, base=None)
    assert reply.problem is None
    assert (reply.result["batch"], reply.result["examples"]["train"]) == (10, 106)
    assert 0 < reply.result["seconds"] < 10


@pytest.mark.parametrize(
    ("name", "args", "words"),
    [
        ("estimate", {"program": {}, "job": {}}, "rogram"),
        ("data.signature", {"source": {"kind": "csv", "params": {"path": "no.csv"}}}, "there is no no.csv"),
        ("data.signature", {"source": {"kind": "csv", "params": {}}}, "no file is chosen"),
        ("data.signature", {"source": {"kind": 5}}, "Training job: data.source.kind"),
        ("data.preview", {}, "lacks 'data'"),
        ("make.coffee", {}, "knows no request 'make.coffee'"),
    ],
)
def test_refusals_are_sentences(name: str, args: dict[str, Any], words: str) -> None:
    reply = ask(name, **args)
    assert reply.result is None
    assert reply.problem is not None
    assert words in reply.problem["message"]
    assert "Traceback" not in reply.problem["message"]


def test_a_fault_of_ours_is_a_problem_with_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(args: Any) -> Any:
        raise ZeroDivisionError("one line\nand another")

    monkeypatch.setattr(assistant, "DATA", {"data.preview": broken})
    reply = ask("data.preview")
    assert reply.problem is not None
    assert reply.problem["message"] == "data.preview failed: ZeroDivisionError: one line"
    assert "Traceback" in reply.problem["detail"]


def test_a_result_that_json_cannot_hold_is_still_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assistant, "DATA", {"data.preview": lambda args: object()})
    monkeypatch.setattr(assistant, "WARM_DATA", ())
    monkeypatch.setattr(assistant, "WARM_EXPORT", ())
    monkeypatch.setattr(assistant, "WARM_ANALYSES", ())
    out = io.StringIO()
    line = encode_command(Command("request", {"id": 1, "name": "data.preview", "args": {}}))
    assert assistant.serve(io.StringIO("nonsense\n" + line), out)
    replies = [event for event in map(decode_event, out.getvalue().splitlines()) if isinstance(event, Reply)]
    assert [reply.id for reply in replies] == [1]
    assert "could not be sent" in (replies[0].problem or {})["message"]


class TestProcess:
    @pytest.fixture
    def process(self) -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-m", "designer.assistant"]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        with subprocess.Popen(command, env=worker_environment(), text=True, **pipes) as process:
            yield process
            process.kill()

    @staticmethod
    def events(lines: IO[str]) -> Iterator[Any]:
        for line in lines:
            json.loads(line)  # stdout carries nothing but the protocol
            yield decode_event(line)

    def test_answers_then_says_ready_and_ends_with_its_stdin(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        assert process.stdout
        for number, source in ((1, {"kind": "iris"}), (2, {"kind": "csv"})):
            args = {"id": number, "name": "data.signature", "args": {"source": source}}
            process.stdin.write(encode_command(Command("request", args)))
        process.stdin.flush()
        met: list[Any] = []
        for event in self.events(process.stdout):
            met.append(event)
            if len(met) == 3:
                break
        replies = [event for event in met if isinstance(event, Reply)]
        [ready] = [event for event in met if isinstance(event, Ready)]
        assert ready == Ready(process.pid, "assistant")
        assert [reply.id for reply in replies] == [1, 2]
        assert replies[0].result["examples"] == 150
        assert replies[1].problem
        process.stdin.close()
        assert process.wait(20) == 0

    def test_ends_with_its_stdin_while_it_is_still_importing(
        self, process: subprocess.Popen[str], tmp_path: Path
    ) -> None:
        assert process.stdin
        args = {"format": "onnx", "path": str(tmp_path / "x.onnx"), "run": str(tmp_path)}
        process.stdin.write(encode_command(Command("request", {"id": 1, "name": "export", "args": args})))
        process.stdin.close()
        assert process.wait(10) == 0
        assert list(tmp_path.iterdir()) == []
