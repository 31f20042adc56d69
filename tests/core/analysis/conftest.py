"""Each run is trained when a test first asks for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.analysis.subject import Subject, moment
from core.training.runs import RunFolder
from tests.analysed import SUBJECTS, fresh


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], RunFolder]:
    """The run of one of `analysed.SUBJECTS`."""
    made: dict[str, RunFolder] = {}

    def get(name: str) -> RunFolder:
        if name not in made:
            made[name] = fresh(tmp_path_factory.mktemp(name) / "run", *SUBJECTS[name])
        return made[name]

    return get


@pytest.fixture
def subject(trained: Callable[[str], RunFolder]) -> Callable[[str], Subject]:
    return lambda name: Subject(trained(name), moment(trained(name)))
