"""Old formats of design files: one numbered step from each to the next, each with the reason for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.problem import LayerloomError


@dataclass(frozen=True)
class Migration:
    """The step from format `since` to `since + 1`: `run` gets the plain data of the file and returns the new data."""

    since: int
    why: str
    run: Callable[[dict[str, Any]], dict[str, Any]]


# Format 1 is the first, so nothing leads to it. A step is never changed once a version has been released with it;
# tests/documents keeps a file of every format.
MIGRATIONS: tuple[Migration, ...] = ()
FORMAT = 1 + len(MIGRATIONS)


def migrate(data: dict[str, Any], name: str, migrations: Sequence[Migration] = MIGRATIONS) -> dict[str, Any]:
    """The data of a file in the newest format.

    Raises:
        LayerloomError: there is no format number, it is one of a later version, or a step met data that it cannot read.
    """
    newest = 1 + len(migrations)
    number = data.get("format")
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise LayerloomError(f"{name}: it is not a Layerloom design: it has no format number.", code="not-a-design")
    if number > newest:
        raise LayerloomError(
            f"{name}: a later version of Layerloom wrote it (format {number}; this version reads up to {newest}). "
            "Update Layerloom to open it.",
            code="too-new",
            expected=f"format 1 to {newest}",
            received=f"format {number}",
        )
    for step in migrations[number - 1 :]:
        try:
            data = {**step.run(data), "format": step.since + 1}
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise LayerloomError(
                f"{name}: it is damaged: it could not be brought from format {step.since} to {step.since + 1}.",
                code="damaged",
                detail=repr(error),
            ) from error
    return data
