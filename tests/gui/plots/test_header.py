"""What the line above the charts says of a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.training.protocol import EpochEnded, Points, Started
from designer.plots.header import RunHeader, fit
from designer.plots.record import RunRecord


def record(folder: Path, losses: tuple[str, ...] = ("loss",), epochs: int = 20) -> RunRecord:
    """Training falls all the time; validation rises again after the eighth epoch."""
    made = RunRecord("r", folder)
    made.take(Started("r", "cpu", 1, 9, epochs, 2, 0, {}, losses, ()))
    made.take(Points((1, 2), {"train/loss": (2.3, 2.0)}))
    for epoch in range(1, epochs + 1):
        validation = 0.5 + 0.1 * abs(epoch - 8)
        made.take(
            EpochEnded(epoch, 2 * epoch, {"train": {"loss": 2.0 / epoch}, "validation": {"loss": validation}}, 0.1)
        )
    return made


@pytest.fixture
def header(qtbot: QtBot) -> RunHeader:
    made = RunHeader()
    qtbot.addWidget(made)
    made.resize(1200, 40)
    made.show()
    return made


def test_the_verdict_stands_beside_the_run_with_what_helps(header: RunHeader, tmp_path: Path) -> None:
    header.show_record(record(tmp_path))
    assert header._fit.text() == "overfits since epoch 8"
    assert "Stop early" in header._fit.toolTip()
    assert header._fit.isVisible()
    header.show_record(record(tmp_path, epochs=3))
    assert not header._fit.isVisible(), "too early to tell"


def test_several_losses_are_not_judged(tmp_path: Path) -> None:
    assert fit(record(tmp_path, ("generator", "discriminator"))) is None
