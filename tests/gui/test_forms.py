"""Forms from declarations: each kind of field, validation as one types, bursts that are one undo step."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from core.spec.option import OptionSpec
from core.spec.params import Bool, Choice, Float, Floats, Int, Ints, Padding, Pair, Param, Several, Text
from designer.forms.editors import MIXED, BoolEditor, ChoiceEditor, NamedEditor, SeveralEditor, TextEditor
from designer.forms.form import Form
from designer.forms.option import OptionForm
from designer.forms.steps import step_float, step_int

PARAMS = (
    Int("units", 64, min=1, doc="How many."),
    Float("rate", 0.1, min=0, max=1),
    Bool("bias", True),
    Choice("mode", "zeros", ("zeros", "reflect")),
    Pair("kernel", 3),
    Padding("padding", "same"),
    Ints("sizes", (1, 2)),
    Floats("weights", None, optional=True),
    Text("field", "features"),
    Float("eps", 1e-5, above=True, min=0, advanced=True),
    Int("groups", 1, min=1, when=("mode", ("reflect",))),
)
DEFAULTS = {p.name: p.default for p in PARAMS}


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    form = Form(PARAMS, {"field": ("features", "pixels")})
    qtbot.addWidget(form)
    form.show_values(DEFAULTS)
    form.show()
    return form


@pytest.fixture
def edits(form: Form) -> list[tuple[str, Any, object]]:
    found: list[tuple[str, Any, object]] = []
    form.edited.connect(lambda name, value, token: found.append((name, value, token)))
    return found


def line(form: Form, name: str) -> QLineEdit:
    editor = form.rows[name].editor
    assert isinstance(editor, TextEditor | NamedEditor)
    return editor.line


def typed(qtbot: QtBot, form: Form, name: str, text: str) -> None:
    target = line(form, name)
    target.setFocus()
    target.selectAll()
    qtbot.keyClicks(target, text)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("units", "128", 128),
        ("rate", "2.5e-1", 0.25),
        ("kernel", "3 x 5", (3, 5)),
        ("padding", "valid", "valid"),
        ("padding", "2", 2),
        ("sizes", "4, 5, 6", (4, 5, 6)),
        ("weights", "0.5, 2", (0.5, 2.0)),
        ("field", "other", "other"),
    ],
)
def test_typing_gives_values_that_hold(
    qtbot: QtBot, form: Form, edits: list[tuple[str, Any, object]], name: str, text: str, value: Any
) -> None:
    typed(qtbot, form, name, text)
    assert edits[-1][:2] == (name, value)
    assert form.rows[name].error.isHidden()


def test_what_does_not_hold_is_outlined_told_and_never_given_on(
    qtbot: QtBot, form: Form, edits: list[tuple[str, Any, object]]
) -> None:
    typed(qtbot, form, "units", "0")
    row = form.rows["units"]
    assert edits == []
    assert line(form, "units").property("invalid") is True
    assert row.error.isVisible()
    assert row.error.text() == "Expected a whole number of 1 or more, received 0."
    qtbot.keyClicks(line(form, "units"), "9")  # "09" is no number either
    qtbot.keyClick(line(form, "units"), Qt.Key.Key_Home)
    qtbot.keyClick(line(form, "units"), Qt.Key.Key_Delete)
    assert edits[-1][:2] == ("units", 9)
    assert row.error.isHidden()
    assert line(form, "units").property("invalid") is False


def test_a_burst_has_one_token_and_the_next_another(
    qtbot: QtBot, form: Form, edits: list[tuple[str, Any, object]]
) -> None:
    typed(qtbot, form, "units", "128")
    line(form, "rate").setFocus()
    typed(qtbot, form, "rate", "0.5")
    units = {token for name, _, token in edits if name == "units"}
    rates = {token for name, _, token in edits if name == "rate"}
    assert len(units) == 1
    assert len(rates) == 1
    assert units != rates


def test_arrow_keys_step(qtbot: QtBot, form: Form, edits: list[tuple[str, Any, object]]) -> None:
    target = line(form, "units")
    target.setFocus()
    qtbot.keyClick(target, Qt.Key.Key_Up)
    qtbot.keyClick(target, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert [value for _, value, _ in edits] == [65, 75]
    assert target.text() == "75"


def test_switch_and_choice(qtbot: QtBot, form: Form, edits: list[tuple[str, Any, object]]) -> None:
    switch, choice = form.rows["bias"].editor, form.rows["mode"].editor
    assert isinstance(switch, BoolEditor)
    assert isinstance(choice, ChoiceEditor)
    qtbot.mouseClick(switch.switch, Qt.MouseButton.LeftButton)
    choice.combo.setFocus()
    qtbot.keyClick(choice.combo, Qt.Key.Key_Down)
    assert [edit[:2] for edit in edits] == [("bias", False), ("mode", "reflect")]


def test_conditions_show_and_hide_fields(form: Form) -> None:
    assert form.rows["groups"].isHidden()
    form.show_values({**DEFAULTS, "mode": "reflect"})
    assert not form.rows["groups"].isHidden()


def test_advanced_fields_are_folded_and_counted(qtbot: QtBot, form: Form) -> None:
    assert form._more is not None
    assert not form.rows["eps"].isVisible()
    form.show_values({**DEFAULTS, "eps": 1e-3})
    assert form._more.text() == "Advanced (1 set)"
    qtbot.mouseClick(form._more, Qt.MouseButton.LeftButton)
    assert form.rows["eps"].isVisible()


def test_reset_is_offered_where_a_value_differs(qtbot: QtBot, form: Form) -> None:
    asked: list[str] = []
    form.reset.connect(asked.append)
    row = form.rows["units"]
    assert row._reset.isHidden()
    form.show_values({**DEFAULTS, "units": 5})
    qtbot.mouseClick(row._reset, Qt.MouseButton.LeftButton)
    assert asked == ["units"]


def test_values_from_outside_do_not_emit_and_do_not_disturb_typing(
    qtbot: QtBot, form: Form, edits: list[tuple[str, Any, object]]
) -> None:
    typed(qtbot, form, "kernel", "3 x 5")
    count = len(edits)
    form.show_values({**DEFAULTS, "kernel": (3, 5)})
    assert line(form, "kernel").text() == "3 x 5"
    form.show_values({**DEFAULTS, "kernel": 7})  # an undo, say
    assert line(form, "kernel").text() == "7"
    assert len(edits) == count


def test_an_optional_field_may_be_emptied(qtbot: QtBot, form: Form, edits: list[tuple[str, Any, object]]) -> None:
    form.show_values({**DEFAULTS, "weights": (1.0,)})
    target = line(form, "weights")
    target.setFocus()
    target.selectAll()
    qtbot.keyClick(target, Qt.Key.Key_Delete)
    assert edits[-1][:2] == ("weights", None)


def test_mixed_values(form: Form) -> None:
    form.show_values(DEFAULTS, {"units", "mode"})
    assert line(form, "units").text() == ""
    assert line(form, "units").placeholderText() == MIXED
    choice = form.rows["mode"].editor
    assert isinstance(choice, ChoiceEditor)
    assert choice.combo.currentIndex() == -1


@pytest.mark.parametrize(
    ("param", "value", "direction", "expected"),
    [
        (Int("a", 1, min=1, max=8), 8, 1, 8),
        (Int("a", 1, min=1), 1, -1, 1),
        (Int("a", 4, optional=True), None, 1, 4),
    ],
)
def test_whole_numbers_step_within_limits(param: Int, value: int | None, direction: int, expected: int) -> None:
    assert step_int(param, value, direction) == expected


@pytest.mark.parametrize(
    ("value", "direction", "expected"),
    [(0.003, 1, 0.004), (0.001, -1, 0.0009), (0.1, 1, 0.2), (0.2, -1, 0.1), (0.0, 1, 0.1), (0.95, 1, 1.0)],
)
def test_numbers_step_by_their_leading_digit(value: float, direction: int, expected: float) -> None:
    assert step_float(Float("a", 0.1, min=0, max=1), value, direction) == pytest.approx(expected, abs=1e-12)


def test_large_steps_are_decades_and_an_excluded_minimum_is_never_reached() -> None:
    rate = Float("lr", 0.001, min=0, above=True)
    assert step_float(rate, 0.001, -1, large=True) == 0.0001
    value = 1e-9
    for _ in range(50):
        value = step_float(rate, value, -1)
    assert value > 0


def test_an_option_form_shows_the_fields_of_what_is_picked(qtbot: QtBot) -> None:
    options = {
        "sgd": OptionSpec("sgd", "SGD", "Plain.", (Float("lr", 0.1, min=0), Float("momentum", 0.0, min=0))),
        "none": OptionSpec("none", "None", "Nothing."),
    }
    form = OptionForm("Optimizer", options, "sgd")
    qtbot.addWidget(form)
    picked: list[str] = []
    form.picked.connect(picked.append)
    form.show_pick("sgd", {"momentum": 0.9})
    assert form.form is not None
    assert line(form.form, "momentum").text() == "0.9"
    assert line(form.form, "lr").text() == "0.1"
    choice = form.choice.editor
    assert isinstance(choice, ChoiceEditor)
    choice.combo.setFocus()
    qtbot.keyClick(choice.combo, Qt.Key.Key_Down)
    assert picked == ["none"]
    form.show_pick("none", {})
    assert form.form is None


def test_every_kind_of_field_has_an_editor_that_shows_its_default(qtbot: QtBot) -> None:
    params: tuple[Param, ...] = PARAMS
    form = Form(params)
    qtbot.addWidget(form)
    form.show_values(DEFAULTS)
    assert line(form, "rate").text() == "0.1"
    assert line(form, "padding").text() == "same"
    assert line(form, "weights").text() == ""


def test_several_words_are_ticked_one_by_one(qtbot: QtBot) -> None:
    form = Form(
        (Several("logs", (), ("tensorboard", "mlflow"), labels={"tensorboard": "TensorBoard"}, doc="For whom."),)
    )
    qtbot.addWidget(form)
    form.show_values({"logs": ("mlflow",)})
    editor = form.rows["logs"].editor
    assert isinstance(editor, SeveralEditor)
    boxes = editor.boxes
    assert [box.text() for box in boxes.values()] == ["TensorBoard", "mlflow"]
    assert [box.isChecked() for box in boxes.values()] == [False, True]
    with qtbot.waitSignal(form.edited) as caught:
        boxes["tensorboard"].click()
    assert caught.args[:2] == ["logs", ("tensorboard", "mlflow")]
