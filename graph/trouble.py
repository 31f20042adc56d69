"""What is wrong with one node, before anyone's name is put to it; and the sentence that it becomes.

Names are left out of `Trouble` so that renaming or numbering nodes never makes shapes be worked out again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.problem import Fix, Problem, Severity
from core.spec.layer import LayerSpec, Mismatch
from core.spec.shape import TensorType
from graph.document import Document
from graph.graph import end_port

SEPARATOR = " › "
_FEW = 3  # wires that one sentence can tell of


@dataclass(frozen=True, slots=True)
class Trouble:
    """A sentence without its subject; with `ends`, it first tells what arrives at the inputs, and from where."""

    code: str
    text: str
    port: str = ""
    expected: str = ""
    received: str = ""
    fixes: tuple[Fix, ...] = ()
    severity: Severity = Severity.ERROR
    ends: bool = False
    detail: str = ""

    @classmethod
    def of(cls, mismatch: Mismatch) -> Trouble:
        return cls(
            "mismatch",
            str(mismatch),
            port=mismatch.port,
            expected=mismatch.expected,
            received=mismatch.received,
            fixes=mismatch.fixes,
            ends=True,
        )


@dataclass(frozen=True, slots=True)
class Arrival:
    """A wire's end, with what comes along the wire where that is known."""

    end: str
    source: str
    type: TensorType | None


class Labels:
    """What a person reads as the name of each node: its own name, or the layer's, numbered where several have none."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._scopes: dict[str, Mapping[str, str]] = {}

    def of(self, scope: str, node: str) -> str:
        if scope not in self._scopes:
            self._scopes[scope] = self._number(scope)
        return self._scopes[scope].get(node, node)

    def _number(self, scope: str) -> dict[str, str]:
        labels, unnamed = dict[str, str](), dict[str, list[str]]()
        for node in self._document.graph(scope).nodes:
            labels[node.id] = label = self._document.label(scope, node.id)
            if not node.name:
                unnamed.setdefault(label, []).append(node.id)
        for label, nodes in unnamed.items():
            if len(nodes) > 1:
                labels.update({node: f"{label} {number}" for number, node in enumerate(nodes, 1)})
        return labels


def told(
    trouble: Trouble,
    node: str,
    labels: Labels,
    *,
    scope: str = "",
    place: str = "",
    within: str = "",
    spec: LayerSpec | None = None,
    arrivals: Sequence[Arrival] = (),
) -> Problem:
    """The trouble of a node as a sentence with names.

    `place` is the path of the block instance that the node lies in and `within` that instance's name; `arrivals` are
    the wires into the node.
    """
    subject = labels.of(scope, node)
    everything = not trouble.port or len(arrivals) <= _FEW
    concerned = [a for a in arrivals if everything or end_port(a.end) == end_port(trouble.port)]
    text = trouble.text
    if trouble.ends and (ends := _ends(concerned, labels, scope, spec)):
        text = f"{ends}; {text}"
    if within:
        subject = f"{within}{SEPARATOR}{subject}"
    return Problem(
        code=trouble.code,
        message=f"{subject}: {text}",
        node=join(place, node),
        port=trouble.port,
        severity=trouble.severity,
        others=tuple(dict.fromkeys(join(place, a.source) for a in concerned)),
        expected=trouble.expected,
        received=trouble.received,
        fixes=tuple(_placed(fix, place) for fix in trouble.fixes),
        detail=trouble.detail,
    )


def join(place: str, node: str) -> str:
    """The path of a node within the instance at `place`."""
    return f"{place}/{node}" if place else node


def _placed(fix: Fix, place: str) -> Fix:
    """The fix with its node, where it names one of its own, as a path of the document."""
    if not place or "node" not in fix.args:
        return fix
    return replace(fix, args={**fix.args, "node": join(place, fix.args["node"])})


def _ends(arrivals: Sequence[Arrival], labels: Labels, scope: str, spec: LayerSpec | None) -> str:
    """ "a is B x 16 from Linear 1 and b is B x 32 from Linear 2"."""
    parts = [f"{_title(a, spec)} is {a.type} from {labels.of(scope, a.source)}" for a in arrivals if a.type is not None]
    return ", ".join([*parts[:-2], " and ".join(parts[-2:])]) if parts else ""


def _title(arrival: Arrival, spec: LayerSpec | None) -> str:
    port, _, index = arrival.end.partition(".")
    title = spec.input[port].title if spec is not None and port in spec.input else port
    return f"{title} {int(index) + 1}" if index.isdigit() else title
