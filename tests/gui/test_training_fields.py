"""The job's fields: each is one of the job's own, with its default and limits, and the forms show them."""

from __future__ import annotations

from typing import Any

import pytest

from core.spec.params import Param
from core.training.job import Job, Objective, Rise, Stopping, Warmup
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
    (fields.RISE, Rise()),
]


@pytest.mark.parametrize(("params", "part"), PLACES)
def test_every_field_is_the_jobs_with_its_default_and_help(params: tuple[Param, ...], part: Any) -> None:
    for param in params:
        assert param.default == getattr(part, param.name), param.name
        assert param.doc, param.name
