"""The person's own blocks, kept on this machine to be used in any design.

Each is a file of its own: a copied instance as text (see `graph.clipboard`), so a block brings along the blocks inside
it. Like a design, such a file is data: reading one executes nothing.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from pathlib import Path

import platformdirs

from core.catalog import Catalog
from core.files import atomic_write, read_text
from core.problem import LayerloomError
from core.signal import Signal
from core.spec.layer import LayerSpec
from graph import clipboard
from graph.commands.blocks import block_of
from graph.document import Document
from graph.graph import Graph
from graph.plain import MAX_BYTES
from graph.records import BLOCK_PREFIX, MAIN, Node

CATEGORY = "My blocks"
PREFIX = "library:"  # of the ids by which kept blocks are offered among the layers
SUFFIX = ".block"
MOST = 500  # blocks that are offered

changed: Signal[[]] = Signal()  # a block was kept or forgotten
_read: dict[tuple[Path, int, int], LayerSpec | None] = {}  # by file, time and size


def folder() -> Path:
    """Where kept blocks lie: the person's data folder of this system."""
    return platformdirs.user_data_path("layerloom", appauthor=False) / "blocks"


def keep(document: Document, block: str) -> Path:
    """Keep a block of the design, with the blocks inside it, under its name; one of that name is replaced.

    Raises:
        LayerloomError: there is no such block, or its file could not be written.
    """
    name = block_of(document, block).name
    file = folder() / f"{_stem(name)}{SUFFIX}"
    alone = Document(document.catalog)
    graphs = {id: document.graph(id) for id in document.blocks}
    instance = Graph()
    instance.fill([Node("kept", BLOCK_PREFIX + block)], [])
    alone.adopt(document.blocks, {**graphs, MAIN: instance}, {})
    with contextlib.suppress(OSError):  # atomic_write then says what is wrong with the folder
        file.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(file, clipboard.copy(alone, MAIN, ["kept"]))
    changed.emit()
    return file


def forget(id: str) -> None:
    """Remove a kept block by the id that it is offered under; designs that use it keep theirs."""
    with contextlib.suppress(OSError):
        _file(id).unlink(missing_ok=True)
    changed.emit()


def specs(catalog: Catalog) -> list[LayerSpec]:
    """The kept blocks as declarations to choose from, by name. A file that is no block is passed over."""
    files = sorted(folder().glob(f"*{SUFFIX}"))[:MOST]
    found = (_spec(file, catalog) for file in files)
    return sorted((spec for spec in found if spec is not None), key=lambda spec: spec.label.lower())


def spec(id: str, catalog: Catalog) -> LayerSpec | None:
    """The declaration of a kept block by its id; None where there is none."""
    return _spec(_file(id), catalog) if id.startswith(PREFIX) else None


def use(document: Document, scope: str, id: str, at: tuple[float, float]) -> clipboard.Pasted:
    """The act that puts an instance of a kept block into a scope; `items` holds its one node. The block comes along,
    unless the design has it.

    Raises:
        LayerloomError: the block is not there any more, or its file does not hold.
    """
    pasted = clipboard.paste(document, scope, read_text(_file(id), MAX_BYTES), at)
    if pasted is None:
        raise LayerloomError(f"{_file(id).name} in your library holds no block.", code="not-a-block")
    return pasted


def _file(id: str) -> Path:
    """The file behind an id. The id comes from a drag or a setting: only its safe letters count."""
    return folder() / f"{_stem(id.removeprefix(PREFIX))}{SUFFIX}"


def _stem(name: str) -> str:
    return re.sub(r"[^\w -]", "_", name).strip()[:80] or "block"


def _spec(file: Path, catalog: Catalog) -> LayerSpec | None:
    try:
        state = file.stat()
        key = (file, state.st_mtime_ns, state.st_size)
        if key not in _read:
            _read[key] = _declared(file, catalog)
        return _read[key]
    except OSError:
        return None


def _declared(file: Path, catalog: Catalog) -> LayerSpec | None:
    """The declaration of the block in a file, as an instance in an empty design shows it."""
    empty = Document(catalog)
    try:
        pasted = clipboard.paste(empty, MAIN, read_text(file, MAX_BYTES))
        if pasted is None:
            return None
        pasted.apply(empty)
    except LayerloomError:
        return None
    node = next(iter(empty.graph().nodes), None)
    found = empty.spec(node.layer) if node is not None and node.block else None
    return replace(found, id=PREFIX + file.stem, category=CATEGORY) if found is not None else None
