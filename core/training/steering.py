"""Live steering: settings that may change while a run goes on, and that a run which is resumed takes again.

Paths are those of `core.training.live`; each change is kept, in order, and replayed when the run goes on from a
checkpoint, so that the numbers are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from torch import nn

from core.training.held import is_parted
from core.training.parameters import parameters_of

if TYPE_CHECKING:
    from core.training.run import Run

_DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)


class Steering:
    """Changes the live settings of one run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._done: list[tuple[str, Any]] = []
        self._modules = {placed.node: placed.modules for placed in run.program.placed()}
        self._modes: dict[nn.Module, bool] = {}  # norms that do (True) or do not (False) follow the data any more

    def set(self, path: str, value: Any) -> tuple[str, float | None]:
        """Change a setting; returns its path in full, and the value that now holds.

        Raises:
            ValueError: there is no such setting, or the value does not fit; the sentence says what would.
        """
        head, _, name = path.replace(".optimizer.params.", ".").rpartition(".")
        if path == "epochs":
            holds: float | None = self._set_epochs(value)
        elif head.startswith("nodes.") and name in ("p", "frozen"):
            node = head.removeprefix("nodes.")
            holds = self._set_dropout(node, value) if name == "p" else self._set_frozen(node, value)
        else:
            holds = self._set_of_objective(head, name, value)
            path = f"{head}.{name}"
        if not path.endswith(".frozen"):  # of those the order counts: it is that of the optimizer's weights
            self._done = [(done, former) for done, former in self._done if done != path]
        self._done.append((path, value))
        return path, holds

    def state(self) -> list[list[Any]]:
        """Every change so far, as plain data."""
        return [list(change) for change in self._done]

    def load(self, state: Iterable[Sequence[Any]]) -> None:
        """Make the changes of a `state` again. Raises ValueError where one does not fit this run."""
        for path, value in state:
            self.set(path, value)

    def _set_epochs(self, value: Any) -> float:
        run, begun = self._run, -(-self._run.step // self._run.steps_per_epoch)
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise ValueError(f"epochs: expected a whole number, received {value!r:.40}.")
        if not max(1, begun) <= value <= 1_000_000:
            raise ValueError(f"epochs: {begun} have begun already, so expected {max(1, begun)} or more.")
        run.epochs = int(value)
        run.steps = run.epochs * run.steps_per_epoch
        run.engine.lengthen(run.steps)
        return float(value)

    def _set_of_objective(self, head: str, name: str, value: Any) -> float | None:
        index, _, part = head.removeprefix("objectives.").partition(".")
        engine = self._run.engine
        if not head.startswith("objectives.") or not index.isdecimal() or int(index) >= len(engine.trainers):
            text = f"{head}.{name}" if head else name
            raise ValueError(
                f"There is no setting {text!r:.60}; examples are objectives.0.lr, objectives.0.losses.NAME, epochs, "
                "nodes.ID.p and nodes.ID.frozen."
            )
        if part == "losses":
            return engine.weigh(int(index), name, value)
        return engine.trainers[int(index)].set(name, value)

    def _set_dropout(self, node: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise ValueError(f"p: expected a number from 0 to 1, received {value!r:.40}.")
        found = [m for m in self._inside(node) if isinstance(m, _DROPOUTS)]
        if not found:
            raise ValueError(f"The node {node!r:.60} has no dropout.")
        for module in found:
            module.p = float(value)
        return float(value)

    def _set_frozen(self, node: str, value: Any) -> float:
        if value not in (0, 1, True, False):
            raise ValueError(f"frozen: expected true or false, received {value!r:.40}.")
        run = self._run
        modules = list(self._inside(node))
        parameters = list({id(p): p for module in modules for p in module.parameters(recurse=False)}.values())
        if not parameters:
            raise ValueError(f"The node {node!r:.60} has no weights.")
        if any(is_parted(p) for p in parameters):
            raise ValueError("Weights that are shared out over processes are not frozen or thawed while they train.")
        if value:
            run.engine.freeze(parameters)
        else:
            run.engine.thaw(parameters, lambda o, i: parameters_of(run.net, run.program, o.trains, f"objectives.{i}"))
        for module in modules:
            if isinstance(module, nn.modules.batchnorm._NormBase):
                self._modes[module] = not value
        self._keep_modes()
        return float(bool(value))

    def _keep_modes(self) -> None:
        """Let the network's own mode leave alone what is frozen here, and reach what no longer is."""
        net, modes = self._run.net, self._modes
        own = type(net).train

        def train(mode: bool = True) -> nn.Module:
            own(net, mode)
            for module, follows in modes.items():
                module.train(mode and follows)
            return net

        net.train = train  # type: ignore[method-assign]
        net.train(net.training)

    def _inside(self, node: str) -> Iterable[nn.Module]:
        for name in self._modules.get(node, ()):
            yield from self._run.net.get_submodule(name).modules()
