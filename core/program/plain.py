"""Checked reading of plain data: of the right kind or refused in a sentence; types and sizes. Nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from core.problem import LayerloomError
from core.spec.shape import Dim, DType, TensorType, symbol

MOST_ROWS = 100_000
MOST_TERMS = 100
_DTYPES: tuple[DType, ...] = ("float", "int", "bool")

T = TypeVar("T")


def read_type(data: Any) -> TensorType:
    """The type in plain data. Raises LayerloomError where it is none."""
    data = expect(dict, data, "a type")
    dtype = data.get("dtype", "float")
    if dtype not in _DTYPES:
        raise refusal(f"expected a dtype of {', '.join(_DTYPES)}, received {dtype!r:.40}")
    return TensorType(tuple(read_dim(dim) for dim in rows(data, "shape")), dtype)


def read_dim(data: Any) -> Dim:
    """A size: a whole number, or a formula such as ``B`` or ``(H-2)//2+1``. Raises LayerloomError for anything else."""
    if isinstance(data, int) and not isinstance(data, bool):
        return data
    if not isinstance(data, str) or len(data) > 200:
        raise refusal(f"expected a size, received {data!r:.60}")
    try:
        return _formula(ast.parse(data, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError, ZeroDivisionError) as error:
        raise refusal(f"expected a size or a formula of sizes, received {data!r:.60}") from error


def _formula(node: ast.expr) -> Dim:
    match node:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            return value
        case ast.Name(id=name):
            return symbol(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_formula(operand)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _formula(left) + _formula(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _formula(left) - _formula(right)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _product(_formula(left), _formula(right))
        case ast.BinOp(left=left, op=ast.FloorDiv(), right=ast.Constant(value=int() as divisor)) if divisor > 0:
            return _formula(left) // divisor
    raise ValueError(ast.dump(node))


def _product(left: Dim, right: Dim) -> Dim:
    """Bounded, since the terms of a product of sums multiply."""
    terms = [1 if isinstance(dim, int) else len(dim.terms) for dim in (left, right)]
    if terms[0] * terms[1] > MOST_TERMS:
        raise ValueError("too many terms")
    return left * right


def expect(kind: type[T], value: Any, what: str) -> T:
    """The value, of that kind (a bool is no int). Raises LayerloomError, which calls it `what`, where it is not."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise refusal(f"{what} should be {kind.__name__}, received {value!r:.60}")
    return value


def part(kind: type[T], data: Mapping[str, Any], key: str) -> T:
    """What stands under the key, of that kind. Raises LayerloomError where it is missing or of another one."""
    if key not in data:
        raise refusal(f"{key} is missing in {dict(data)!r:.60}")
    return expect(kind, data[key], key)


def rows(data: Mapping[str, Any], key: str) -> Sequence[Any]:
    """The list under the key. Raises LayerloomError where it is none, or too long."""
    found = part(list, data, key)
    if len(found) > MOST_ROWS:
        raise refusal(f"{key} has {len(found)} entries, more than {MOST_ROWS}")
    return found


def texts(data: Mapping[str, Any], key: str) -> dict[str, str]:
    """The object of texts under the key. Raises LayerloomError where it is none."""

    def pairs() -> Iterator[tuple[str, str]]:
        for name, text in part(dict, data, key).items():
            yield expect(str, name, key), expect(str, text, key)

    return dict(pairs())


def number(data: Mapping[str, Any], key: str) -> float:
    """The number under the key, by default 1. Raises LayerloomError where it is none."""
    value = data.get(key, 1.0)
    return float(expect(int, value, key) if isinstance(value, int) else expect(float, value, key))


def refusal(what: str) -> LayerloomError:
    """The error that such data ends with."""
    return LayerloomError(f"This program cannot be read: {what}.", code="program")
