"""Values are named as a person would name them, and never one for another."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from core.program.compact import compact
from core.program.program import Step


def _step(name: str, *inputs: str, outputs: Mapping[str, str] | None = None) -> Step:
    return Step(
        name, name, layer="any", inputs={f"p{i}": v for i, v in enumerate(inputs)}, outputs=outputs or {"y": name}
    )


def _text(steps: list[Step]) -> list[str]:
    return [f"{', '.join(s.outputs.values())} = {s.name}({', '.join(s.inputs.values())})" for s in steps]


def test_a_chain_goes_on_under_one_name() -> None:
    steps, names = compact([_step("conv", "pixels"), _step("relu", "conv")], ["pixels"], ["relu"])
    assert _text(steps) == ["x = conv(pixels)", "x = relu(x)"]
    assert names["relu"] == "x"


def test_a_residual_stream_goes_on_as_itself() -> None:
    block = [_step("norm", "x"), _step("mix", "norm"), _step("add", "mix", "x")]
    steps, names = compact([*block, _step("norm2", "add"), _step("out", "norm2", "add")], ["x"], ["out"])
    assert _text(steps) == ["y = norm(x)", "y = mix(y)", "x = add(y, x)", "y = norm2(x)", "y = out(y, x)"]
    assert names["out"] == "y"


def test_a_value_used_twice_keeps_its_name() -> None:
    steps, _ = compact(
        [_step("encoder", "pixels"), _step("a", "encoder"), _step("b", "a", "encoder")], ["pixels"], ["b"]
    )
    assert _text(steps) == ["encoder = encoder(pixels)", "x = a(encoder)", "x = b(x, encoder)"]


@st.composite
def _programs(draw: st.DrawFn) -> tuple[list[Step], list[str], list[str]]:
    arguments = draw(st.lists(st.sampled_from(["x", "y", "features", "c"]), min_size=1, max_size=3, unique=True))
    known, steps = list(arguments), []
    for index in range(draw(st.integers(1, 12))):
        inputs = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3))
        made = [f"v{index}_{k}" for k in range(draw(st.integers(1, 2)))]
        steps.append(_step(f"s{index}", *inputs, outputs={f"o{k}": name for k, name in enumerate(made)}))
        known += made
    return steps, arguments, draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True))


@given(_programs())
@settings(max_examples=300, deadline=None)
def test_renamed_programs_compute_the_same(program: tuple[list[Step], list[str], list[str]]) -> None:
    steps, arguments, kept = program
    renamed, names = compact(steps, arguments, kept)
    assert [_run(steps, arguments)[k] for k in kept] == [_run(renamed, arguments)[names[k]] for k in kept]


def _run(steps: list[Step], arguments: list[str]) -> dict[str, object]:
    """Every value as the expression that made it: equal only where the same was computed."""
    values: dict[str, object] = {name: name for name in arguments}
    for step in steps:
        given = tuple(values[name] for name in step.inputs.values())
        values.update({name: (step.name, port, given) for port, name in step.outputs.items()})
    return values
