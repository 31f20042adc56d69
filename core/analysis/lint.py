"""What looks wrong with a training before it runs: its data and its job, each finding with a way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.analysis.preflight import Preflight
from core.catalog.families import default_catalog
from core.catalog.optimizers import OPTIMIZERS
from core.problem import Fix, Problem, Severity
from core.program.program import Program
from core.training.job import Job

FAR = 10.0  # a feature whose spread or middle is beyond this is not scaled for a network
APART = 100.0  # how many times the spread of one feature may be that of another
UNEVEN, LOPSIDED = 3.0, 10.0  # the largest class by the smallest: worth a hint, worth a warning
SOME = 0.01  # a share of held-out examples that are also trained on, from which it is no chance any more


def findings(
    program: Program, job: Job, preview: Mapping[str, Any] | None = None, estimate: Mapping[str, Any] | None = None
) -> list[Problem]:
    """The findings, warnings first.

    `preview` is the answer of `core.data.preview`, `estimate` that of `core.analysis.estimate`; what rests on one that
    is missing is not looked at. Softmax before a cross-entropy and the like are found by the design's own checks.
    """
    found = [*_no_validation(job), *_learning_rates(job)]
    if preview is not None:
        found += [*_unscaled(program, job, preview), *_imbalance(program, job, preview), *_remarked(preview)]
    if estimate is not None:
        found += _leakage(job, estimate)
    return sorted(found, key=lambda problem: problem.severity != Severity.WARNING)


def room(found: Preflight, free: int) -> list[Problem]:
    """A warning where a training needs more memory than so many free bytes, mended by smaller batches if they would."""
    memory = found.memory
    if memory.fits(free):
        return []
    largest = memory.largest_batch(free)
    size = 1 << (largest.bit_length() - 1) if largest else 0
    fixes = (Fix(f"Batches of {size:,}", "set_job", {"path": "batch_size", "value": size}),) if size else ()
    needs, has = (f"{number / 1e6:,.1f} MB" for number in (memory.total, free))
    text = f"Training needs about {needs}, and {has} are free" + ("." if size else "; no batch is small enough.")
    return [Problem("memory", text, severity=Severity.WARNING, expected=has, received=needs, fixes=fixes)]


def _no_validation(job: Job) -> Iterator[Problem]:
    if job.data.split.validation or job.data.split.folds or job.data.source.kind == "none":
        return
    text = "No data is set aside for validation, so nothing tells when the network begins to learn by heart."
    fix = Fix("Set 15 % aside", "set_job", {"path": "data.split.validation", "value": 0.15})
    yield Problem("no-validation", text, severity=Severity.WARNING, fixes=(fix,))


def _learning_rates(job: Job) -> Iterator[Problem]:
    for index, objective in enumerate(job.objectives):
        spec = OPTIMIZERS[objective.optimizer.kind]
        rate = spec.values(objective.optimizer.params)["lr"]
        low, high = spec.usual
        if low <= rate <= high:
            continue
        default = spec.param["lr"].default
        fate = "the weights will hardly move" if rate < low else "the loss may jump about or blow up"
        text = f"Learning rate {rate:g}: {fate}. With {spec.label}, {low:g} to {high:g} is usual."
        path = f"objectives.{index}.optimizer.params.lr"
        fix = Fix(f"Set it to {default:g}", "set_job", {"path": path, "value": default})
        received, expected = f"{rate:g}", f"{low:g} to {high:g}"
        yield Problem(
            "learning-rate", text, severity=Severity.WARNING, received=received, expected=expected, fixes=(fix,)
        )


def _unscaled(program: Program, job: Job, preview: Mapping[str, Any]) -> Iterator[Problem]:
    """Fields of numbers that enter the network, or are to be predicted, as they are."""
    prepared = {transform.field for transform in job.data.transforms}
    normalised = {value.field for value in program.inputs if _is_normalised(program, value.name)}
    used = dict.fromkeys(value.field for value in (*program.inputs, *program.targets) if value.field)
    for name in used:
        field = preview["fields"].get(name, {})
        rows = [row for row in field.get("statistics", ()) if "std" in row]
        if name in prepared or name in normalised or field.get("dtype") != "float" or not rows:
            continue
        why = _why_unscaled(rows)
        if why:
            text = f"{name} is not scaled: {why}. Networks learn best from numbers around 0 with a spread near 1."
            at = f"data.transforms.{len(job.data.transforms)}"
            fix = Fix(f"Standardise {name}", "set_job", {"path": at, "value": {"kind": "standardise", "field": name}})
            yield Problem("unscaled", text, severity=Severity.WARNING, fixes=(fix,))


def _is_normalised(program: Program, value: str) -> bool:
    """Whether all that reads a value brings it to one scale by itself."""
    readers = [step.layer for step in program.steps if value in step.inputs.values()]
    specs = [default_catalog().get(layer) for layer in readers]
    return bool(specs) and all(spec is not None and spec.category == "Normalisation" for spec in specs)


def _why_unscaled(rows: list[Mapping[str, Any]]) -> str:
    furthest = max(rows, key=lambda row: max(abs(row["mean"]), row["std"]))
    if max(abs(furthest["mean"]), furthest["std"]) > FAR:
        name, mean, std = furthest["name"], furthest["mean"], furthest["std"]
        return f"{name} lies around {mean:.3g} with a spread of {std:.3g}"
    moving = [row for row in rows if row["std"] > 0]
    if len(moving) < 2:
        return ""
    least, most = min(moving, key=lambda row: row["std"]), max(moving, key=lambda row: row["std"])
    ratio = most["std"] / least["std"]
    return f"{most['name']} spreads {ratio:.3g} times as far as {least['name']}" if ratio > APART else ""


def _imbalance(program: Program, job: Job, preview: Mapping[str, Any]) -> Iterator[Problem]:
    balance = preview["balance"]
    if job.balance != "none" or not balance or all(value.field != balance["field"] for value in program.targets):
        return
    counts = dict(zip(balance["classes"], balance["counts"]["train"], strict=True))
    there = {name: count for name, count in counts.items() if count}
    if len(there) < 2:
        return
    least, most = min(there, key=lambda name: there[name]), max(there, key=lambda name: there[name])
    ratio = there[most] / there[least]
    if ratio < UNEVEN:
        return
    text = (
        f"Classes are uneven: {there[most]:,} examples of {most} train, and {there[least]:,} of {least}. A network "
        f"that always answers {most} is right in {there[most] / sum(there.values()):.0%} of all cases."
    )
    fixes = (
        Fix("Draw them equally often", "set_job", {"path": "balance", "value": "sampling"}),
        Fix("Weigh the losses", "set_job", {"path": "balance", "value": "weights"}),
    )
    severity = Severity.WARNING if ratio >= LOPSIDED else Severity.HINT
    yield Problem("imbalance", text, severity=severity, fixes=fixes)


def _remarked(preview: Mapping[str, Any]) -> Iterator[Problem]:
    """What is odd about the data itself: classes too small to be divided, columns that tell nothing."""
    yield from map(Problem.from_json, preview.get("problems", ()))


def _leakage(job: Job, estimate: Mapping[str, Any]) -> Iterator[Problem]:
    sizes = estimate["examples"]
    some_left = all(count < sizes[part] for part, count in estimate["overlap"].items() if sizes[part])
    fix = Fix("Keep the parts apart", "set_job", {"path": "data.split.apart", "value": True})
    for part, count in estimate["overlap"].items():
        if not count:
            continue
        text = (
            f"{count:,} of {sizes[part]:,} {part} examples are also trained on ({count / sizes[part]:.1%}): what is "
            "measured there tells too little of what the network does with new data."
        )
        severity = Severity.WARNING if count >= SOME * sizes[part] else Severity.HINT
        fixes = (fix,) if some_left and not job.data.split.apart else ()
        yield Problem("leakage", text, severity=severity, received=str(count), expected="0", fixes=fixes)
