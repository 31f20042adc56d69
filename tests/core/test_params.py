"""Fields check what they are given, say clearly what is wrong, and read back what they print."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog.families import default_catalog
from core.catalog.initialisers import INITIALISERS
from core.spec.param import Param
from core.spec.params import Bool, Choice, Float, Floats, Int, Ints, Padding, Pair, Several, Text, Triple, defaults


def _fields() -> Iterator[Any]:
    for owner in (*default_catalog(), *INITIALISERS.values()):
        for param in owner.params:
            yield pytest.param(param, id=f"{owner.id}.{param.name}")


every_field = pytest.mark.parametrize("param", list(_fields()))


def values(param: Param) -> st.SearchStrategy[Any]:
    """Any value that the field allows."""
    made: st.SearchStrategy[Any]
    match param:
        case Bool():
            made = st.booleans()
        case Choice():
            made = st.sampled_from(param.choices)
        case Int():
            made = st.integers(param.min, param.max)
        case Float():
            made = st.floats(param.min, param.max, allow_nan=False, allow_infinity=False, exclude_min=param.above)
        case Ints():
            one = st.integers(param.min, param.max)
            length = param.length
            made = st.lists(one, min_size=length or 0, max_size=length or 6).map(tuple)
            made = st.one_of(made, one) if param.scalar else made
        case Floats():
            made = st.lists(st.floats(param.min, param.max, allow_nan=False, allow_infinity=False), max_size=6).map(
                tuple
            )
        case Padding():
            one = st.integers(0, 99)
            many = st.lists(one, min_size=param.length, max_size=param.length).map(tuple)
            made = st.one_of(st.sampled_from(param.words), one, many)
        case _:
            made = st.from_regex(r"[a-z_]+", fullmatch=True).filter(lambda word: word != "none")
    return st.one_of(st.none(), made) if param.optional else made


@every_field
@settings(max_examples=25)
@given(data=st.data())
def test_every_value_survives_being_printed_and_read(param: Param, data: st.DataObject) -> None:
    value = data.draw(values(param))
    normal = param.check(value)
    assert param.check(normal) == normal
    assert param.parse(param.format(normal)) == normal


@every_field
def test_the_default_fits_and_is_in_normal_form(param: Param) -> None:
    assert param.check(param.default) == param.default
    assert type(param.check(param.default)) is type(param.default)


@every_field
def test_a_bad_value_gets_a_sentence(param: Param) -> None:
    bad: list[Any] = [object(), [object()], {"a": 1}, float("nan")]
    if not isinstance(param, Text):
        bad += ["\x00;import os", "1e999"]
    if not isinstance(param, Float) or param.min is not None:
        bad += [-(10**9) + 0.5]
    for value in bad:
        _refuses(param, value)


def _refuses(param: Param, bad: Any) -> None:
    with pytest.raises(ValueError, match=r"expected .*, received ") as caught:
        param.check(bad)
    told = str(caught.value)
    assert told.startswith(param.title + ": ")
    assert told.endswith(".")
    assert param.expects in told


@pytest.mark.parametrize(
    ("param", "text", "value"),
    [
        (Int("n", 1), " 12 ", 12),
        (Int("n", None, optional=True), "none", None),
        (Float("p", 0.5), "1e-3", 0.001),
        (Float("p", 0.5), "2", 2.0),
        (Bool("b"), "Yes", True),
        (Bool("b"), "off", False),
        (Choice("c", "a", ("a", "b")), "b", "b"),
        (Several("s", (), ("a", "b", "c")), "c, a", ("a", "c")),
        (Several("s", (), ("a", "b")), "", ()),
        (Pair("k", 3), "3 x 5", (3, 5)),
        (Pair("k", 3), "3, 5", (3, 5)),
        (Pair("k", 3), "(3, 5)", (3, 5)),
        (Pair("k", 3), "7", 7),
        (Triple("k", 3), "1 2 3", (1, 2, 3)),
        (Ints("s", ()), "8", (8,)),
        (Ints("s", ()), "", ()),
        (Floats("w"), "1, 0.5", (1.0, 0.5)),
        (Padding("p"), "Same", "same"),
        (Padding("p"), "1 x 2", (1, 2)),
    ],
)
def test_fields_read_what_people_type(param: Param, text: str, value: Any) -> None:
    assert param.parse(text) == value


@pytest.mark.parametrize(
    ("param", "text", "told"),
    [
        (Int("n", 1, min=1), "0", "n: expected a whole number of 1 or more, received 0."),
        (Int("n", 1, min=1, max=8), "9", "n: expected a whole number from 1 to 8, received 9."),
        (Int("n", 1), "2.5", "n: expected a whole number, received 2.5."),
        (Int("n", 1), "True", "n: expected a whole number, received True."),
        (Int("out_features", 1), "many", "out features: expected a whole number, received 'many'."),
        (Float("p", 0.5, min=0.0, above=True), "0", "p: expected a number above 0.0, received 0."),
        (Choice("mode", "a", ("a", "b")), "c", "mode: expected one of a, b, received 'c'."),
        (Several("s", (), ("a", "b")), "a d", "s: expected any of a, b, received ('a', 'd')."),
        (Bool("bias"), "perhaps", "bias: expected true or false, received 'perhaps'."),
        (
            Pair("k", 3, min=1),
            "1 2 3",
            "k: expected one whole number or 2 whole numbers of 1 or more, received (1, 2, 3).",
        ),
        (Text("id", identifier=True), "2x", "id: expected a name of letters, digits and underscores, received '2x'."),
        (Padding("p"), "wide", "p: expected same or valid or whole numbers of 0 or more, received 'wide'."),
    ],
)
def test_fields_say_what_they_expected(param: Param, text: str, told: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        param.parse(text)
    assert str(caught.value) == told


def test_long_values_are_cut_in_messages() -> None:
    with pytest.raises(ValueError, match=r"\.\.\.") as caught:
        Int("n").check("x" * 10_000)
    assert len(str(caught.value)) < 150


def test_a_field_applies_beside_some_values_of_another() -> None:
    slope = Float("a", when=("nonlinearity", ("leaky_relu",)))
    assert slope.applies({"nonlinearity": "leaky_relu"})
    assert not slope.applies({"nonlinearity": "relu"})
    assert defaults((slope, Int("n", 3))) == {"a": 0.0, "n": 3}
