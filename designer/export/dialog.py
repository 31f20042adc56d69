"""The export dialog. The assistant does the work; the dialog can be closed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QLayout, QLineEdit, QProgressBar, QWidget

from core.catalog.solvers import EXPORT_STEPS
from core.problem import LayerloomError, Problem
from core.program import codec
from core.program.fixed import ADAPTIVE
from core.training.runs import RunSummary, list_runs
from designer.controls.buttons import Switch, button
from designer.controls.labels import label
from designer.export.certificate import CertificateView
from designer.export.precision import PrecisionForm
from designer.language import marked, tr
from designer.qt import column, row
from designer.session import Session
from designer.studio import Studio
from designer.theme import SPACE_L, SPACE_M, SPACE_XL
from designer.workers import AssistantClient
from exporters.formats import FORMATS
from graph.lower import lower

PATH_WIDTH = 300
_FRESH = marked("The design as it is, untrained")


class ExportDialog(QDialog):
    """What to export (a run's weights, or fresh ones), as what, and where to."""

    def __init__(
        self, session: Session, studio: Studio, assistant: AssistantClient, run: Path | None, parent: QWidget,
        *, preset: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setWindowTitle(tr("Export"))
        self._session, self._assistant = session, assistant
        self._source, self._format, self._bake = QComboBox(), QComboBox(), Switch()
        self._precision = PrecisionForm(preset or {})
        self._path = QLineEdit()
        self._path.setMinimumWidth(PATH_WIDTH)
        self._note = label("", "muted", wrap=True)
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._certificate = CertificateView()
        self._export = button(tr("Export"), lambda: self._start(), primary=True)
        self._settle = button(tr("Export with fixed steps"), lambda: self._start(EXPORT_STEPS))
        self._settle.setToolTip(tr("The same weights, solved by RK4 in steps that do not adapt."))
        self._reveal = button(tr("Open folder"), self._open_folder)
        self._build()
        self._offer_sources(_runs(studio), run)
        self._suggest()

    # -- building

    def _build(self) -> None:
        outer = column(self, margins=SPACE_XL, gap=SPACE_L)
        outer.setSizeConstraint(QLayout.SizeConstraint.SetMinimumSize)  # fields are never squeezed
        for id, format in FORMATS.items():
            self._format.addItem(format.label, id)
        for name, widget in (
            (tr("Weights"), self._source),
            (tr("Format"), self._format),
            (tr("File"), self._file_line()),
            (tr("Preparation inside"), self._bake),
            (tr("Number format"), self._precision.choice),
        ):
            line = row(gap=SPACE_M)
            title = label(name, "muted")
            title.setFixedWidth(130)
            line.addWidget(title)
            line.addWidget(widget, 0 if widget is self._bake else 1)
            if widget is self._bake:
                self._bake.setToolTip(tr("The exported net takes raw values and standardises them itself."))
                line.addStretch(1)
            outer.addLayout(line)
        outer.addWidget(self._precision)
        outer.addWidget(self._note)
        outer.addWidget(self._busy)
        outer.addWidget(self._certificate)
        ends = row(gap=SPACE_M)
        ends.addWidget(self._reveal)
        ends.addStretch(1)
        ends.addWidget(self._settle)
        ends.addWidget(button(tr("Close"), self.close))
        ends.addWidget(self._export)
        outer.addLayout(ends)
        for part in (self._busy, self._certificate, self._reveal, self._settle):
            part.hide()
        self._format.currentIndexChanged.connect(lambda _index: self._suggest())
        self._source.currentIndexChanged.connect(lambda _index: self._suggest())
        self._precision.changed.connect(lambda: QTimer.singleShot(0, self, self._fit))

    def _file_line(self) -> QWidget:
        place = QWidget()
        line = row(place, gap=SPACE_M)
        line.addWidget(self._path, 1)
        line.addWidget(button(tr("Browse…"), self._browse))
        return place

    def _offer_sources(self, runs: list[RunSummary], chosen: Path | None) -> None:
        """The runs of this design, the newest first; the design itself; then what else was trained in its folder."""
        own = [run for run in runs if run.title == self._session.title]
        for run in [*own, None, *(run for run in runs if run not in own)]:
            if run is None:
                self._source.addItem(tr(_FRESH), None)
                continue
            told = tr("{run}  ({state}, epoch {epoch:g})", run=run.folder.name, state=tr(run.state), epoch=run.epoch)
            self._source.addItem(told, run.folder)
        places = [self._source.itemData(i) for i in range(self._source.count())]
        self._source.setCurrentIndex(places.index(chosen) if chosen and chosen in places else 0)

    def _suggest(self) -> None:
        """Name the file after the design, in the folder that the last name was in."""
        old = Path(self._path.text()) if self._path.text() else None
        folder = old.parent if old else (self._session.folder or Path.home())
        run: Path | None = self._source.currentData()
        stem = run.name.rsplit("-", 2)[0] if run else self._session.title
        format = FORMATS[self._format.currentData()]
        self._path.setText(str(folder / f"{stem}{format.extension}"))
        self._bake.setEnabled(self._format.currentData() == "onnx" and run is not None)
        self._precision.set_enabled(format.verified)
        QTimer.singleShot(0, self, self._fit)

    # -- acts

    def _browse(self) -> None:
        format = FORMATS[self._format.currentData()]
        path, _ = QFileDialog.getSaveFileName(
            self, "Export to", self._path.text(), f"{format.label} (*{format.extension})"
        )
        if path:
            self._path.setText(path)

    def _start(self, fixed_steps: int = 0) -> None:
        run: Path | None = self._source.currentData()
        args: dict[str, Any] = {
            "format": self._format.currentData(),
            "path": self._path.text(),
            "run": str(run) if run else None,
            "program": None,
            "fixed_steps": fixed_steps,
            "bake": self._bake.isChecked() and self._bake.isEnabled(),
            **self._precision.wanted(),
        }
        try:
            if run is None:
                args["program"] = codec.to_json(lower(self._session.document))
        except LayerloomError as error:
            self._tell(error.problem.message, bad=True)
            return
        self._set_busy(True)
        self._assistant.request("export", args, self._answered)

    def _answered(self, result: Mapping[str, Any] | None, problem: Problem | None) -> None:
        self._set_busy(False)
        if problem is not None or result is None:
            self._tell(problem.message if problem else "Nothing was exported.", bad=True)
            self._settle.setVisible(problem is not None and problem.code == ADAPTIVE)
            return
        self._tell(f"Wrote {result['path']} ({result['bytes'] / 1024:,.0f} KiB).")
        self._reveal.show()
        if result.get("reduction"):
            self._certificate.show_reduction(result["bytes"], result["reduction"])
            self._certificate.show()
        elif result.get("certificate"):
            self._certificate.show_certificate(result["certificate"])
            self._certificate.show()
        QTimer.singleShot(0, self, self._fit)

    def _fit(self) -> None:
        """As high as what is shown needs at this width: what wraps is not known to the size hint."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.resize(self.width(), layout.totalHeightForWidth(self.width()))

    def _tell(self, text: str, *, bad: bool = False) -> None:
        self._note.setProperty("role", "error" if bad else "muted")
        self._note.setText(text)
        self._note.style().polish(self._note)

    def _set_busy(self, busy: bool) -> None:
        self._busy.setVisible(busy)
        self._export.setEnabled(not busy)
        self._certificate.hide()
        self._settle.hide()
        if busy:
            self._tell("Exporting, then comparing with PyTorch…")

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self._path.text()).parent)))


def _runs(studio: Studio) -> list[RunSummary]:
    """The runs that have weights, newest first."""
    try:
        return [run for run in list_runs(studio.directory) if run.state not in ("damaged", "new", "preparing")]
    except LayerloomError:
        return []
