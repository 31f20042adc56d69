"""Dimensions, known or symbolic, and the types of the tensors that flow along the wires.

A dimension is an ``int`` or a `Symbolic`: an integer polynomial over named sizes (``B``, ``T``, ``H``, ``W``) and floor
quotients of such polynomials. Results are kept in one canonical form, so equal formulas compare equal and print alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, Union

DType: TypeAlias = Literal["float", "int", "bool"]
Dim: TypeAlias = Union[int, "Symbolic"]
Atom: TypeAlias = Union[str, "Floor"]
Monomial: TypeAlias = tuple[Atom, ...]


@dataclass(frozen=True, slots=True)
class Floor:
    """The integer quotient of a symbolic numerator: ``numerator // divisor``."""

    numerator: Symbolic
    divisor: int

    def __str__(self) -> str:
        text = str(self.numerator)
        return f"{text}//{self.divisor}" if text.isidentifier() else f"({text})//{self.divisor}"


@dataclass(frozen=True, slots=True)
class Symbolic:
    """A sum of integer multiples of products of atoms; build it with `symbol` and arithmetic."""

    terms: tuple[tuple[Monomial, int], ...]

    def __add__(self, other: Dim) -> Dim:
        if isinstance(other, int):  # the constant is always the last term
            *varying, (monomial, constant) = (*self.terms, ((), 0)) if self.terms[-1][0] else self.terms
            total = constant + other
            return Symbolic((*varying, (monomial, total)) if total else tuple(varying))
        sums = dict(self.terms)
        for monomial, factor in _terms(other):
            sums[monomial] = sums.get(monomial, 0) + factor
        return _dim(sums)

    __radd__ = __add__

    def __mul__(self, other: Dim) -> Dim:
        if isinstance(other, int):  # the common case, and the order of terms stays
            return Symbolic(tuple((monomial, factor * other) for monomial, factor in self.terms)) if other else 0
        products: dict[Monomial, int] = {}
        for left, a in self.terms:
            for right, b in _terms(other):
                key = tuple(sorted(left + right, key=str))
                products[key] = products.get(key, 0) + a * b
        return _dim(products)

    __rmul__ = __mul__

    def __neg__(self) -> Dim:
        return self * -1

    def __sub__(self, other: Dim) -> Dim:
        return self + (-other)

    def __rsub__(self, other: Dim) -> Dim:
        return -self + other

    def __floordiv__(self, divisor: int) -> Dim:
        """Floor division by a positive int; whole multiples of the divisor leave the quotient."""
        if divisor == 1:
            return self
        whole = {m: f // divisor for m, f in self.terms if m == () or f % divisor == 0}
        rest = {m: f if m else f % divisor for m, f in self.terms if m == () or f % divisor}
        remainder = _dim(rest)
        if isinstance(remainder, int):
            return _dim(whole) + remainder // divisor
        return _dim(whole) + Symbolic((((Floor(remainder, divisor),), 1),))

    def __str__(self) -> str:
        parts = [_print_term(monomial, factor) for monomial, factor in self.terms]
        return "+".join(parts).replace("+-", "-")

    __repr__ = __str__

    def evaluate(self, sizes: Mapping[str, Dim]) -> Dim:
        """The dimension with the named sizes put in; names that are missing stay symbolic."""
        total: Dim = 0
        for monomial, factor in self.terms:
            total = total + factor * product(_evaluate_atom(atom, sizes) for atom in monomial)
        return total

    @property
    def symbols(self) -> frozenset[str]:
        """The names that the dimension depends on."""
        names: set[str] = set()
        for monomial, _ in self.terms:
            for atom in monomial:
                names |= {atom} if isinstance(atom, str) else atom.numerator.symbols
        return frozenset(names)


def symbol(name: str) -> Symbolic:
    return Symbolic((((name,), 1),))


BATCH = symbol("B")


def product(dims: Iterable[Dim]) -> Dim:
    """The product of dimensions; 1 for none."""
    known: int = 1
    result: Dim | None = None
    for dim in dims:
        if isinstance(dim, int):
            known *= dim
        else:
            result = dim if result is None else result * dim
    return known if result is None else result * known


def exact_quotient(whole: Dim, part: Dim) -> Dim | None:
    """`whole / part` where it is exact, else None (used to solve the one unknown of a reshape)."""
    if isinstance(part, int):
        if isinstance(whole, int):
            return whole // part if part and whole % part == 0 else None
        return whole // part if part and all(f % part == 0 for _, f in whole.terms) else None
    if isinstance(whole, int) or len(part.terms) != 1:
        return 1 if whole == part else None
    [(atoms, factor)] = part.terms
    quotients: dict[Monomial, int] = {}
    for monomial, coefficient in whole.terms:
        rest = list(monomial)
        for atom in atoms:
            if atom not in rest:
                return None
            rest.remove(atom)
        if coefficient % factor:
            return None
        quotients[tuple(rest)] = coefficient // factor
    return _dim(quotients)


def evaluate(dim: Dim, sizes: Mapping[str, Dim]) -> Dim:
    return dim if isinstance(dim, int) else dim.evaluate(sizes)


@dataclass(frozen=True, slots=True)
class TensorType:
    """What flows along a wire: the shape, batch dimension first, and the kind of number."""

    shape: tuple[Dim, ...]
    dtype: DType = "float"

    @property
    def rank(self) -> int:
        return len(self.shape)

    def with_shape(self, *shape: Dim) -> TensorType:
        return TensorType(shape, self.dtype)

    def evaluate(self, sizes: Mapping[str, Dim]) -> TensorType:
        return TensorType(tuple(evaluate(d, sizes) for d in self.shape), self.dtype)

    def __str__(self) -> str:
        text = " x ".join(str(d) for d in self.shape) or "scalar"
        return text if self.dtype == "float" else f"{text} {self.dtype}"


def broadcast(*shapes: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    """The common shape by the rules of NumPy, or None where two dimensions disagree."""
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(s)) + s for s in shapes]
    result: list[Dim] = []
    for dims in zip(*padded, strict=True):
        large = {d for d in dims if d != 1}
        if len(large) > 1:
            return None
        result.append(large.pop() if large else 1)
    return tuple(result)


def _terms(dim: Dim) -> tuple[tuple[Monomial, int], ...]:
    return (((), dim),) if isinstance(dim, int) else dim.terms


def _dim(sums: Mapping[Monomial, int]) -> Dim:
    terms = {m: f for m, f in sums.items() if f}
    if not terms:
        return 0
    if set(terms) == {()}:
        return terms[()]
    if len(terms) == 1:
        return Symbolic(tuple(terms.items()))
    return Symbolic(tuple(sorted(terms.items(), key=_term_order)))


def _term_order(term: tuple[Monomial, int]) -> tuple[int, str]:
    return -len(term[0]), str(term[0])


def _evaluate_atom(atom: Atom, sizes: Mapping[str, Dim]) -> Dim:
    if isinstance(atom, str):
        return sizes.get(atom, symbol(atom))
    return atom.numerator.evaluate(sizes) // atom.divisor


def _print_term(monomial: Monomial, factor: int) -> str:
    if not monomial:
        return str(factor)
    body = "*".join(str(a) for a in monomial)
    return {1: body, -1: f"-{body}"}.get(factor, f"{factor}*{body}")
