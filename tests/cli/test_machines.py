"""Where a run of the command line is trained, by its options."""

from __future__ import annotations

import pytest

from core.problem import LayerloomError
from core.training.launch import Host, Machines
from designer.cli_machines import place


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((None, 1, "", None, "", "p"), None),
        ((1, 1, "", None, "", "p"), None),
        ((2, 1, "", None, "", "p"), Machines(processes=2)),
        ((None, 1, "", 0, "", "p"), Machines(restarts=0)),  # processes as the job says
        ((1, 1, "", None, "", "p", True), Machines(processes=1)),  # a run of several goes on in one
        ((None, 2, "a:1", 5, "", "p"), Machines(2, "a:1", 0, 5)),
        ((None, 1, "", None, "box", "p"), Host("box", "p")),
    ],
)
def test_options_say_where(given: tuple[object, ...], expected: Machines | Host | None) -> None:
    assert place(*given) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((None, 2, "", None, "", "p"), "--rdzv-endpoint"),
        ((None, 2, "a:1", None, "box", "p"), "--nnodes is started on each"),
        ((None, 1, "", 3, "box", "p"), "--max-restarts"),
    ],
)
def test_options_that_do_not_go_together(given: tuple[object, ...], says: str) -> None:
    with pytest.raises(LayerloomError, match=says):
        place(*given)  # type: ignore[arg-type]
