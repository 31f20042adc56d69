"""What a tool is: something that is asked about a design or a run, takes a while, and answers with a verdict.

The window's cards, the command line and the help are made of tables of these. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from core.problem import Fix, LayerloomError
from core.spec.option import OptionSpec

Told: TypeAlias = Callable[[float], None]
Settings: TypeAlias = Mapping[str, Any]
Answer: TypeAlias = dict[str, Any]
Work = TypeVar("Work")


@dataclass(frozen=True, kw_only=True)
class Tool(OptionSpec, Generic[Work]):
    """One tool. `acts` runs it; `good` says whether its answer is; `offers` what the answer would change.

    `command` is its name on the command line, `when` tells when to use it, `words` are what else people call it. An
    answer is plain JSON with a ``verdict``, one sentence, and perhaps ``reasons``, more of them.
    """

    command: str
    when: str
    acts: Callable[[Work, Settings, Told], Answer]
    good: Callable[[Answer], bool]
    offers: Callable[[Answer], tuple[Fix, ...]] = lambda _answer: ()
    icon: str = "chart"
    words: tuple[str, ...] = ()


def perform(
    tools: Mapping[str, Tool[Work]], id: str, work: Work, params: Settings, told: Told = lambda _share: None
) -> Answer:
    """Run a tool; what it answers as plain JSON, with ``tool``, ``good`` and ``fixes`` beside its own keys.

    Raises:
        LayerloomError: there is no such tool, a setting does not fit, or the tool cannot run.
    """
    if id not in tools:
        raise LayerloomError(f"There is no tool {id!r:.40}; there are {', '.join(tools)}.", code="tool")
    tool = tools[id]
    try:
        settings = tool.values(params)
    except ValueError as error:
        raise LayerloomError(str(error), code="arguments") from error
    answer = tool.acts(work, settings, told)
    fixes = [{"label": fix.label, "action": fix.action, "args": dict(fix.args)} for fix in tool.offers(answer)]
    return {"tool": id, "good": tool.good(answer), **answer, "fixes": fixes}
