"""An objective at work: what it steps, its optimizer, its penalties, and the rates that its schedule sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from core.catalog.optimizers import OPTIMIZERS
from core.catalog.schedules import Plateau, Schedule, schedule
from core.problem import LayerloomError
from core.training.fused import stepping
from core.training.held import held, parted_as
from core.training.job import Objective
from core.training.optimizers import make, memory, remember
from core.training.parameters import Leaf
from core.training.penalty import Penalty

LIMITS = ("clip_norm", "clip_value")
PENALTIES = ("l1", "l2")


class Shared(Protocol):
    """Makes gradients, and a loss, means over all processes that train together."""

    def gradients(self) -> None: ...

    def loss(self, loss: Tensor) -> Tensor: ...


class Trainer:
    """Steps one objective's parameters along their gradients.

    Args:
        leaves: what the optimizer steps (see `leaves_by_owner`).
        penalised: the parameters whose size is penalised.
        index: place of the objective in the job, for messages and paths.
        steps, steps_per_epoch: length of the run, for the schedule.
        scaler: keeps small gradients of half precision from vanishing; None where none are half.

    Raises:
        LayerloomError: the optimizer or the schedule does not hold, or does not go with the rest of the objective.
    """

    def __init__(
        self,
        objective: Objective,
        index: int,
        leaves: Sequence[Leaf],
        penalised: Sequence[nn.Parameter],
        steps: int,
        steps_per_epoch: int,
        scaler: torch.amp.GradScaler | None = None,
    ) -> None:
        self.objective, self.index, self.leaves = objective, index, [leaf.parameter for leaf in leaves]
        self.values, self.schedule = _checked(objective, index, leaves, steps, steps_per_epoch)
        self.looks_again = OPTIMIZERS[objective.optimizer.kind].looks_again
        self.clip_norm, self.clip_value = objective.clip_norm, objective.clip_value
        self.penalty = Penalty(penalised, objective.l1, objective.l2, objective.l1_shrinks)
        self.lr: float = self.values["lr"]  # as set; `rate` is what the schedule makes of it
        self.plateau = Plateau(self.schedule.fields, self.lr) if self.schedule.spec.follows else None
        self.scaler = scaler
        self.gathered = 0  # batches whose gradients wait for the step
        self.shared: Shared | None = None  # where several processes train together
        self.share = 1.0  # what the loss of this one's part of the batch is multiplied with
        self._scales = sorted({leaf.scale for leaf in leaves})
        groups = [{"params": [f.parameter for f in leaves if f.scale == scale]} for scale in self._scales]
        self.optimizer = make(objective.optimizer.kind, groups, self.values, scaled=scaler is not None)
        self._move = stepping(self.optimizer)
        self.leaves = [leaf for group in groups for leaf in group["params"]]  # in the optimizer's order
        self.rate = self.schedule.rate(self.lr, 0)
        self._kept = [leaf for leaf in self.leaves if leaf.grad is not None]  # the gradients of flat ones are kept

    def clear(self) -> None:
        """Forget the gradients of the last step."""
        if self._kept:
            for leaf in self._kept:
                leaf.grad.zero_()  # type: ignore[union-attr]
        else:
            self.optimizer.zero_grad(set_to_none=True)

    def gather(self, loss: Tensor, inputs: Sequence[nn.Parameter] | None = None) -> None:
        """Add the gradients of a batch to those that wait for the step."""
        self.gathered += 1
        if self.looks_again:
            return  # the step computes its own
        if self.gathered == 1:
            self.clear()
        if self.share != 1.0:
            loss = loss * self.share
        if self.scaler is not None:
            loss = self.scaler.scale(loss)
        torch.autograd.backward(loss, inputs=inputs)

    def due(self, done: int) -> bool:
        """Whether enough batches were gathered; the run's last ones are stepped on whatever their number."""
        return self.gathered >= self.objective.accumulate or done + 1 >= self.schedule.steps

    def step(self, done: int, again: Callable[[], Tensor] | None = None) -> None:
        """Limit the gradients and move the parameters; `done` steps came before. `again` computes the loss anew, for
        optimizers that look again."""
        if self.shared is not None and not self.looks_again:
            self.shared.gradients()
        if self.gathered > 1:
            torch._foreach_div_(self._gradients(), float(self.gathered))
        self.gathered = 0
        self.rate = self.schedule.rate(self.plateau.rate if self.plateau else self.lr, done)
        for group, scale in zip(self.optimizer.param_groups, self._scales, strict=True):
            group["lr"] = self.rate * scale
        if self.schedule.spec.momentum:
            self._set_momentum(self.schedule.momentum(done))
        if self.looks_again:
            assert again is not None
            self._step_looking(again)
        elif self.scaler is not None:
            self.scaler.unscale_(self.optimizer)
            self._limit()
            self.scaler.step(self.optimizer)
            self.scaler.update()
        else:
            self._limit()
            self._move()
        if self.penalty.shrinks:
            self.penalty.shrink(self.rate * self._reach())

    def epoch_ended(self, values: Mapping[str, float]) -> None:
        """Tell a schedule that follows a series what the epoch gave."""
        if self.plateau is not None:
            self.plateau.epoch_ended(values[self.schedule.fields["metric"]])

    def gradient_norm(self) -> Tensor | None:
        """The norm of all gradients of the last step (after clipping) that this process holds, on the device."""
        gradients = [held(gradient) for gradient in self._gradients()]
        norms = torch._foreach_norm(gradients) if gradients else []
        return torch.linalg.vector_norm(torch.stack(list(norms))) if norms else None

    def extend(self, parameters: Sequence[nn.Parameter]) -> None:
        """Step these too from now on, one by one. Raises ValueError where the optimizer takes no further weights."""
        if self.looks_again:
            raise ValueError("L-BFGS takes no further weights while it runs.")
        self.optimizer.add_param_group({"params": list(parameters)})
        self._scales.append(1.0)
        self.leaves += parameters
        if self._kept:
            for parameter in parameters:
                parameter.grad = torch.zeros_like(parameter)
            self._kept += parameters

    def set(self, name: str, value: Any) -> float | None:
        """Change a live setting; returns the value that now holds.

        Raises:
            ValueError: there is no such setting, or the value does not fit.
        """
        if name in LIMITS:
            if value is not None and not (isinstance(value, int | float) and 0 < value < float("inf")):
                raise ValueError(f"{name}: expected a number above 0 or nothing, received {value!r:.40}.")
            setattr(self, name, value)
            return None if value is None else float(value)
        if name in PENALTIES:
            return self.penalty.set(name, value)
        if name not in self.values or not isinstance(self.values[name], float):
            known = [n for n, v in self.values.items() if isinstance(v, float)]
            every = ", ".join((*known, *LIMITS, *PENALTIES))
            raise ValueError(f"{name!r:.40} cannot be changed during a run; {every} can.")
        spec = OPTIMIZERS[self.objective.optimizer.kind]
        self.values = spec.values({**self.values, name: value})
        if name == "lr":
            self.lr = self.values["lr"]
            if self.plateau is not None:
                self.plateau.rate = self.lr
        else:
            for group in self.optimizer.param_groups:
                group[name] = self.values[name]
        return float(self.values[name])

    def live_state(self) -> dict[str, Any]:
        """The settings as they are now and what else is plain, for a checkpoint."""
        return {
            "values": self.values,
            "clip_norm": self.clip_norm,
            "clip_value": self.clip_value,
            **{name: getattr(self.penalty, name) for name in PENALTIES},
            "plateau": self.plateau.state() if self.plateau else None,
            "gathered": self.gathered,
            "memory": memory(self.optimizer)[1],
            "scaler": self.scaler.state_dict() if self.scaler else None,
        }

    def tensors(self) -> dict[str, Tensor]:
        """The optimizer's memory (momenta, squares, counts), and gradients that wait for their step."""
        waiting = {f"grad.{i}": leaf.grad for i, leaf in enumerate(self.leaves) if leaf.grad is not None}
        return {**memory(self.optimizer)[0], **(waiting if self.gathered else {})}

    def load(self, state: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
        """Go on from a `live_state` and its `tensors`. Raises ValueError where they are not those of this objective."""
        kept = {name: tensor for name, tensor in tensors.items() if not name.startswith("grad.")}
        remember(self.optimizer, self.leaves, kept, state.get("memory", {}))
        for name, value in state["values"].items():
            if isinstance(value, float) and value != self.values[name]:
                self.set(name, value)
        self.clip_norm, self.clip_value = state["clip_norm"], state["clip_value"]
        for name in PENALTIES:
            self.penalty.set(name, state.get(name, getattr(self.penalty, name)))
        if self.plateau is not None and state.get("plateau"):
            self.plateau.load(state["plateau"])
        if self.scaler is not None and state.get("scaler"):
            self.scaler.load_state_dict(dict(state["scaler"]))
        self.gathered = state.get("gathered", 0)
        for index, leaf in enumerate(self.leaves if self.gathered else ()):
            waiting = tensors.get(f"grad.{index}")
            if waiting is not None:
                waiting = parted_as(waiting.to(leaf.device), leaf)
                leaf.grad = waiting if leaf.grad is None else leaf.grad.copy_(waiting)

    def _gradients(self) -> list[Tensor]:
        return [leaf.grad for leaf in self.leaves if leaf.grad is not None]

    def _limit(self) -> None:
        """What comes between backward and the step: the penalties' gradients, and clipping."""
        self.penalty.add_gradients()
        if self.clip_value is not None:
            nn.utils.clip_grad_value_(self.leaves, self.clip_value)
        if self.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.leaves, self.clip_norm)

    def _step_looking(self, again: Callable[[], Tensor]) -> None:
        def closure() -> float:
            self.clear()
            loss = again() * self.share
            loss.backward()  # type: ignore[no-untyped-call]
            if self.shared is not None:
                self.shared.gradients()
                loss = self.shared.loss(loss)
            self._limit()
            return float(loss.detach() + self.penalty.value())

        self.optimizer.step(closure)

    def _reach(self) -> float:
        """How often a steady gradient counts by momentum, where that does not weigh it by ``1 - momentum`` itself."""
        group = self.optimizer.param_groups[0]
        return (1 - group["dampening"]) / (1 - group["momentum"]) if "dampening" in group else 1.0

    def _set_momentum(self, value: float | None) -> None:
        for group in self.optimizer.param_groups if value is not None else ():
            if "betas" in group:
                group["betas"] = (value, *group["betas"][1:])
            elif "momentum" in group:
                group["momentum"] = value


def _checked(
    objective: Objective, index: int, leaves: Sequence[Leaf], steps: int, steps_per_epoch: int
) -> tuple[dict[str, Any], Schedule]:
    kind = objective.optimizer.kind
    try:
        if kind not in OPTIMIZERS:
            raise ValueError(f"There is no optimizer {kind!r:.40}; there are {', '.join(OPTIMIZERS)}.")
        spec = OPTIMIZERS[kind]
        if spec.looks_again and objective.accumulate > 1:
            raise ValueError(f"{spec.label} cannot gather gradients of several batches; set accumulate to 1.")
        if spec.looks_again and len({leaf.scale for leaf in leaves}) > 1:
            raise ValueError(f"{spec.label} knows one learning rate for all weights; clear the multipliers.")
        values = spec.values(objective.optimizer.params)
        return values, schedule(objective.schedule, steps, steps_per_epoch, objective.warmup)
    except ValueError as error:
        raise LayerloomError(f"Training job: objectives.{index}: {error}", code="job") from error
