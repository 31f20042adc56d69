"""Places of the drawing to come back to, kept with the design: nine of them, by number."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING

from designer.canvas.camera import MAX_SCALE, MIN_SCALE, Camera
from designer.language import tr
from designer.selection import scope_at
from designer.session import Session
from graph.commands import Batch, SetSetting

if TYPE_CHECKING:
    from designer.canvas.view import CanvasView

_KEY = "bookmarks"


def keep(canvas: CanvasView, number: int) -> bool:
    """What is looked at becomes bookmark `number` of the design."""
    session, camera = canvas.session, canvas.stage.camera
    x, y = camera.to_canvas(canvas.width() / 2, canvas.height() / 2)
    place = {"path": canvas.stage.model.path, "x": round(x, 1), "y": round(y, 1), "scale": round(camera.scale, 4)}
    view = session.document.settings.get("view", {})
    setting = SetSetting("view", {**view, _KEY: {**_all(session), str(number): place}})
    return session.do(Batch(f"Set bookmark {number}", (setting,)))


def go(canvas: CanvasView, number: int) -> bool:
    """Look where bookmark `number` was set; back returns from there."""
    found = place(canvas.session, number)
    if found is None:
        canvas.session.notify(
            tr("There is no bookmark {number} here. Set one with Ctrl+Shift+{number}.", number=number)
        )
        return False
    path, x, y, scale = found
    canvas.navigator.visit(path, Camera(scale).centred(x, y, canvas.width(), canvas.height()))
    return True


def place(session: Session, number: int) -> tuple[str, float, float, float] | None:
    """Path, middle and zoom of a bookmark; None where there is none, or its place is gone. A file may hold anything."""
    plain = _all(session).get(str(number))
    if not isinstance(plain, Mapping) or not isinstance(plain.get("path"), str):
        return None
    numbers = [plain.get(key) for key in ("x", "y", "scale")]
    if any(not isinstance(n, int | float) or not isfinite(n) or abs(n) > 1e7 for n in numbers):
        return None
    x, y, scale = (float(n) for n in numbers if n is not None)
    if scope_at(session.document, plain["path"]) is None:
        return None
    return plain["path"], x, y, min(max(scale, MIN_SCALE), MAX_SCALE)


def _all(session: Session) -> Mapping[str, object]:
    view = session.document.settings.get("view", {})
    found = view.get(_KEY, {}) if isinstance(view, Mapping) else {}
    return found if isinstance(found, Mapping) else {}
