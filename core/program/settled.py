"""What a value is in evaluation, where layers let pass what they change in training."""

from __future__ import annotations

from core.catalog.families import default_catalog
from core.program.program import Program


def settled(program: Program, value: str) -> str:
    """The value that this one equals in evaluation: itself, or what layers that only act in training are given."""
    made = {name: (step, port) for step in program.steps for port, name in step.outputs.items()}
    while value in made:
        step, port = made[value]
        spec = default_catalog().get(step.layer) if step.layer else None
        given = spec.output[port].evaluates_to if spec is not None and port in spec.output else ""
        if not given:
            return value
        value = step.inputs[given]
    return value
