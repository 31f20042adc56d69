"""The layout of generated text is ruff's, and means what was meant."""

from __future__ import annotations

import ast
import random
import subprocess
import sys

import pytest

from core.program.layout import signature, statement
from core.program.text import comment, literal, width


def ruff_format(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "100", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


class _Writer:
    """Random statements of the kinds that generated source has."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def name(self) -> str:
        return "v" + self.random.choice("abcdefghij") * self.random.randrange(self.random.choice((10, 30, 50)))

    def some(self, make: object, low: int, high: int) -> list[str]:
        assert callable(make)
        return [make() for _ in range(self.random.randrange(low, high))]

    def atom(self) -> str:
        makers = (
            self.name,
            lambda: "self." + self.name(),
            lambda: str(self.random.randrange(-5, 500)),
            lambda: repr(self.random.random()),
            lambda: literal(self.name()),
            lambda: "(3, 5)",
        )
        return self.random.choice(makers)()

    def expression(self, depth: int = 0) -> str:
        kind = self.random.randrange(10)
        if depth > 2 or kind < 3:
            return self.atom()
        parts = [self.expression(depth + 1) for _ in range(self.random.randrange(2, 5))]
        if kind < 6:
            return self.call("torch", depth + 1)
        if kind == 6:
            return f"[{', '.join(parts)}]"
        if kind == 7:
            return "(" + "".join(f"{self.random.choice('+-*/')} {p} " for p in parts).lstrip("+-*/ ") + ")"
        return f"({', '.join(parts)})" if kind == 8 else f"{self.name()}[:, 2:7]"

    def call(self, module: str = "nn", depth: int = 1) -> str:
        positional = self.some(lambda: self.expression(depth), 0, 4)
        named = self.some(lambda: f"{self.name()}={self.expression(depth)}", 0, 4)
        return f"{module}.{self.name()}({', '.join([*positional, *named])})"

    def statement(self) -> tuple[str, str]:
        kinds = (
            lambda: (f"self.{self.name()} = ", self.call()),
            lambda: (f"{self.name()} = ", f"self.{self.name()}({', '.join(self.some(self.name, 1, 8))})"),
            lambda: ("return ", ", ".join(self.some(self.name, 1, 9))),
            lambda: (f"self.{self.name()} = ", f"nn.Sequential(*({self.call()} for _ in range(3)))"),
            lambda: (f"{self.name()} = ", f"self.{self.name()}({self.name()})[0]"),
            lambda: (f"{self.name()} = ", " + ".join(self.some(self.name, 2, 8))),
            lambda: (f"{self.name()} = ", f"torch.cat([{', '.join(self.some(self.name, 1, 8))}], dim=1)"),
            lambda: ("return ", f"{self.mapping()}, {self.mapping()}"),
        )
        return self.random.choice(kinds)()

    def mapping(self) -> str:
        return "{" + ", ".join(self.some(lambda: f'"{self.name()}": {self.name()}', 1, 4)) + "}"


@pytest.mark.parametrize("seed", range(3))
def test_random_statements_stand_as_ruff_would_leave_them(seed: int) -> None:
    writer = _Writer(seed)
    lines = ["class Net:", "    def forward(self):"]
    for _ in range(300):
        head, value = writer.statement()
        written = statement(2, head, value)
        lines += written
        meant = ast.dump(ast.parse(f"def f():\n    {head}{value}"))
        assert ast.dump(ast.parse("def f():\n" + "\n".join(written))) == meant
    text = "\n".join(lines) + "\n"
    assert ruff_format(text) == text


@pytest.mark.parametrize(
    "expression",
    [
        "x**2 + (-y) ** n[0] - -z",
        "a @ b.T * (c + d) // e % f",
        "x[:, ::2, a + 1 : b.size(1), None, ...]",
        "(1).real + 2.5 .hex()",
        "a if b > 0 and not c or d is not None else (e if f else g)",
        "(a if b else c) + (d, *e)[0] + (f,)[0]",
        "~mask & (x <= y) | (z == 1) ^ other << 2 >> 1",
        "f(*rest, key=[*a, {'b': 1, **c}], **options)",
        "sum(x * w for x, w in zip(xs, ws) if x > 0 if w)",
        "lambda x: x + 1",
        "0 < a <= b != c in d",
        "a and (b or c)",
        "not (a == b)",
    ],
)
def test_all_kinds_of_expression_are_written_as_ruff_would(expression: str) -> None:
    lines = statement(0, "value = ", expression)
    assert ast.dump(ast.parse("\n".join(lines))) == ast.dump(ast.parse(f"value = {expression}"))
    assert ruff_format("\n".join(lines) + "\n") == "\n".join(lines) + "\n"


@pytest.mark.parametrize("count", [1, 4, 9])
def test_signatures_stand_as_ruff_would_leave_them(count: int) -> None:
    parameters = ["self", *(f"input_number_{i}: Tensor" for i in range(count))]
    lines = ["class Net:", *signature(1, "forward", parameters, "tuple[Tensor, ...]"), "        return self"]
    text = "\n".join(lines) + "\n"
    assert ruff_format(text) == text


HOSTILE = [
    '"""; import os',
    "a'b\"c",
    "\\",
    "\\'\"",
    "\n\r\x00\u2028",
    "\ud800",
    "{x}",
    "größe 漢字",
    "'",
    '"',
    "x" * 300,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_survives_as_a_literal(text: str) -> None:
    assert ast.literal_eval(literal(text)) == text
    line = f"x = {literal(text)}\n"
    if text.isprintable():
        assert ruff_format(line) == line


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_is_harmless_as_a_docstring(text: str) -> None:
    safe = comment(text)
    tree = ast.parse(f'"""{safe}."""  # {safe}\n')
    assert len(tree.body) == 1
    assert ast.get_docstring(tree, clean=False) == f"{safe}."


@pytest.mark.parametrize("value", [None, True, 0, -1, 1e-05, 1e16, float("inf"), (1,), (1, 2), [1.5], {"a": (0,)}])
def test_plain_values_survive_as_literals(value: object) -> None:
    if isinstance(value, float):
        assert eval(literal(value)) == value
    else:
        assert ast.literal_eval(literal(value)) == value


def test_other_values_are_refused() -> None:
    with pytest.raises(TypeError, match="object cannot be written"):
        literal(object())


def test_wide_letters_take_two_columns() -> None:
    assert width("ab漢字") == 6
    assert width("e\u0301") == 1
