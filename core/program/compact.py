"""Names for the values of one method, as a person would choose them: a chain goes on under one name.

`x = self.conv(x)`, `x = self.relu(x)` reads better than a name for each value, and lets go of what is no longer needed.
A value that is used more than once (where a skip connection leaves, say) keeps a name of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.program.names import identifier
from core.program.program import Step

CHAIN = ("x", "y", "z")


def compact(
    steps: Sequence[Step], arguments: Sequence[str], kept: Sequence[str]
) -> tuple[list[Step], Mapping[str, str]]:
    """The steps with their values renamed, and what each value is called where the steps end.

    `arguments` are the names that are there from the beginning, `kept` the values that are returned. Values of steps
    with several results keep their names.
    """
    uses = Counter([*(name for step in steps for name in set(step.inputs.values())), *kept])
    last = {name: index for index, step in enumerate(steps) for name in step.inputs.values()}
    names = {name: name for name in arguments}
    alive = Counter(arguments)
    renamed: list[Step] = []
    for index, step in enumerate(steps):
        inputs = {end: names[name] for end, name in step.inputs.items()}
        dying = [name for name in dict.fromkeys(step.inputs.values()) if last[name] == index and name not in kept]
        alive.subtract(names[name] for name in dying)
        alive, loops = +alive, step.repeat > 1 or step.solver is not None
        for value in step.outputs.values():
            ending = [names[d] for d in dying if uses[value] <= uses[d]]  # a stream that branches goes on as itself
            read = list(inputs.values())[1:] if loops else []  # again and again, so they must not be overwritten
            ending = [name for name in ending if name not in read]
            chained = len(step.outputs) == 1 and (uses[value] <= 1 or ending)
            held = alive + Counter(read)
            names[value] = _name(value, ending, held) if chained else identifier(value, set(held))
        alive.update(names[value] for value in step.outputs.values())
        outputs = {port: names[value] for port, value in step.outputs.items()}
        renamed.append(replace(step, inputs=inputs, outputs=outputs))
    return renamed, names


def _name(value: str, dying: Sequence[str], alive: Mapping[str, int]) -> str:
    """The chain's name goes on; a new chain takes the first free one."""
    for name in (*dying, *CHAIN):
        if name in CHAIN and name not in alive:
            return name
    return identifier(value, set(alive))
