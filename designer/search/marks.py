"""Marks on the fields of forms that are variables of the search, and the ways to make them so: button, menu, key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from designer.forms.field import FieldRow
from designer.forms.form import Form
from designer.forms.option import OptionForm
from designer.language import tr
from designer.qt import Debounce, follow
from designer.search.words import spread
from designer.session import Button, Session
from graph.variants import vary

if TYPE_CHECKING:
    from designer.window import MainWindow

QUIET_MS = 120  # so that typing in a large design does not wait for marks
Path = Callable[[str], str]
Paths = Callable[[str], tuple[str, ...]]


def mark_form(session: Session, form: Form, path: Path, *, also: Paths = lambda _name: (), menu: bool = True) -> None:
    """Mark the fields of a form; `path` gives the path of a field in a search, `also` further ones that are to take the
    same value. With `menu` its names have one."""

    def show() -> None:
        for name, field in form.rows.items():
            show_mark(session, field, path(name))

    def want(name: str) -> None:
        wish(session, path(name), also(name))
        show()

    form.search_wanted.connect(want)
    if menu:
        form.menu_wanted.connect(lambda name, at: _popup(form, session, path(name), at, also(name)))
    _keep_showing(session, form, show)


def mark_pick(session: Session, pick: OptionForm, path: str) -> None:
    """Mark which option is picked, and its fields."""

    def show() -> None:
        show_mark(session, pick.choice, f"{path}.kind")

    def want() -> None:
        wish(session, f"{path}.kind")
        show()

    pick.choice.search_wanted.connect(want)
    pick.choice.menu_wanted.connect(lambda at: _popup(pick, session, f"{path}.kind", at))
    pick.built.connect(lambda form: mark_form(session, form, lambda name: f"{path}.params.{name}"))
    _keep_showing(session, pick, show)


def _keep_showing(session: Session, owner: QWidget, show: Callable[[], None]) -> None:
    soon = Debounce(owner, QUIET_MS, show)
    follow(owner, session.search.changed, soon.start)
    show()


def show_mark(session: Session, field: FieldRow, path: str) -> None:
    """Show whether a field is searched, or could be."""
    variable = session.search.search.variables.get(path)
    if variable is not None:
        field.show_search(True, spread(variable))
    else:
        field.show_search(False if path in session.search.known else None)


def wish(session: Session, path: str, also: Sequence[str] = ()) -> None:
    """Search a setting, and `also` others as the same variable, over a range that suits it; one that is searched
    already is shown in the Search panel."""
    known = session.search.known.get(path)
    if path in session.search.search.variables:
        session.panel_requested.emit("search", path)
        return
    if known is None:
        return
    others = tuple(other for other in also if other in session.search.known)
    variable = known.suggestion.model_copy(update={"also": others})
    if session.attempt(lambda: vary(session.document, path, variable)):
        told = tr("{setting} is searched: {spread}.", setting=tr(known.label), spread=spread(variable))
        session.notify(told, Button(tr("Change"), partial(session.panel_requested.emit, "search", path)))


def add_entries(menu: QMenu, session: Session, path: str, also: Sequence[str] = ()) -> None:
    """What a field's menu offers for the search; nothing where it cannot be searched."""
    if path in session.search.search.variables:
        show = partial(session.panel_requested.emit, "search", path)
        menu.addAction(tr("Show in the Search panel"), show)
        menu.addAction(
            tr("Search it no more"), lambda: session.attempt(lambda: vary(session.document, path, None)) and None
        )
    elif path in session.search.known:
        menu.addAction(tr("Search this setting"), partial(wish, session, path, also))


def search_focused(window: MainWindow) -> None:
    """Search the setting whose field has the keyboard; where none has, the Search panel comes, which lists them all."""
    part = QApplication.focusWidget()
    while part is not None and not isinstance(part, FieldRow):
        part = part.parentWidget()
    if isinstance(part, FieldRow) and part.is_searched is not None:
        part.search_wanted.emit()
    else:
        window.session.panel_requested.emit("search", "add")


def _popup(owner: QWidget, session: Session, path: str, at: QPoint, also: Sequence[str] = ()) -> None:
    menu = QMenu(owner)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    add_entries(menu, session, path, also)
    if menu.isEmpty():
        menu.deleteLater()
    else:
        menu.popup(at)
