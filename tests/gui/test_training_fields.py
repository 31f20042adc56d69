"""The job's fields: each is one of the job's own, with its default and limits, and the forms show them."""

from __future__ import annotations

from typing import Any

import pytest

from core.spec.params import Param
from core.training.job import Job, Objective, Stopping, Warmup
from designer.training import fields

PLACES: list[tuple[tuple[Param, ...], Any]] = [
    (fields.RUN, Job()),
    (fields.BALANCE, Job()),
    (fields.AVERAGE, Job()),
    (fields.CLIPPING, Objective()),
    (fields.PENALTIES, Objective()),
    (fields.STEPPING, Objective()),
    (fields.STOPPING, Stopping()),
    (fields.WARMUP, Warmup()),
]


@pytest.mark.parametrize(("params", "part"), PLACES)
def test_every_field_is_the_jobs_with_its_default_and_help(params: tuple[Param, ...], part: Any) -> None:
    for param in params:
        assert param.default == getattr(part, param.name), param.name
        assert param.doc, param.name


def test_multipliers_are_typed_as_node_and_number() -> None:
    [param] = [p for p in fields.STEPPING if p.name == "rates"]
    assert param.parse("n3=0.1, n7/n2=0") == {"n3": 0.1, "n7/n2": 0.0}
    assert param.format({"n3": 0.1, "n7/n2": 0.0}) == "n3=0.1, n7/n2=0"
    assert param.parse("") == {}
    for wrong in ("n3", "n3=x", "n3=-1"):
        with pytest.raises(ValueError, match="expected a node and a number"):
            param.parse(wrong)
