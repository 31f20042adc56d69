"""The questions that a process which answers for the window is asked, with what was found remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.analysis.decoding import between, plane, sampled
from core.analysis.evaluate import evaluate
from core.analysis.filling import text_of
from core.analysis.flow import flow
from core.analysis.gates import gates
from core.analysis.latent import latent
from core.analysis.layers import layers
from core.analysis.masks import mask
from core.analysis.normed import normed
from core.analysis.reach import reach
from core.analysis.routing import routing
from core.analysis.samples import samples
from core.analysis.som import organised
from core.analysis.subject import Moment, Subject, moment, prepared_data
from core.analysis.unit import unit
from core.analysis.wished import wished
from core.analysis.writing import Style
from core.data.prepare import Prepared
from core.problem import LayerloomError
from core.training.runs import RunFolder

if TYPE_CHECKING:
    from core.analysis.drift.monitor import Monitor, Watched

ANSWERS = 24


class Analyses:
    """Answers questions about runs; data is kept for the run asked about last, answers for as long as the weights
    are the same file. Not for several threads at once."""

    def __init__(self) -> None:
        self._data: tuple[Path, int, Prepared] | None = None
        self._subject: tuple[Moment, Subject] | None = None
        self._answers: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._monitor: tuple[Moment, Watched, Monitor] | None = None

    def evaluate(self, args: Mapping[str, Any]) -> Any:
        """``run`` (folder), ``split``, ``weights`` (best, last or empty) -> see `core.analysis.evaluate`."""
        return self._answer("evaluate", args, lambda subject: evaluate(subject, _split(args)))

    def baselines(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split`` -> see `core.analysis.baselines`."""
        from core.analysis.baselines import baselines  # scikit-learn: when somebody asks

        return self._answer("baselines", args, lambda subject: baselines(subject, _split(args)))

    def layers(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split``, ``place``, ``node``, ``sample`` -> see `core.analysis.layers`."""
        place, node, sample = str(args.get("place") or ""), str(args.get("node") or ""), int(args.get("sample") or 0)
        return self._answer("layers", args, lambda subject: layers(subject, _split(args), place, node, sample))

    def latent(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split``, ``node`` (its whole path) -> see `core.analysis.latent`."""
        return self._answer("latent", args, lambda subject: latent(subject, _split(args), str(args["node"])))

    def flow(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split``, ``node`` (its whole path), ``sample`` -> see `core.analysis.flow`."""
        sample = int(args.get("sample") or 0)
        return self._answer("flow", args, lambda subject: flow(subject, _split(args), str(args["node"]), sample))

    def map(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split``, ``node`` (its whole path) -> see `core.analysis.som`."""
        return self._answer("map", args, lambda subject: organised(subject, _split(args), str(args["node"])))

    def routing(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split``, ``node`` (its whole path), ``sample`` -> see `core.analysis.routing`."""
        sample = int(args.get("sample") or 0)
        return self._answer("routing", args, lambda subject: routing(subject, _split(args), str(args["node"]), sample))

    def mask(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split``, ``node`` (its whole path), ``sample``, ``seed`` -> see `core.analysis.masks`."""
        node, sample, seed = str(args["node"]), int(args.get("sample") or 0), int(args.get("seed") or 0)
        return self._answer("mask", args, lambda subject: mask(subject, _split(args), node, sample, seed))

    def gates(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split``, ``node`` (its whole path), ``sample``, ``layer``, ``backward`` -> see
        `core.analysis.gates`."""
        sample, layer, backward = int(args.get("sample") or 0), int(args.get("layer") or 0), bool(args.get("backward"))
        node, split = str(args["node"]), _split(args)
        return self._answer("gates", args, lambda subject: gates(subject, split, node, sample, layer, backward))

    def reach(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split``, ``node``, ``sample``, ``row``, ``column`` (None: the middle) -> see
        `core.analysis.reach`."""
        sample, place = int(args.get("sample") or 0), [args.get(name) for name in ("row", "column")]
        row, column = (None if value is None else int(value) for value in place)
        node, split = str(args["node"]), _split(args)
        return self._answer("reach", args, lambda subject: reach(subject, split, node, sample, row, column))

    def wished(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split``, ``node``, ``unit``, ``steps``, ``decay``, ``smooth``, ``seed`` -> see
        `core.analysis.wished`."""
        unit_of, steps, seed = (int(args.get(name) or 0) for name in ("unit", "steps", "seed"))
        node, split = str(args["node"]), _split(args)
        decay, smooth = (float(args.get(name) or 0.0) for name in ("decay", "smooth"))
        return self._answer("wished", args, lambda s: wished(s, split, node, unit_of, steps, decay, smooth, seed))

    def normed(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split``, ``node`` (its whole path) -> see `core.analysis.normed`."""
        return self._answer("normed", args, lambda subject: normed(subject, _split(args), str(args["node"])))

    def sampled(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split``, ``node`` (its whole path), ``count``, ``seed``, ``temperature``, ``sample`` -> see
        `core.analysis.decoding.sampled`, like the two that follow."""
        node, count, seed = str(args["node"]), int(args.get("count", 64)), int(args.get("seed", 0))
        heat, sample = float(args.get("temperature", 1.0)), int(args.get("sample") or 0)
        return self._answer("sampled", args, lambda s: sampled(s, node, count, seed, heat, _split(args), sample))

    def between(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split``, ``node``, ``sample`` and ``other`` (positions of two examples), ``steps``."""
        node, steps = str(args["node"]), int(args.get("steps", 9))
        a, b = int(args.get("sample") or 0), int(args["other"])
        return self._answer("between", args, lambda subject: between(subject, node, a, b, steps, _split(args)))

    def plane(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split``, ``node``, ``size``, ``span``, ``across``, ``down``, ``sample``."""
        node, size, reach = str(args["node"]), int(args.get("size", 9)), float(args.get("span", 2.0))
        across, down, sample = int(args.get("across", 0)), int(args.get("down", 1)), int(args.get("sample") or 0)
        split = _split(args)
        return self._answer("plane", args, lambda s: plane(s, node, size, reach, across, down, split, sample))

    def unit(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split``, ``node`` (its whole path), ``unit``, ``sample`` -> see `core.analysis.unit`."""
        which, sample = int(args["unit"]), int(args.get("sample") or 0)
        return self._answer("unit", args, lambda subject: unit(subject, _split(args), str(args["node"]), which, sample))

    def monitor(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``path`` of new inputs, ``alpha``, ``least``, ``rows`` of one, ``growing``, ``chosen`` (the window
        told in full), ``seen`` -> see `core.analysis.drift.monitor`; None where the stamp is still the one seen."""
        from core.analysis.drift.monitor import Monitor, Watched, stamp  # scipy: when somebody asks

        at, subject = self._opened(args)
        path, chosen = Path(str(args["path"])), args.get("chosen")
        watched = Watched(float(args["alpha"]), float(args.get("least") or 0.0), int(args.get("rows") or 0))
        if self._monitor is None or self._monitor[:2] != (at, watched):
            self._monitor = (at, watched, Monitor(subject, watched))
        elif path.exists() and args.get("seen") == stamp(path):
            return None
        return self._monitor[2].look(path, bool(args.get("growing")), None if chosen is None else int(chosen))

    def writer(self, args: Mapping[str, Any]) -> Any:
        """``run`` -> whether and what it writes: see `core.analysis.writing.Text.facts`, and which weights."""
        at, subject = self._opened(args)
        return {**text_of(subject).facts(), "run": subject.run.title, "weights": at.which, "epoch": at.epoch}

    def write(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``prompt``, ``length``, ``temperature``, ``top_k``, ``seed``, ``so_far`` and ``count`` -> up to so
        many more symbols as ``text``, and whether that is ``done``."""
        style = Style(float(args["temperature"]), int(args["top_k"]), int(args["seed"]))
        writer, prompt, so_far = text_of(self._opened(args)[1]), str(args["prompt"]), str(args["so_far"])
        length = writer.amount(prompt, int(args["length"]))
        text = "".join(islice(writer.write(prompt, length, style, so_far), int(args["count"])))
        return {"text": text, "done": len(so_far) + len(text) >= length}

    def samples(self, args: Mapping[str, Any]) -> Any:
        """``run``, ``split``, ``positions`` -> see `core.analysis.samples`."""
        positions = [int(position) for position in args["positions"]]
        return samples(self._opened(args)[1], _split(args), positions)

    def _answer(self, name: str, args: Mapping[str, Any], make: Callable[[Subject], Any]) -> Any:
        at, subject = self._opened(args)
        key = (name, at, *sorted((k, str(v)) for k, v in args.items()))
        if key in self._answers:
            self._answers.move_to_end(key)
            return self._answers[key]
        found = self._answers[key] = make(subject)
        if len(self._answers) > ANSWERS:
            self._answers.popitem(last=False)
        return found

    def _opened(self, args: Mapping[str, Any]) -> tuple[Moment, Subject]:
        run, which = RunFolder.open(args["run"]), str(args.get("weights") or "")
        try:
            return self._loaded(run, moment(run, which))
        except LayerloomError as error:
            if error.problem.code != "weights" or not run.lock.held():
                raise
            return self._loaded(run, moment(run, which))  # they were being replaced by newer ones just then

    def _loaded(self, run: RunFolder, at: Moment) -> tuple[Moment, Subject]:
        if self._subject is None or self._subject[0] != at:
            self._subject = (at, Subject(run, at, self._prepared(run)))
        return self._subject

    def _prepared(self, run: RunFolder) -> Prepared:
        made = (run.path / "job.json").stat().st_mtime_ns
        if self._data is None or self._data[:2] != (run.path, made):
            self._data = (run.path, made, prepared_data(run, run.program))
        return self._data[2]


def _split(args: Mapping[str, Any]) -> str:
    return str(args.get("split") or "test")
