"""What the networks for ImageNet share: pictures of 3 x 224 x 224, 1,000 classes, and stages of blocks in frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graph.templates.drawing import Drawing
from graph.templates.parts import classifier, picture_folder, sgd

FAMILY = "Networks for ImageNet"
CLASSES, SIZE = 1000, 224
_WITHIN, _BETWEEN = 0.9, 1.25  # columns from one node to the next
WITHOUT_DATA = (
    "Drawn for ImageNet: 3 x 224 x 224 in, 1,000 classes out. To train it, choose a folder of pictures in the Data "
    "panel, one sub-folder for each class, and give the last layer as many outputs."
)


@dataclass(frozen=True)
class Part:
    """An instance of a block within a stage."""

    layer: str
    name: str
    repeat: int = 1
    params: Mapping[str, Any] = field(default_factory=dict)


def picture(d: Drawing) -> str:
    """The Input, in column 0."""
    return d.node("input", at=(0, 0), shape=(3, SIZE, SIZE))


def stages(d: Drawing, last: str, drawn: Mapping[str, tuple[Part, ...]], *, column: float) -> tuple[str, float]:
    """Parts in a row, a frame for each stage. Returns the last node and the next free column."""
    for title, parts in drawn.items():
        members = []
        for part in parts:
            last = d.node(
                part.layer, last, at=(column, 0), name=part.name, repeat=part.repeat, params=part.params or None
            )
            members.append(last)
            column += _WITHIN
        d.frame(title, *members)
        column += _BETWEEN - _WITHIN
    return last, column


def pooled_head(d: Drawing, last: str, column: float, *, dropout: float = 0.0) -> None:
    """Average over space, one linear layer, Output and loss; and the job of a folder of pictures."""
    members = [d.node("global_avg_pool", last, at=(column, 0), name="pool")]
    if dropout:
        members.append(d.node("dropout", members[-1], at=(column + 1, 0), p=dropout))
    scores = d.node("linear", members[-1], at=(column + len(members), 0), name="scores", out_features=CLASSES)
    d.frame("Head", *members, scores)
    classifier(d, scores, "label")
    job(d)


def job(d: Drawing, *, lr: float = 0.05, weight_decay: float = 1e-4) -> None:
    """SGD with momentum over 90 epochs, as these networks are usually trained, in batches that fit one machine."""
    d.job(data=picture_folder(SIZE, SIZE), epochs=90, batch_size=64, objectives=[sgd(lr, weight_decay=weight_decay)])
