"""``python -m designer.assistant``: the warm process that answers what needs heavy libraries.

Speaks `core.training.protocol` on its standard streams: requests come as ``request`` commands and are answered by one
`Reply` each, in any order: what reads data does not wait for an export that is under way. It ends when stdin closes.

- ``data.signature`` (source, base) -> the `DataSignature` of the source
- ``data.preview`` (data, base) -> see `core.data.preview`
- ``export`` (format, path, bake, probabilities, fixed_steps, precision, settings, and run: its folder, or program: a
  design's, for fresh weights)
  -> see `designer.delivery.deliver`
- ``verify`` (path, bake, probabilities, and run or program) -> the certificate of an ONNX file that exists
- ``branch.prune`` (run, folder, share, scope), ``branch.grow`` (run, folder, program, design, growth) -> the new
  ``run``'s folder, see `designer.growing`
- ``import`` (path: an ONNX file, run: a folder to be made) -> see `designer.importing`
- ``analyse.evaluate``, ``analyse.baselines``, ``analyse.samples``, ``analyse.layers``, ``analyse.latent``,
  ``analyse.flow``, ``analyse.map``, ``analyse.routing``, ``analyse.mask``, ``analyse.normed``, ``analyse.gates``,
  ``analyse.reach``, ``analyse.wished``, ``analyse.unit``, ``analyse.sampled``, ``analyse.between``,
  ``analyse.plane``, ``analyse.monitor`` (run: its folder, split, weights: best or last, …) -> see
  `core.analysis.requests`
- ``generate.facts`` (run) and ``generate`` (run, prompt, length, …) -> what it writes, see `core.analysis.requests`
- ``estimate`` (program, job, base) -> see `core.analysis.estimate`
- ``augment`` (data, field, layers, seed, base) -> see `core.analysis.augmenting`
- ``trace`` (program, job, base, and what is wished for) -> see `core.analysis.trace`
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from core.problem import LayerloomError, Problem
from core.training.job import read_job
from core.training.protocol import Command, Event, Ready, Reply, claim_stdout, decode_command, encode_event

if TYPE_CHECKING:
    from core.analysis.requests import Analyses
    from core.analysis.trace.asked import Traces
    from core.data.sources import Recent

Handler: TypeAlias = Callable[[Mapping[str, Any]], Any]
WARM_DATA = ("numpy", "core.data.preview", "core.data.csv_table", "sklearn.datasets")
WARM_EXPORT = ("torch", "designer.delivery", "exporters.verify", "exporters.onnx")
WARM_ANALYSES = ("torch", "core.analysis.requests", "core.analysis.estimate", "core.analysis.trace.asked")


def signature(args: Mapping[str, Any]) -> Any:
    source = read_job({"data": {"source": args["source"]}}).data.source
    return _recent().load(source, _base(args)).signature.model_dump(mode="json")


def preview(args: Mapping[str, Any]) -> Any:
    from core.data.preview import preview

    return preview(read_job({"data": args["data"]}).data, _base(args), _recent().load)


@cache
def _recent() -> Recent:
    """What was read last: a signature is followed by previews of the same data."""
    from core.data.sources import Recent

    return Recent()


def export(args: Mapping[str, Any]) -> Any:
    from designer.delivery import deliver

    return deliver(
        _source(args),
        str(args["format"]),
        Path(args["path"]),
        fixed_steps=int(args.get("fixed_steps", 0)),
        precision=str(args.get("precision") or "float32"),
        settings=args.get("settings"),
        **_inside(args),
    )


def verify(args: Mapping[str, Any]) -> Any:
    from designer.delivery import certify

    return certify(_source(args), Path(args["path"]), **_inside(args))


def import_(args: Mapping[str, Any]) -> Any:
    from designer.importing import import_model

    return import_model(Path(args["path"]), Path(args["run"]))


def estimate(args: Mapping[str, Any]) -> Any:
    from core.analysis.estimate import estimate
    from core.program.codec import from_json

    return estimate(from_json(args["program"]), read_job(args["job"]), _base(args))


def augment(args: Mapping[str, Any]) -> Any:
    from core.analysis.augmenting import augmented

    data = read_job({"data": args["data"]}).data
    layers = [(str(layer), dict(params)) for layer, params in args["layers"]]
    return augmented(data, str(args["field"]), layers, int(args.get("seed", 0)), _base(args), _recent().load)


@cache
def _analyses() -> Analyses:
    """What was found of the runs looked at last."""
    from core.analysis.requests import Analyses

    return Analyses()


@cache
def _traces() -> Traces:
    """The data that went through last."""
    from core.analysis.trace.asked import Traces

    return Traces()


DATA: Mapping[str, Handler] = {"data.signature": signature, "data.preview": preview}
EXPORTS: Mapping[str, Handler] = {
    "export": export,
    "verify": verify,
    "import": import_,
    "branch.prune": lambda args: import_module("designer.growing").pruned_branch(args),
    "branch.grow": lambda args: import_module("designer.growing").grown_branch(args),
}
ANALYSES: Mapping[str, Handler] = {
    "analyse.evaluate": lambda args: _analyses().evaluate(args),
    "analyse.baselines": lambda args: _analyses().baselines(args),
    "analyse.samples": lambda args: _analyses().samples(args),
    "analyse.layers": lambda args: _analyses().layers(args),
    "analyse.latent": lambda args: _analyses().latent(args),
    "analyse.unit": lambda args: _analyses().unit(args),
    "analyse.flow": lambda args: _analyses().flow(args),
    "analyse.map": lambda args: _analyses().map(args),
    "analyse.routing": lambda args: _analyses().routing(args),
    "analyse.mask": lambda args: _analyses().mask(args),
    "analyse.normed": lambda args: _analyses().normed(args),
    "analyse.gates": lambda args: _analyses().gates(args),
    "analyse.reach": lambda args: _analyses().reach(args),
    "analyse.wished": lambda args: _analyses().wished(args),
    "analyse.sampled": lambda args: _analyses().sampled(args),
    "analyse.between": lambda args: _analyses().between(args),
    "analyse.plane": lambda args: _analyses().plane(args),
    "analyse.monitor": lambda args: _analyses().monitor(args),
    "generate.facts": lambda args: _analyses().writer(args),
    "generate": lambda args: _analyses().write(args),
    "estimate": estimate,
    "augment": augment,
    "trace": lambda args: _traces().trace(args),
}


def answer(command: Command) -> Reply:
    """The reply to one request, whatever happens inside it."""
    number, name = int(command.args.get("id", 0)), str(command.args.get("name", ""))
    handler = {**DATA, **EXPORTS, **ANALYSES}.get(name)
    if handler is None:
        return _failed(number, Problem("request", f"The assistant knows no request {name!r:.60}."))
    try:
        return Reply(number, handler(command.args.get("args", {})))
    except LayerloomError as error:
        return _failed(number, error.problem)
    except KeyError as error:
        return _failed(number, Problem("request", f"The request {name} lacks {error}."))
    except Exception as error:  # the border of the process: a fault in one request must not take the others along
        sentence = f"{name} failed: {type(error).__name__}: {str(error).strip().partition(chr(10))[0]:.300}"
        return _failed(number, Problem("assistant", sentence, detail=traceback.format_exc()))


class Lane:
    """Requests answered one after the other in a thread of their own; the modules are imported first."""

    def __init__(self, modules: tuple[str, ...], say: Callable[[Event], None]) -> None:
        self._modules, self._say = modules, say
        self._waiting: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self.warm = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, command: Command) -> None:
        self._waiting.put(command)

    def finish(self, seconds: float) -> bool:
        """Take no more; whether what was under way came to its end in that time."""
        self._waiting.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        for module in self._modules:
            with contextlib.suppress(ImportError):  # the request that needs it will tell
                import_module(module)
        self.warm.set()
        while (command := self._waiting.get()) is not None:
            self._say(answer(command))


def serve(commands: IO[str], events: IO[str]) -> bool:
    """Answer until the commands end or ``quit`` comes; whether every request had its answer by then."""
    lock = threading.Lock()

    def say(event: Event) -> None:
        with lock, contextlib.suppress(BrokenPipeError, ValueError):
            events.write(_line(event))
            events.flush()

    data, exports, analyses = (Lane(modules, say) for modules in (WARM_DATA, WARM_EXPORT, WARM_ANALYSES))
    lanes = {**dict.fromkeys(EXPORTS, exports), **dict.fromkeys(ANALYSES, analyses)}
    threading.Thread(target=_announce, args=((data, exports, analyses), say), daemon=True).start()
    for command in _commands(commands):
        if command.name == "quit":
            break
        if command.name == "request":
            lanes.get(str(command.args.get("name")), data).put(command)
    finished = [lane.finish(seconds=0.5) for lane in (data, exports, analyses)]
    return all(finished)


def _announce(lanes: tuple[Lane, ...], say: Callable[[Event], None]) -> None:
    for lane in lanes:
        lane.warm.wait()
    say(Ready(os.getpid(), "assistant"))


def _commands(lines: IO[str]) -> Iterator[Command]:
    for line in lines:
        try:
            yield decode_command(line)
        except ValueError as error:
            print(error, file=sys.stderr)


def _line(event: Event) -> str:
    """The event as a line; a result that JSON cannot hold becomes a Problem instead of silence."""
    try:
        return encode_event(event)
    except (TypeError, ValueError) as error:
        number = event.id if isinstance(event, Reply) else 0
        return encode_event(_failed(number, Problem("assistant", f"The answer could not be sent: {error}.")))


def _failed(number: int, problem: Problem) -> Reply:
    return Reply(number, None, problem.to_json())


def _base(args: Mapping[str, Any]) -> Path | None:
    return Path(args["base"]) if args.get("base") else None


def _inside(args: Mapping[str, Any]) -> dict[str, bool]:
    """What the file is to hold beside the network."""
    return {name: bool(args.get(name)) for name in ("bake", "probabilities")}


def _source(args: Mapping[str, Any]) -> Any:
    from designer.delivery import from_program, from_run

    return from_run(Path(args["run"])) if args.get("run") else from_program(args["program"])


def main() -> None:
    """Serve until stdin closes."""
    own = claim_stdout()
    finished = serve(sys.stdin, own)
    own.flush()
    sys.stderr.flush()
    if not finished:
        os._exit(0)  # nobody waits for the answer any more; files are written whole or not at all


if __name__ == "__main__":
    main()
