"""Which parameters an objective trains, and the leaves that its optimizer steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from core.problem import Fix, LayerloomError
from core.program.program import Program
from core.training.flat import flatten
from core.training.job import Objective


@dataclass(frozen=True, slots=True)
class Leaf:
    """What an optimizer steps: one parameter of the network, or several laid out as one.

    `scale` multiplies the learning rate.
    """

    parameter: nn.Parameter
    members: tuple[nn.Parameter, ...]
    scale: float = 1.0


def trained_parameters(net: nn.Module, program: Program, objective: Objective, index: int) -> list[nn.Parameter]:
    """The parameters that an objective trains, each once, in the order of the network.

    Raises:
        LayerloomError: a node in `trains` does not exist, or nothing is left to train.
    """
    place = f"objectives.{index}.trains"
    chosen = parameters_of(net, program, objective.trains, place) if objective.trains else net.parameters()
    wanted = {id(p) for p in chosen if p.requires_grad}
    found = [p for p in net.parameters() if id(p) in wanted]
    if not found:
        raise LayerloomError(
            f"The objective {objective.name!r:.60} has nothing to train: the design has no weights, or all are frozen.",
            code="nothing-to-train",
        )
    return found


def parameters_of(net: nn.Module, program: Program, paths: Iterable[str], place: str) -> list[nn.Parameter]:
    """The parameters of the nodes at these paths; `place` is where the job names them, for messages.

    Raises:
        LayerloomError: there is no such node, or it has no weights.
    """
    found: list[nn.Parameter] = []
    for path in paths:
        modules, inside = [net], program
        for part in path.split("/"):
            step = next((s for s in inside.steps if s.node.rpartition("/")[2] == part), None)
            if step is None or not step.module:
                message = f"Training job: {place}: there is no node {path!r:.60} with weights."
                fixes = (Fix(f"Reset {place.rpartition('.')[2]}", "set_job", {"path": place, "value": None}),)
                raise LayerloomError(message, code="job", received=path, fixes=fixes)
            modules = [module.get_submodule(step.module) for module in modules]
            if step.repeat > 1:
                modules = [copy for module in modules for copy in module.children()]
            inside = program.blocks.get(step.block, inside)
        found += [p for module in modules for p in module.parameters()]
    return found


def scales(net: nn.Module, program: Program, objective: Objective, index: int) -> dict[int, float]:
    """The learning-rate multiplier of each parameter that has one of its own, by `id`; a nested node's counts last.

    Raises:
        LayerloomError: there is no such node, or it has no weights.
    """
    found: dict[int, float] = {}
    for path in sorted(objective.rates, key=lambda path: path.count("/")):
        of = parameters_of(net, program, (path,), f"objectives.{index}.rates")
        found.update({id(p): objective.rates[path] for p in of})
    return found


def leaves_by_owner(
    trained: Sequence[Sequence[nn.Parameter]], joins: Sequence[bool], factors: Sequence[Mapping[int, float]]
) -> list[list[Leaf]]:
    """What each objective's optimizer steps.

    Where all that train them join (`joins`), parameters that the same objectives train with the same multiplier, and
    that have one dtype and device, become one leaf.
    """
    owners: dict[int, tuple[int, ...]] = {}
    every: dict[int, nn.Parameter] = {}
    for index, parameters in enumerate(trained):
        for p in parameters:
            owners[id(p)] = (*owners.get(id(p), ()), index)
            every[id(p)] = p
    groups: dict[Any, list[nn.Parameter]] = {}
    for key, p in every.items():
        own = owners[key]
        alone = None if all(joins[i] for i in own) else key
        groups.setdefault((own, tuple(factors[i].get(key, 1.0) for i in own), p.dtype, p.device, alone), []).append(p)
    leaves: list[list[Leaf]] = [[] for _ in trained]
    for (own, multipliers, _, _, alone), members in groups.items():
        leaf = members[0] if alone else flatten(members)
        for index, scale in zip(own, multipliers, strict=True):
            leaves[index].append(Leaf(leaf, tuple(members), scale))
    return leaves
