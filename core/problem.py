"""Problems: what is wrong, where, what was met and expected, and what would mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Fix:
    """A way out that one click applies, as plain data; `graph.fixes` turns it into a command.

    Actions and their arguments:

    - ``set_param``: node (defaults to the problem's node), name, value
    - ``set_node``: node, name, value: a field of the node itself, such as ``shares`` or ``init`` (as a plain object)
    - ``insert_before``: port, layer, params: put a new node on the link that enters the port
    - ``connect``: source, source_port, target_port, then: a wire to the problem's node, and with it the fix ``then``,
      given as its action and args
    - ``disconnect``: link
    - ``set_job``: path (dotted), value
    - ``remove_node``: node
    - ``several``: fixes, each with its action and args, as one step
    """

    label: str
    action: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, told to the person.

    `node` is the path of the node (`"n3"`, or `"n7/n2"` for a node inside the block that n7 instantiates); the nodes in
    `others` took part in it. `detail` holds what only a developer wants (a traceback).
    """

    code: str
    message: str
    node: str = ""
    port: str = ""
    severity: Severity = Severity.ERROR
    others: tuple[str, ...] = ()
    expected: str = ""
    received: str = ""
    fixes: tuple[Fix, ...] = ()
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "node": self.node,
            "port": self.port,
            "severity": str(self.severity),
            "others": list(self.others),
            "expected": self.expected,
            "received": self.received,
            "fixes": [{"label": f.label, "action": f.action, "args": dict(f.args)} for f in self.fixes],
            "detail": self.detail,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Problem:
        fixes = tuple(Fix(f["label"], f["action"], f.get("args", {})) for f in data.get("fixes", ()))
        plain = {k: str(data.get(k, "")) for k in ("node", "port", "expected", "received", "detail")}
        return cls(
            code=str(data["code"]),
            message=str(data["message"]),
            severity=Severity(data.get("severity", Severity.ERROR)),
            others=tuple(data.get("others", ())),
            fixes=fixes,
            **plain,
        )


class LayerloomError(Exception):
    """An error that carries its Problem; `str()` is the sentence for the person."""

    def __init__(self, problem: Problem | str, *, code: str = "error", **fields: Any) -> None:
        self.problem = problem if isinstance(problem, Problem) else Problem(code, problem, **fields)
        super().__init__(self.problem.message)


def listed(names: Sequence[str], most: int = 3) -> str:
    """Names as a sentence has them: ``a, b, c and 4 more``."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown
