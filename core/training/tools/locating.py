"""Where a loss or a gradient stopped being a number: the steps since the last good state are taken once more, and the
one that broke is watched operation by operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from core.problem import LayerloomError, Problem
from core.training.checkpoint import Checkpoint
from core.training.computing import Batch, in_precision
from core.training.engine import Taken
from core.training.run import Run
from core.training.tools.remedies import GROWN, told
from core.training.tools.watching import Break, Watch, facts


def located(run: Run, error: LayerloomError, start: Checkpoint) -> LayerloomError:
    """The error of a run that broke after `start`, with the node and the operation that broke first.

    The run is taken back to `start` and steps on to the first loss, gradient or weight that is no number; it is of no
    use afterwards. On a CPU the steps are the very same. Where nothing breaks this time, the error stays as it is.
    """
    until = run.step
    compute = run.engine.compute
    run.engine.compute = in_precision(run.net.step, run.job.precision, run.device)  # type: ignore[arg-type]
    try:
        step = _first_bad(run, start, until)
        if step is None:
            return error
        problem = _told(run, start, step, error.problem)
    finally:
        run.engine.compute = compute
    if problem is None:
        return error
    return LayerloomError(replace(problem, detail="\n".join(filter(None, (error.problem.message, problem.detail)))))


def _first_bad(run: Run, start: Checkpoint, until: int) -> int | None:
    """The first step after which something is no number; counted from 0."""
    run.restore(start)
    if not run.engine.finite():
        return run.step
    for batch in _batches(run, until):
        taken = run.engine.step(batch, run.step, run.batch_of)
        if not (_is_number(taken) and run.engine.finite() and _gradients_are_numbers(run)):
            return run.step
        run.step += 1
    return None


def _told(run: Run, start: Checkpoint, step: int, problem: Problem) -> Problem | None:
    """The problem with its place, from watching the step that broke."""
    run.restore(start)
    run.net.train()
    at = f"in epoch {1 + step // run.steps_per_epoch}, at step {step + 1}"
    broken = _weights(run)
    if broken:
        label = run.engine.labels.get(broken, broken)
        text = f"The weights of {label} are no numbers before the first step: see how they begin."
        return replace(problem, message=text, node=broken, fixes=())
    for batch in _batches(run, step):
        run.engine.step(batch, run.step, run.batch_of)
        run.step += 1
    batch = next(_batches(run, step + 1))
    spoilt = _spoilt(run, batch, at, problem)
    if spoilt is not None:
        return spoilt
    watch = Watch()
    with watch:
        taken = run.engine.step(batch, run.step, run.batch_of)
    found = _guilty(watch, taken)
    if found is not None:
        return _of_break(run, found, at, problem)
    return _of_step(run, at, problem)


def _batches(run: Run, until: int) -> Iterator[Batch]:
    """The batches from the run's step up to another; whoever takes them counts the steps, and the epochs' ends are
    those of the run, as far as schedules hear of them."""
    while run.step < until:
        epoch, begin = divmod(run.step, run.steps_per_epoch)
        for batch in run.batches(epoch, begin):
            yield batch
            if run.step >= until:
                return


def _is_number(taken: Taken) -> bool:
    return bool(torch.isfinite(taken.loss.detach()).all())


def _gradients_are_numbers(run: Run) -> bool:
    """Scaled ones may overflow: the scaler then leaves the step out."""
    leaves = [leaf for trainer in run.engine.trainers if trainer.scaler is None for leaf in trainer.leaves]
    return all(leaf.grad is None or bool(torch.isfinite(leaf.grad).all()) for leaf in leaves)


def _guilty(watch: Watch, taken: Taken) -> Break | None:
    """The break that the loss comes from, or else the first on the way back."""
    for loss in (*taken.losses.values(), taken.loss):
        if not bool(torch.isfinite(loss.detach()).all()):
            return watch.origin(loss) or next(iter(watch.breaks), None)  # an objective before may have broken it
    return next((found for found in watch.breaks if found.backward), None)


def _of_break(run: Run, found: Break, at: str, problem: Problem) -> Problem:
    root = found
    while root.cause is not None:
        root = root.cause
    labels = run.engine.labels
    remedy = told(root)
    label = labels.get(root.node, root.node)
    text = f"{label}: {remedy.what} {at}."
    if root is not found:
        text += f" {labels.get(found.node, found.node)} then made NaN of that infinity ({found.operation})."
    grown = max((f.largest for f in root.given), default=0.0) > GROWN
    if grown:
        text += (
            f" What went in had grown to {max(f.largest for f in root.given):.1e} by then, so the training runs away: "
            f"lower the learning rate (now {run.engine.trainers[0].lr:g}) or clip the gradients."
        )
    else:
        text += f" {remedy.way_out}"
    fixes = problem.fixes if grown or remedy.steps_help else ()
    others = tuple(dict.fromkeys(node for node in (found.node, problem.node) if node and node != root.node))
    return replace(
        problem, message=text, node=root.node, others=others, received=remedy.met, expected="numbers", fixes=fixes
    )


def _spoilt(run: Run, batch: Batch, at: str, problem: Problem) -> Problem | None:
    """Trouble that came with the data."""
    nodes = {value.name: value.node for value in (*run.program.inputs, *run.program.targets)}
    for name, value in batch.items():
        seen = facts(value) if value.is_floating_point() else None
        if seen is not None and not seen.finite:
            what = " and ".join(
                f"{count:,} {kind}" for count, kind in ((seen.nans, "NaN"), (seen.infinite, "infinite")) if count
            )
            rows = value.reshape(len(value), -1).isfinite().all(1).logical_not().nonzero().reshape(-1)
            many = "s" if len(rows) > 1 else ""
            text = (
                f"The data: {name} has {what} values in {len(rows):,} example{many} of the batch {at}. "
                f"Fill or drop them (Data panel), or mend the file."
            )
            return replace(problem, message=text, node=nodes.get(name, ""), received=what, fixes=())
    return None


def _of_step(run: Run, at: str, problem: Problem) -> Problem | None:
    """All gradients were numbers, and the step took the weights beyond what a number can be."""
    node = _weights(run)
    if not node:
        return None
    label, rate = run.engine.labels.get(node, node), run.engine.trainers[0].lr
    text = (
        f"{label}: the optimizer's step {at} took its weights beyond what a number can hold, though all gradients were "
        f"numbers. The learning rate ({rate:g}) is far too high."
    )
    return replace(problem, message=text, node=node, expected="numbers", received="infinite weights")


def _weights(run: Run) -> str:
    """The first node whose weights are no numbers."""
    for placed in run.program.placed():
        if placed.step.layer:
            for name in placed.modules:
                every = run.net.get_submodule(name).parameters()
                if not all(bool(torch.isfinite(p.detach()).all()) for p in every):
                    return placed.node
    return ""
