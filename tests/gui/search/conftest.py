"""A design with a search, and the panel over a made-up study of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.catalog.families import default_catalog
from core.search.study import Study
from designer.resources import EXAMPLES
from designer.search.panel import SearchPanel
from designer.search.studies import Studies
from designer.session import Session
from designer.studio import Studio
from graph import storage
from graph.codec import encode
from graph.commands import SetJob
from tests.core.search.studies import small_search, write_study


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Iris, with a search of its rate, the width of its first layer and the optimizer."""
    document, _ = storage.load(EXAMPLES / "iris_mlp.loom", default_catalog())
    session = Session(document, tmp_path / "iris.loom")
    session.do(SetJob("search", small_search().model_dump(mode="json")))
    return session


@pytest.fixture
def studio(session: Session, tmp_path: Path, qtbot: QtBot) -> Iterator[Studio]:
    studio = Studio(session, tmp_path / "runs")
    yield studio
    studio.close()


@pytest.fixture
def study(session: Session, studio: Studio) -> Study:
    """Twelve trials in every state; values as `write_study` draws them."""
    search = session.document.job.search
    place = Studies.of(studio).directory / "one"
    return write_study(place, 12, search, encode(session.document), session.title)


@pytest.fixture
def panel(study: Study, studio: Studio, qtbot: QtBot) -> SearchPanel:
    panel = SearchPanel(studio)
    qtbot.addWidget(panel)
    panel.resize(1400, 420)
    panel.show()
    return panel
