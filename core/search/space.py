"""The space of a search: how many points its grid has, and which."""

from __future__ import annotations

import math
import random
from typing import Any

from core.catalog.strategies import STRATEGIES
from core.training.search import Search


def points(search: Search) -> int | None:
    """How many trials an enumerating strategy makes; None for one that proposes as many as are wanted."""
    spec = STRATEGIES.get(search.strategy.kind)
    if spec is None or not spec.enumerates:
        return None
    return math.prod(len(variable.grid()) for variable in search.variables.values())


def point(search: Search, number: int, shuffled: bool = False) -> dict[str, Any]:
    """The values of one point of the grid; the last variable moves fastest, as in a nested loop."""
    total = math.prod(len(variable.grid()) for variable in search.variables.values())
    if shuffled:
        number = random.Random(search.seed).sample(range(total), total)[number]
    values: dict[str, Any] = {}
    for path, variable in reversed(search.variables.items()):
        number, place = divmod(number, len(variable.grid()))
        values[path] = variable.grid()[place]
    return {path: values[path] for path in search.variables}
