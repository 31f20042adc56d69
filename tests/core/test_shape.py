"""Dimensions compute like the numbers they stand for, and print as formulas."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.spec.shape import BATCH, Dim, TensorType, broadcast, evaluate, exact_quotient, product, symbol

SIZES = st.fixed_dictionaries({name: st.integers(0, 40) for name in ("B", "T", "H")})
T, H = symbol("T"), symbol("H")


@st.composite
def dims(draw: st.DrawFn, depth: int = 3) -> Dim:
    """Formulas of a few operations over B, T and H."""
    dim: Dim = draw(st.sampled_from([BATCH, T, H, 0, 1, 7]))
    for _ in range(draw(st.integers(0, depth))):
        match draw(st.sampled_from("+-*/")):
            case "+":
                dim = dim + draw(st.one_of(st.integers(-5, 9), st.sampled_from([BATCH, T, H])))
            case "-":
                dim = draw(st.integers(0, 9)) - dim
            case "*":
                dim = dim * draw(st.one_of(st.integers(-3, 5), st.sampled_from([BATCH, T])))
            case _:
                dim = dim // draw(st.integers(1, 6))
    return dim


@given(dims(), dims(), st.integers(1, 6), SIZES)
def test_arithmetic_commutes_with_putting_sizes_in(a: Dim, b: Dim, divisor: int, sizes: Mapping[str, int]) -> None:
    x, y = evaluate(a, sizes), evaluate(b, sizes)
    assert isinstance(x, int)
    assert isinstance(y, int)
    assert evaluate(a + b, sizes) == x + y
    assert evaluate(a - b, sizes) == x - y
    assert evaluate(a * b, sizes) == x * y
    assert evaluate(a // divisor, sizes) == x // divisor


@given(dims(), dims(), dims())
def test_equal_formulas_are_equal_and_print_alike(a: Dim, b: Dim, c: Dim) -> None:
    for left, right in ((a + b, b + a), (a * (b + c), a * b + a * c), (a - a, 0), ((a * -1) * -1, a), (a + b - b, a)):
        assert left == right
        assert str(left) == str(right)
        assert hash(left) == hash(right)


@given(dims(), st.one_of(st.integers(1, 9), st.sampled_from([BATCH, T, BATCH * T, 3 * T])))
def test_exact_quotient_times_part_is_the_whole(a: Dim, part: Dim) -> None:
    whole = a * part
    assert exact_quotient(whole, part) == a or whole == 0
    met = exact_quotient(a, part)
    assert met is None or met * part == a


@pytest.mark.parametrize(
    ("whole", "part", "expected"), [(12, 5, None), (12, 0, None), (6 * T, 4, None), (6 * T, 3, 2 * T), (T, H, None)]
)
def test_exact_quotient_is_none_where_something_is_left(whole: Dim, part: Dim, expected: Dim | None) -> None:
    assert exact_quotient(whole, part) == expected


SHAPES = st.lists(st.integers(1, 3), max_size=4).map(tuple)


@given(SHAPES, SHAPES, SHAPES)
def test_broadcast_follows_numpy(a: tuple[int, ...], b: tuple[int, ...], c: tuple[int, ...]) -> None:
    try:
        expected: tuple[int, ...] | None = np.broadcast_shapes(a, b, c)
    except ValueError:
        expected = None
    assert broadcast(a, b, c) == expected


def test_broadcast_keeps_symbols_apart() -> None:
    assert broadcast((BATCH, 1, 8), (BATCH, T, 1)) == (BATCH, T, 8)
    assert broadcast((BATCH, T), (BATCH, H)) is None
    assert broadcast((BATCH, T), (BATCH, 8)) is None


@pytest.mark.parametrize(
    ("dim", "text"),
    [
        (T - 2, "T-2"),
        (H // 2, "H//2"),
        ((H - 1) // 2 + 1, "(H+1)//2"),
        (2 * T + 1, "2*T+1"),
        (BATCH * T, "B*T"),
        (-T, "-T"),
        (4 * T // 2, "2*T"),
        ((4 * T + 6) // 4, "T+1"),
    ],
)
def test_dims_print_as_formulas(dim: Dim, text: str) -> None:
    assert str(dim) == text


def test_types_print_as_a_person_reads_them() -> None:
    assert str(TensorType((BATCH, 3, H // 2, 8))) == "B x 3 x H//2 x 8"
    assert str(TensorType((BATCH,), "int")) == "B int"
    assert str(TensorType(())) == "scalar"
    assert product(()) == 1
