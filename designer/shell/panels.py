"""The table of panels. Each is imported and built when it is first seen."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from PySide6.QtWidgets import QWidget

from designer.shell.desk import Desk
from designer.shell.docks import PanelSpec


def _built(place: str, *needs: str) -> Callable[[Desk], QWidget]:
    """Builds the class at ``module:Class`` of the designer with parts of the desk, in this order."""
    module, _, name = place.partition(":")

    def build(desk: Desk) -> QWidget:
        return cast(
            QWidget, getattr(import_module(f"designer.{module}"), name)(*(getattr(desk, need) for need in needs))
        )

    return build


_OF_RUNS = ("studio", "assistant")
PANELS = (
    PanelSpec("palette", "Layers", "layers", "left", _built("palette.panel:PalettePanel", "session")),
    PanelSpec("outline", "Outline", "runs", "left", _built("outline.panel:OutlinePanel", "session")),
    PanelSpec("history", "History", "clock", "left", _built("history.panel:HistoryPanel", "session")),
    PanelSpec(
        "inspector", "Inspector", "inspector", "right", _built("inspector.panel:InspectorPanel", "session", "assistant")
    ),
    PanelSpec("data", "Data", "data", "right", _built("data.panel:DataPanel", "session", "assistant")),
    PanelSpec("training", "Training", "train", "right", _built("training.panel:TrainingPanel", "session")),
    PanelSpec(
        "lesson",
        "Lesson",
        "lesson",
        "right",
        _built("lesson.panel:LessonPanel", "session", "studio"),
        wanted=lambda desk: "lesson" in desk.session.document.settings,
    ),
    PanelSpec(
        "problems", "Problems", "warning", "bottom", _built("problems.panel:ProblemsPanel", "session"), told=True
    ),
    PanelSpec("code", "Code", "code", "bottom", _built("code.panel:CodePanel", "session")),
    PanelSpec("plots", "Plots", "chart", "bottom", _built("plots.panel:PlotsPanel", "studio")),
    PanelSpec("course", "Over time", "clock", "bottom", _built("course.panel:CoursePanel", "session", "studio")),
    PanelSpec("evaluation", "Evaluation", "target", "bottom", _built("evaluation.panel:EvaluationPanel", *_OF_RUNS)),
    PanelSpec("step", "Step", "steps", "bottom", _built("stepping.panel:StepPanel", "session", *_OF_RUNS)),
    PanelSpec("lens", "Lens", "eye", "bottom", _built("lens.panel:LensPanel", "session", *_OF_RUNS)),
    PanelSpec("generate", "Generate", "rename", "bottom", _built("writing.panel:GeneratePanel", *_OF_RUNS)),
    PanelSpec("search", "Search", "search", "bottom", _built("search.panel:SearchPanel", "studio")),
    PanelSpec("monitor", "Monitor", "monitor", "bottom", _built("monitor.panel:MonitorPanel", *_OF_RUNS)),
    PanelSpec("system", "System", "device", "bottom", _built("plots.system:SystemPanel", "studio")),
    PanelSpec("runs", "Runs", "runs", "bottom", _built("runs.panel:RunsPanel", "studio")),
)
