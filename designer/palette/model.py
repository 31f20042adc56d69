"""The palette's rows as a Qt model: categories with layers, or a flat list of what was searched for."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from PySide6.QtCore import QByteArray, QMimeData, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel

from core.spec.layer import LayerSpec
from designer.icons import of_layer
from designer.language import tr
from designer.palette.entries import tip

MIME_LAYER = "application/x-layerloom-layer"


class Data(IntEnum):
    LAYER = Qt.ItemDataRole.UserRole  # id of the layer; empty for a category
    CATEGORY = Qt.ItemDataRole.UserRole + 1
    ICON = Qt.ItemDataRole.UserRole + 2


class PaletteModel(QStandardItemModel):
    def mimeTypes(self) -> list[str]:
        return [MIME_LAYER]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        layers = [index.data(Data.LAYER) for index in indexes if index.data(Data.LAYER)]
        if layers:
            data.setData(MIME_LAYER, QByteArray(layers[0].encode()))
        return data

    def show_groups(self, groups: dict[str, list[LayerSpec]]) -> None:
        self.clear()
        for category, specs in groups.items():
            head = QStandardItem(tr(category))
            head.setData(category, Data.CATEGORY)
            head.setData("", Data.LAYER)
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            head.appendRows([_row(spec) for spec in specs])
            self.appendRow(head)

    def show_found(self, specs: Sequence[LayerSpec]) -> None:
        self.clear()
        for spec in specs:
            self.appendRow(_row(spec))


def layer_of(index: QModelIndex | QPersistentModelIndex) -> str:
    """The layer of a row; empty for a category."""
    return str(index.data(Data.LAYER) or "")


def _row(spec: LayerSpec) -> QStandardItem:
    item = QStandardItem(spec.label)
    item.setData(spec.id, Data.LAYER)
    item.setData(spec.category, Data.CATEGORY)
    item.setData(of_layer(spec), Data.ICON)
    item.setToolTip(tip(spec))
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled)
    return item
