"""Answers as the assistant gives them, small."""

from __future__ import annotations

from typing import Any

HEAD = {"run": "Pets", "weights": "last", "step": 120, "epoch": None, "split": "test", "examples": 10, "of": 10}


def sample(position: int, truth: str, guess: str, probability: float | None = 0.2) -> dict[str, Any]:
    return {
        "position": position, "row": 100 + position, "pixels": [[0, 255], [128, 64]], "truth": truth, "guess": guess,
        "probability": probability,
    }  # fmt: skip


def classification() -> dict[str, Any]:
    rows = [
        {
            "class": name,
            "precision": 0.75,
            "recall": 0.6,
            "f1": 0.67,
            "support": 5,
            "roc": 0.9,
            "average_precision": 0.8,
        }
        for name in ("cat", "dog")
    ]
    curve = {"class": 1, "x": [0.0, 0.2, 1.0], "y": [0.0, 0.8, 1.0], "area": 0.9}
    return {
        "name": "logits", "target": "target", "kind": "classification", "classes": ["cat", "dog"],
        "confusion": [[3, 2], [0, 5]],
        "cells": {"0,0": [0, 1, 2], "0,1": [3, 4], "1,1": [5, 6, 7, 8, 9]},
        "rows": rows, "accuracy": 0.8, "macro_f1": 0.79, "roc": [curve], "pr": [curve],
        "calibration": {"edges": [0.0, 0.5, 1.0], "count": [0, 10], "confidence": [None, 0.9],
                        "accuracy": [None, 0.8], "error": 0.1},
        "worst": [sample(3, "cat", "dog"), sample(4, "cat", "dog", None)],
    }  # fmt: skip


def regression() -> dict[str, Any]:
    scores = {"r2": 0.5, "mae": 1.0, "rmse": 1.5}
    column = {
        "name": "target", **scores, "truth": [1.0, 2.0, None], "guess": [1.5, 1.0, 2.0],
        "residuals": {"counts": [1, 2], "edges": [-1.0, 0.0, 1.0], "mean": 0.1, "std": 0.6},
    }  # fmt: skip
    worst = {"position": 0, "row": 7, "values": [1.0, None], "of": 2, "truth": 2.0, "guess": 1.0}
    return {"name": "out", "target": "target", "kind": "regression", **scores, "columns": [column], "worst": [worst]}


def detection() -> dict[str, Any]:
    square, dog = {"kind": "cat", "box": [0.1, 0.1, 0.4, 0.4]}, {"kind": "dog", "box": [0.5, 0.5, 1.2, 0.9]}
    found = [{**square, "score": 0.98, "right": True}, {**dog, "score": 0.6, "right": False}]
    one = {"position": 0, "row": 3, "pixels": [[0, 255], [128, 64]], "truth": [square, {**dog, "kind": "cat"}]}
    curves = {"precision": [1.0, 0.5], "recall": [0.5, 1.0]}
    return {
        "name": "boxes", "target": "boxes", "kind": "detection", "map50": 0.75, "map": None,
        "classes": [{"name": "cat", "count": 2, "ap50": 0.75, "ap": 0.5, **curves},
                    {"name": "dog", "count": 0, "ap50": None, "ap": None, "precision": [], "recall": []}],
        "right": 1, "wrong": 1, "missed": 1,
        "pictures": [{**one, "found": found}, {**one, "truth": [square], "found": found[:1]}],
        "worst": [{**one, "found": []}],
    }  # fmt: skip


def reconstruction() -> dict[str, Any]:
    pair = {"position": 1, "error": 0.3, "truth": {"pixels": [[0, 9], [1, 2]]}, "guess": {"curve": [[0.0, 1.0]]}}
    return {
        "name": "picture", "target": "features", "kind": "reconstruction", "of_input": True,
        "r2": 0.4, "mae": 0.2, "rmse": 0.3,
        "errors": {"counts": [3, 1], "edges": [0.1, 0.2, 0.3], "mean": 0.2, "std": 0.1},
        "pairs": [pair], "worst": [pair],
    }  # fmt: skip


def answer(*tasks: dict[str, Any]) -> dict[str, Any]:
    return {**HEAD, "tasks": list(tasks)}


SHEET = {"images": [[[0, 128], [255, 128]], [[1, 1], [1, 1]]], "peak": 2.0, "signed": True}
STATISTICS = {"bad": 0, "mean": 0.1, "std": 1.0, "min": -2.0, "max": 2.0, "zeros": 0.0}


def layers(node: str = "n2", kind: str = "maps") -> dict[str, Any]:
    """Two nodes; of `node` more is told, nothing where it is empty."""
    rows = [
        {"node": "n2", "label": "Conv 2D", "layer": "conv2d", "shape": [2, 2, 2], **STATISTICS, "dead": None,
         "parameters": 20, "sparse": 0.5},
        {"node": "n3", "label": "ReLU", "layer": "relu", "shape": [2, 2, 2], **STATISTICS, "bad": 3, "dead": 0.25,
         "parameters": 0, "sparse": None},
    ]  # fmt: skip
    outputs = {
        "maps": {"shape": [2, 2, 2], **STATISTICS, "kind": "maps", **SHEET},
        "matrix": {"shape": [2, 2], **STATISTICS, "kind": "matrix", **SHEET, "images": SHEET["images"][:1]},
        "vector": {"shape": [3], **STATISTICS, "kind": "vector", "values": [1.0, -1.0, 0.5]},
    }
    weight = {"shape": [2, 1, 2, 2], **STATISTICS, "counts": [1, 3], "edges": [-1.0, 0.0, 1.0]}
    detail = {
        "node": node, "label": "Conv 2D", "layer": "conv2d",
        "weights": [{"name": "weight", **weight}, {"name": "bias", **weight}],
        "filters": {"kind": "kernels", "shape": [2, 1, 2, 2], "pixels": [], **SHEET},
        "output": outputs[kind], "values": {"counts": [1, 3], "edges": [-1.0, 0.0, 1.0]},
        "attention": [{"name": "self_attn", "heads": 2, "shape": [2, 2], **SHEET, "signed": False}],
    }  # fmt: skip
    return {**HEAD, "place": "", "sample": sample(0, "cat", "dog"), "nodes": rows, "node": detail if node else None}


def latent() -> dict[str, Any]:
    return {
        **HEAD, "node": "n2", "width": 8, "x": [0.0, 1.0, 2.0], "y": [1.0, 0.0, 1.0], "share": [0.7, 0.2],
        "positions": [0, 4, 7], "classes": ["cat", "dog"], "class": [0, 1, 1],
    }  # fmt: skip


def flow() -> dict[str, Any]:
    """Two paths in the plane at three times."""
    return {
        **HEAD, "node": "n2", "method": "RK4", "evaluations": 8, "times": [0.0, 0.5, 1.0], "positions": [0, 4],
        "paths": [{"x": [0.0, 1.0, 2.0], "y": [0.0, 1.0, 0.0]}, {"x": [1.0, 0.0, None], "y": [2.0, 1.0, None]}],
        "share": None, "field": {"x": [0.0, 2.0], "y": [0.0, 1.0], "u": [1.0, 0.0], "v": [0.5, -2.0]},
        "series": [[0.0, 1.0, 2.0], [0.0, 1.0, 0.0]], "at": 0, "classes": ["cat", "dog"], "class": [0, 1],
    }  # fmt: skip


def organised() -> dict[str, Any]:
    """A map of two rows and three columns; one unit wins nothing."""
    plane = {"images": [[[0, 100, 255], [20, 30, 40]]], "peak": 2.0, "signed": False}
    return {
        **HEAD, "node": "n2", "grid": [2, 3], "quantisation": 0.5, "topographic": 0.125, "apart": plane, "hits": plane,
        "planes": {**plane, "images": plane["images"] * 2}, "shown": 2, "width": 2,
        "classes": ["cat", "dog"], "labels": [0, 0, -1, 1, 1, 0],
    }  # fmt: skip


def routing() -> dict[str, Any]:
    """Three capsules below, two above, two rounds."""
    rounds = {"images": [[[128, 128]] * 3, [[255, 0]] * 3], "peak": 1.0, "signed": False}
    return {
        **HEAD, "node": "n2", "below": 3, "above": 2, "rounds": rounds, "agreement": [0.0, 1.0],
        "lengths": [[0.2, 0.3], [0.6, 0.1]],
    }  # fmt: skip


def unit(which: int = 1) -> dict[str, Any]:
    terms = {"places": [0, 3], "inputs": [1.0, 2.0], "weights": [0.5, -1.0], "products": [0.5, -2.0]}
    return {
        **HEAD, "node": "n2", "unit": which, "units": 3, "value": -1.0,
        "likes": [{**sample(4, "cat", "cat"), "value": 2.5}],
        "sum": {**terms, "bias": 0.25, "rest": 0.25, "total": -1.0,
                "fires": {"label": "ReLU", "value": 0.0}},
    }  # fmt: skip


def sampled(**changes: Any) -> dict[str, Any]:
    """Four pictures from a latent of three numbers."""
    made = [{"pixels": [[0, 9], [k, 255]]} for k in range(4)]
    return {
        **HEAD, "node": "n2", "code": "z", "width": 3, "law": "normal", "given": [], "asked": [], "seed": 0,
        "temperature": 1.0, "outputs": [{"name": "picture", "made": made}], **changes,
    }  # fmt: skip


def between(**changes: Any) -> dict[str, Any]:
    told = {"positions": [0, 4], "shares": [0.0, 0.333, 0.667, 1.0], "path": "spherical"}
    return {**sampled(), **told, **changes}


def plane(**changes: Any) -> dict[str, Any]:
    return {**sampled(), "columns": 2, "across": 0, "down": 2, "x": [-1.0, 1.0], "y": [-2.0, 2.0], **changes}
