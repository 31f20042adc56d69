"""Answers of the tools of a design as they come from their process, for tests of what shows them."""

from __future__ import annotations

from typing import Any

FIX = {"label": "Learning rate 0.02", "action": "set_job"}


def learned() -> dict[str, Any]:
    sizes = [
        {"examples": n, "mean": {part: {"loss": 0.5, "accuracy": a} for part, a in (("train", 1.0), ("validation", v))},
         "deviation": {part: {"loss": 0.1, "accuracy": 0.02} for part in ("train", "validation")}, "broken": 0}
        for n, v in ((10, 0.7), (20, 0.8), (40, 0.85))
    ]  # fmt: skip
    return {
        "good": True, "verdict": "More data would help.", "reasons": ["High variance."], "points": sizes,
        "metric": "accuracy", "rising": True, "law": {"a": 1.0, "b": 0.5, "c": 0.0, "explained": 0.9},
        "foretold": {"value": 0.888, "low": 0.86, "high": 0.9}, "fixes": [],
    }  # fmt: skip


def answers() -> dict[str, dict[str, Any]]:
    """One of each tool."""
    path = {"path": "objectives.0.optimizer.params.lr", "value": 0.02}
    tries = [
        {"size": 8, "fits": True, "peak": 2**29, "seconds": 0.01},
        {"size": 16, "fits": True, "peak": 2**30, "seconds": 0.015},
        {"size": 32, "fits": False, "peak": 0, "seconds": 0.0},
    ]
    node = {"node": "n2", "label": "Linear 1", "checked": 10, "kinks": 2, "error": 0.5, "right": False}
    nothing: dict[str, Any] = {}
    sgd, adam = ({"kind": kind, "params": nothing} for kind in ("sgd", "adam"))
    runs = [
        {"name": name, "label": label, "setting": {"path": "objectives.0.optimizer", "value": value}, "lr": 0.01,
         "losses": [4.0, 3.0, last], "steps": [0, 1, 2], "last": last, "batches": 3, "examples": 48, "seconds": 0.1,
         "stations": [{"step": 0, "seen": 0, "seconds": 0.0, "loss": 4.0},
                      {"step": 3, "seen": 48, "seconds": 0.1, "loss": last}]}
        for name, label, value, last in (("sgd", "SGD, 0.01", sgd, 2.0), ("adam", "Adam, 0.001", adam, None))
    ]  # fmt: skip
    places = [-2.0, -1.0, 0.0, 1.0, 2.0]
    ground = {"x": places, "y": places, "values": [[1 + a * a + 3 * b * b for a in places] for b in places],
              "paths": [[[-1.5, 1.0], [-0.5, 0.2], [0.0, 0.0]], [[-1.5, 1.0]]], "explained": 0.98}  # fmt: skip
    race = {"label": "Optimizer SGD", "action": "set_job", "args": {"path": "objectives.0.optimizer", "value": sgd}}
    layers = [
        {"node": f"n{k}", "label": f"Linear {k}", "copy": 0, "weighted": True, "forward": 0.5**k, "varies": 0.5,
         "gradient": 0.0 if k else 0.1, "weight": 0.2, "expected": 0.21, "rest": None, "dead": None}
        for k in range(3)
    ]  # fmt: skip
    init = {"weight": "xavier_normal", "weight_params": {}, "bias": "default", "bias_params": {}}
    starts = [
        {"id": id, "label": id, "layers": layers, "loss": 0.7, "kept_forward": 0.5, "kept_back": 0.0, "lost": lost,
         "told": "signals hold", "inits": {"n2": init}}
        for id, lost in (("drawn", None), ("xavier", 0.3))
    ]  # fmt: skip
    begin = {"action": "set_node", "args": {"node": "n2", "name": "init", "value": init}}
    places_of_path = [
        {"strength": s, "train": 1.0 + s, "validation": None if s > 0.5 else 2.0 - s, "error": 0.1, "zeros": s,
         "size": 3.0, "norm": 1.0, "epochs": 4}
        for s in (0.01, 0.1, 1.0)
    ]  # fmt: skip
    curve = {"node": "n2", "name": "Linear 1 [0, 0]", "values": [0.3, 0.1, 0.0]}
    strength = {"action": "set_job", "args": {"path": "objectives.0.l1", "value": 0.1}}
    return {
        "check_init": {
            "good": False, "verdict": "It vanishes.", "starts": starts, "best": "xavier", "reasons": ["Dead."],
            "fixes": [{"label": "Start so", "action": "several", "args": {"fixes": [begin]}}],
        },
        "penalty_path": {
            "good": True, "verdict": "0.1 is best.", "kind": "l1", "places": places_of_path, "weights": [curve],
            "layers": [curve], "count": 12, "best": 0.1, "simplest": 0.1,
            "fixes": [{"label": "Strength 0.1", "action": "several", "args": {"fixes": [strength]}}],
        },
        "learning_curve": learned(),
        "race": {"good": True, "verdict": "SGD is ahead.", "entries": runs, "surface": ground, "winner": "sgd",
                 "vary": "optimizers", "equal": "steps", "fixes": [race]},
        "find_rate": {
            "good": True, "verdict": "Take 0.02.", "rates": [1e-3, 1e-2, 1e-1, 1.0], "losses": [1.0, 0.8, 0.2, 9.0],
            "smoothed": [1.0, 0.9, 0.5, 2.0], "tenth": 0.02, "steepest": 0.03, "fixes": [{**FIX, "args": path}],
        },
        "overfit": {
            "good": False, "verdict": "Failed.", "losses": [1.0, 0.9], "reasons": ["It is dead.", "It is frozen."],
            "fixes": [],
        },
        "check_gradients": {"good": False, "verdict": "Wrong at Linear 1.", "nodes": [node], "fixes": []},
        "fit_batch": {
            "good": True, "verdict": "16 fit.", "tries": tries, "limit": 2**31, "suggestion": 16,
            "fixes": [{"label": "Batch size 16", "action": "set_job", "args": {"path": "batch_size", "value": 16}}],
        },
    }  # fmt: skip
