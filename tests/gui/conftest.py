"""A small design in a session, settings and files of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.catalog import Catalog
from core.catalog.families import default_catalog
from designer import language
from designer.session import Notice, Session
from designer.studio import Studio
from designer.theme import manager
from graph import library, storage
from graph.commands import AddNode, Connect
from graph.document import Document
from graph.records import Node
from tests.asked import Asked

USED = {"input", "target", "output", "entry", "exit", "linear", "relu", "dropout", "conv2d", "flatten", "cross_entropy"}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Qt's offscreen platform says so of every window that is shown; it is no fault of ours."""
    item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))


@pytest.fixture(scope="session", autouse=True)
def _theme(qapp: QApplication) -> None:
    qapp.setOrganizationName("LayerloomTests")
    qapp.setApplicationName("LayerloomTests")
    if manager()._app is None:
        manager().install(qapp)


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    monkeypatch.setattr(storage, "autosave_folder", lambda: tmp_path / "autosave")
    monkeypatch.setattr(library, "folder", lambda: tmp_path / "blocks")
    yield
    language.use(language.ENGLISH)
    QSettings().sync()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog(spec for spec in default_catalog() if spec.id in USED)


@pytest.fixture
def document(catalog: Catalog) -> Document:
    """input n1 -> linear n2 -> relu n3 -> output n4; digits-like input of 64 numbers."""
    document = Document(catalog)
    for i, (layer, params) in enumerate(
        (("input", {"shape": (64,)}), ("linear", {"out_features": 16}), ("relu", {}), ("output", {})), start=1
    ):
        AddNode(Node(f"n{i}", layer, params=params, x=220.0 * i, y=40.0)).apply(document)
    for i in range(1, 4):
        source = document.spec(document.graph().node(f"n{i}").layer)
        target = document.spec(document.graph().node(f"n{i + 1}").layer)
        assert source is not None
        assert target is not None
        Connect(f"n{i}", source.outputs[0].id, f"n{i + 1}", target.inputs[0].id, id=f"l{i}").apply(document)
    return document


@pytest.fixture
def session(document: Document) -> Session:
    return Session(document)


@pytest.fixture
def studio(session: Session, tmp_path: Path, qtbot: QtBot) -> Iterator[Studio]:
    """Its runs go into a folder of the test."""
    studio = Studio(session, tmp_path / "runs")
    yield studio
    studio.close()


@pytest.fixture
def assistant(qtbot: QtBot) -> Asked:
    """Keeps the questions; the test answers."""
    return Asked()


@pytest.fixture
def notices(session: Session) -> list[Notice]:
    """All that the session tells the person."""
    told: list[Notice] = []
    session.noticed.connect(told.append)
    return told
