"""What several templates share: the ending of a classifier, and plain training jobs."""

from __future__ import annotations

from typing import Any

from graph.templates.drawing import COLUMN, ROW, Drawing


def classifier(d: Drawing, scores: str, name: str, **loss: Any) -> None:
    """Output, Target and cross entropy beside the node that gives the scores."""
    node = d.document.graph(d.scope).node(scores)
    column, row = node.x / COLUMN, node.y / ROW
    d.node("output", scores, at=(column + 1, row), name=name)
    target = d.node("target", at=(column, row + 1.2))
    d.node("cross_entropy", scores, target, at=(column + 1, row + 1), **loss)


def data(
    kind: str, transform: str, *, per: str = "", validation: float = 0.15, test: float = 0.2, **params: Any
) -> dict[str, Any]:
    """A source, one transform of its features (`per`: what shares a statistic), and the split."""
    fitted: dict[str, Any] = {"kind": transform, "field": "features"}
    if per:
        fitted["params"] = {"per": per}
    return {
        "source": {"kind": kind, "params": params},
        "transforms": [fitted],
        "split": {"validation": validation, "test": test},
    }


def adamw(lr: float, *, weight_decay: float, schedule: str = "cosine") -> dict[str, Any]:
    """One objective: every loss, AdamW, and a schedule over the whole run."""
    return {
        "optimizer": {"kind": "adamw", "params": {"lr": lr, "weight_decay": weight_decay}},
        "schedule": {"kind": schedule},
    }


def clipped(lr: float) -> dict[str, Any]:
    """One objective for what goes through time: AdamW in one cycle, gradients of norm 1 at most."""
    return {**adamw(lr, weight_decay=0.01, schedule="one_cycle"), "clip_norm": 1.0}


def pairs(task: str, **params: Any) -> dict[str, Any]:
    """Pairs of short texts; they need no transform: they are symbols."""
    return {"source": {"kind": "pairs", "params": {"task": task, **params}}, "split": {"validation": 0.1, "test": 0.1}}


def picture_folder(height: int, width: int, *, colour: str = "rgb") -> dict[str, Any]:
    """A folder of pictures that the person has yet to choose, each channel standardised."""
    return {
        "source": {"kind": "image_folder", "params": {"size": (height, width), "colour": colour}},
        "transforms": [{"kind": "standardise", "field": "features"}],
        "split": {"validation": 0.1, "test": 0.1},
    }


def sgd(lr: float, *, weight_decay: float = 1e-4) -> dict[str, Any]:
    """One objective: every loss, SGD with momentum 0.9, and the cosine over the whole run."""
    return {
        "optimizer": {"kind": "sgd", "params": {"lr": lr, "momentum": 0.9, "weight_decay": weight_decay}},
        "schedule": {"kind": "cosine"},
    }


def yes_or_no(d: Drawing, score: str, name: str) -> None:
    """Output, Target and loss beside the node that gives one score for two classes."""
    node = d.document.graph(d.scope).node(score)
    column, row = node.x / COLUMN, node.y / ROW
    d.node("output", score, at=(column + 1.2, row), name=name)
    target = d.node("target", at=(column, row + 1.4), encoding="binary")
    d.node("bce_with_logits", score, target, at=(column + 1.2, row + 1.2))


def python_text(lr: float, *, epochs: int, batch_size: int) -> dict[str, Any]:
    """A megabyte of Python's own source in windows of 64 characters, and AdamW with one cycle and clipping."""
    return {
        "data": {
            "source": {"kind": "python_text", "params": {"window": 64, "characters": 1_000_000}},
            "split": {"validation": 0.05, "test": 0.05},
        },
        "epochs": epochs,
        "batch_size": batch_size,
        "objectives": [{**adamw(lr, weight_decay=0.05, schedule="one_cycle"), "clip_norm": 1.0}],
    }
