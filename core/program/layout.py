"""Python text as ``ruff format`` would leave it: statements in, lines of at most 100 columns out.

Covers the expressions that layer declarations are made of. A call that does not fit breaks inside its parentheses, a
sequence goes one element a line, a chain of operators breaks before each.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from core.program.text import INDENT, WIDTH, literal, width

_OPERATORS: dict[type[ast.AST], tuple[str, int]] = {
    ast.Or: ("or", 1), ast.And: ("and", 2),
    ast.Eq: ("==", 4), ast.NotEq: ("!=", 4), ast.Lt: ("<", 4), ast.LtE: ("<=", 4), ast.Gt: (">", 4),
    ast.GtE: (">=", 4), ast.Is: ("is", 4), ast.IsNot: ("is not", 4), ast.In: ("in", 4), ast.NotIn: ("not in", 4),
    ast.BitOr: ("|", 5), ast.BitXor: ("^", 6), ast.BitAnd: ("&", 7), ast.LShift: ("<<", 8), ast.RShift: (">>", 8),
    ast.Add: ("+", 9), ast.Sub: ("-", 9),
    ast.Mult: ("*", 10), ast.Div: ("/", 10), ast.FloorDiv: ("//", 10), ast.Mod: ("%", 10), ast.MatMult: ("@", 10),
    ast.Pow: ("**", 12),
}  # fmt: skip
_UNARY: dict[type[ast.unaryop], tuple[str, int]] = {
    ast.Not: ("not ", 3), ast.UAdd: ("+", 11), ast.USub: ("-", 11), ast.Invert: ("~", 11),
}  # fmt: skip
_IF, _ATOM = 0, 14


def expression(text: str) -> ast.expr:
    """The syntax tree of one expression. Raises SyntaxError where the text is none."""
    return ast.parse(text, mode="eval").body


def statement(indent: int, head: str, value: str | ast.expr, tail: str = "") -> list[str]:
    """The lines of ``head value tail`` (such as ``x = ``, ``self.fc(x)``, nothing) at a depth of `indent` levels."""
    node = expression(value) if isinstance(value, str) else value
    return _Layout().statement(INDENT * indent, head, node, tail)


def signature(indent: int, name: str, parameters: Sequence[str], returns: str = "") -> list[str]:
    """The lines of a ``def``."""
    start, end = f"{INDENT * indent}def {name}(", f"){f' -> {returns}' if returns else ''}:"
    row = ", ".join(parameters)
    if width(start + row + end) <= WIDTH:
        return [start + row + end]
    inner = INDENT * (indent + 1)
    if width(inner + row) <= WIDTH:
        return [start, inner + row, INDENT * indent + end]
    return [start, *(f"{inner}{p}," for p in parameters), INDENT * indent + end]


class _Layout:
    def statement(self, indent: str, head: str, node: ast.expr, tail: str) -> list[str]:
        flat = indent + head + self.flat(node, bare=True) + tail
        if width(flat) <= WIDTH or (not head and not isinstance(node, ast.Call)):
            return [flat]
        if isinstance(node, ast.Tuple):
            return self._sequence(indent, f"{head}(", node.elts, f"){tail}")
        inner = self.broken(indent + INDENT, "", node, "")
        fits = all(width(line) <= WIDTH for line in inner)
        if self._breakable(node):
            lines = self.broken(indent, head, node, tail)
            if width(lines[0]) <= WIDTH or not fits:
                return lines
        return [f"{indent}{head}(", *inner, f"{indent}){tail}"] if fits or len(inner) > 1 else [flat]

    def broken(self, indent: str, head: str, node: ast.expr, tail: str, outside: int = _IF) -> list[str]:
        """Lines of the expression inside brackets, where it need not stay on one line."""
        flat = indent + head + self.flat(node, outside) + tail
        if width(flat) <= WIDTH:
            return [flat]
        if self._precedence(node) < outside:
            return [f"{indent}{head}(", *self.broken(indent + INDENT, "", node, ""), f"{indent}){tail}"]
        match node:
            case ast.Call(func=func, args=args, keywords=keywords) if args or keywords:
                return self._call(indent, f"{head}{self.flat(func, _ATOM)}(", node, f"){tail}")
            case ast.Subscript(value=inner, slice=index) if self._splits_at_index(indent, head, inner):
                start = f"{indent}{head}{self.flat(inner, _ATOM)}["
                return [start, f"{indent}{INDENT}{self.flat(index, bare=True)}", f"{indent}]{tail}"]
            case ast.Subscript(value=ast.Call() as inner) | ast.Attribute(value=ast.Call() as inner):
                whole, part = self.flat(node), self.flat(inner)
                return self.broken(indent, head, inner, whole.removeprefix(part) + tail)
            case ast.List(elts=elements):
                return self._sequence(indent, f"{head}[", elements, f"]{tail}")
            case ast.Tuple(elts=elements):
                return self._sequence(indent, f"{head}(", elements, f"){tail}")
            case ast.Dict():
                inner_indent = indent + INDENT
                items = [
                    line
                    for key, value in zip(node.keys, node.values, strict=True)
                    for line in self.broken(inner_indent, f"{self.flat(key)}: " if key else "**", value, ",")
                ]
                return [f"{indent}{head}{{", *items, f"{indent}}}{tail}"]
            case ast.Starred(value=value):
                return self.broken(indent, f"{head}*", value, tail, 5)
            case ast.GeneratorExp():
                inner_indent = indent + INDENT
                loops = [inner_indent + self._loop(loop) for loop in node.generators]
                return [f"{indent}{head}(", *self.broken(inner_indent, "", node.elt, ""), *loops, f"{indent}){tail}"]
            case ast.BinOp() | ast.BoolOp():
                return self._operators(indent, head, node, tail)
        return [flat]

    def _splits_at_index(self, indent: str, head: str, node: ast.expr) -> bool:
        """Before an index a line breaks rather than inside the call that is indexed, if that leaves room for it."""
        return not isinstance(node, ast.Call) or width(f"{indent}{head}{self.flat(node)}[") <= WIDTH

    def _breakable(self, node: ast.expr) -> bool:
        match node:
            case ast.Subscript(value=value) | ast.Attribute(value=value):
                return isinstance(value, ast.Call) and self._breakable(value)
            case ast.Call(args=args, keywords=keywords):
                return bool(args or keywords)
        return isinstance(node, ast.List | ast.Dict)

    def _call(self, indent: str, start: str, node: ast.Call, end: str) -> list[str]:
        inner = indent + INDENT
        row = inner + self._arguments(node)
        if width(row) <= WIDTH:
            return [indent + start, row, indent + end]
        lines = [indent + start]
        for argument in node.args:
            lines += self.broken(inner, "", argument, ",")
        for keyword in node.keywords:
            lines += self.broken(inner, f"{keyword.arg}=" if keyword.arg else "**", keyword.value, ",")
        return [*lines, indent + end]

    def _sequence(self, indent: str, start: str, elements: Iterable[ast.expr], end: str) -> list[str]:
        lines = [indent + start]
        for element in elements:
            lines += self.broken(indent + INDENT, "", element, ",")
        return [*lines, indent + end]

    def _operators(self, indent: str, head: str, node: ast.expr, tail: str) -> list[str]:
        level = self._precedence(node)
        (_, first), *rest = self._chain(node, level)
        lines = self.broken(indent, head, first, "", level)
        for index, (operator, operand) in enumerate(rest, 1):
            end = tail if index == len(rest) else ""
            lines += self.broken(indent, f"{operator} ", operand, end, level + 1)
        return lines

    def _chain(self, node: ast.expr, level: int) -> list[tuple[str, ast.expr]]:
        """The operands of the left-leaning chain of operators of one precedence, each with the operator before it."""
        if isinstance(node, ast.BoolOp):
            return [(_OPERATORS[type(node.op)][0], value) for value in node.values]
        if isinstance(node, ast.BinOp) and self._precedence(node) == level:
            return [*self._chain(node.left, level), (_OPERATORS[type(node.op)][0], node.right)]
        return [("", node)]

    # -- one line

    def flat(self, node: ast.expr, outside: int = _IF, *, bare: bool = False) -> str:
        """The expression on one line, in parentheses where `outside` binds tighter; `bare` tuples have none."""
        if bare and isinstance(node, ast.Tuple) and len(node.elts) > 1:
            return ", ".join(map(self.flat, node.elts))
        text = self._flat(node)
        return f"({text})" if self._precedence(node) < outside else text

    def _flat(self, node: ast.expr) -> str:
        match node:
            case ast.Name(id=name):
                return name
            case ast.Constant(value=value):
                return "..." if value is Ellipsis else literal(value)
            case ast.Attribute(value=value, attr=name):
                number = isinstance(value, ast.Constant) and isinstance(value.value, int | float)
                return f"({self.flat(value)}).{name}" if number else f"{self.flat(value, _ATOM)}.{name}"
            case ast.Call(func=func):
                return f"{self.flat(func, _ATOM)}({self._arguments(node)})"
            case ast.Subscript(value=value, slice=index):
                bare = isinstance(index, ast.Tuple) and len(index.elts) > 1
                return f"{self.flat(value, _ATOM)}[{self.flat(index, bare=bare)}]"
            case ast.Slice():
                return self._slice(node)
            case ast.Starred(value=value):
                return f"*{self.flat(value, 5)}"
            case ast.Tuple(elts=elements):
                inside = ", ".join(map(self.flat, elements))
                return f"({inside},)" if len(elements) == 1 else f"({inside})"
            case ast.List(elts=elements):
                return f"[{', '.join(map(self.flat, elements))}]"
            case ast.Dict():
                pairs = zip(node.keys, node.values, strict=True)
                shown = (f"{self.flat(k)}: {self.flat(v)}" if k else f"**{self.flat(v, 5)}" for k, v in pairs)
                return "{" + ", ".join(shown) + "}"
            case ast.GeneratorExp(elt=element, generators=loops):
                return f"({' '.join([self.flat(element), *map(self._loop, loops)])})"
        return self._operation(node)

    def _operation(self, node: ast.expr) -> str:
        level = self._precedence(node)
        match node:
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                gap = "" if _simple(left) and _simple(right) else " "
                return f"{self.flat(left, level + 1)}{gap}**{gap}{self.flat(right, level - 1)}"
            case ast.BinOp(left=left, op=operator, right=right):
                return f"{self.flat(left, level)} {_OPERATORS[type(operator)][0]} {self.flat(right, level + 1)}"
            case ast.BoolOp(op=operator, values=values):
                return f" {_OPERATORS[type(operator)][0]} ".join(self.flat(v, level + 1) for v in values)
            case ast.Compare(left=left, ops=operators, comparators=others):
                rest = "".join(
                    f" {_OPERATORS[type(op)][0]} {self.flat(other, level + 1)}"
                    for op, other in zip(operators, others, strict=True)
                )
                return self.flat(left, level + 1) + rest
            case ast.UnaryOp(op=unary, operand=operand):
                return _UNARY[type(unary)][0] + self.flat(operand, level)
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                return f"{self.flat(body, 1)} if {self.flat(test, 1)} else {self.flat(otherwise)}"
        return ast.unparse(node)

    def _arguments(self, node: ast.Call) -> str:
        if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.GeneratorExp):
            return self.flat(node.args[0])[1:-1]
        named = [f"{k.arg}={self.flat(k.value)}" if k.arg else f"**{self.flat(k.value)}" for k in node.keywords]
        return ", ".join([*map(self.flat, node.args), *named])

    def _slice(self, node: ast.Slice) -> str:
        ends = [end for end in (node.lower, node.upper, node.step) if end is not None]
        gap = "" if all(_simple(end) for end in ends) else " "
        lower = self.flat(node.lower) + gap if node.lower else ""
        upper = gap + self.flat(node.upper) if node.upper else ""
        step = f"{gap}:{gap}{self.flat(node.step)}" if node.step else ""
        return f"{lower}:{upper}{step}"

    def _loop(self, loop: ast.comprehension) -> str:
        conditions = "".join(f" if {self.flat(test, 1)}" for test in loop.ifs)
        return f"for {self.flat(loop.target, bare=True)} in {self.flat(loop.iter, 1)}{conditions}"

    def _precedence(self, node: ast.expr) -> int:
        match node:
            case ast.BinOp(op=operator) | ast.BoolOp(op=operator):
                return _OPERATORS[type(operator)][1]
            case ast.Compare():
                return 4
            case ast.UnaryOp(op=unary):
                return _UNARY[type(unary)][1]
            case ast.IfExp() | ast.Lambda():
                return _IF
        return _ATOM


def _simple(node: ast.expr) -> bool:
    """Names, attributes of names and numbers, also with a sign: ruff writes no spaces round ``**`` and ``:`` then."""
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.Attribute(value=value):
            return _simple(value)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Invert(), operand=operand):
            return _simple(operand)
    return False
