"""The init doctor: the same figures by hand in NumPy, the closed formulas, and what it says of good and bad starts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from core.problem import LayerloomError
from core.program.program import Init, Program
from core.training.tools.starting import DRAWN, SUITED, Doctor, Start, check_init
from core.training.tools.suiting import suited
from tests import drawn, trainings

EVERY = "xavier, he, lecun, orthogonal, small, zeros"


def deep(activation: str, layers: int, width: int, *, bias: bool = True, init: Init | None = None) -> Program:
    d = drawn.Drawing("Deep", "Deep")
    x, target = d.input("features", 2), d.target("target", dtype="int")
    for k in range(layers):
        x = d.layer("linear", f"l{k}", x, params={"out_features": width, "bias": bias}, init=init)
        x = d.layer(activation, f"a{k}", x)
    logits = d.layer("linear", "out", x, params={"out_features": 2, "bias": bias}, init=init)
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def run(program: Program, **changes: Any) -> Any:
    return trainings.run(program, trainings.job(batch_size="full", **changes))


def by_id(found: Doctor) -> dict[str, Start]:
    return {start.id: start for start in found.starts}


def test_deviations_and_gradients_are_those_of_the_equations() -> None:
    """ReLU layers forward and the chain rule back, by hand."""
    made = run(deep("relu", 3, 8))
    found = by_id(check_init(made, starts="", draws=1))[DRAWN]
    first = next(made.batches(0, 0))
    x, target = first["features"].double().numpy()[:256], first["target"].numpy()[:256]
    weights = {name: p.detach().double().numpy() for name, p in made.net.named_parameters()}
    zs, here = [], x
    for k in range(3):
        zs.append(here @ weights[f"l{k}.weight"].T + weights[f"l{k}.bias"])
        here = np.maximum(zs[-1], 0)
    scores = here @ weights["out.weight"].T + weights["out.bias"]
    shares = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    back = (shares - np.eye(2)[target]) / len(x)
    wanted: dict[str, tuple[float, float]] = {"out": (scores.std(), np.sqrt((back**2).mean()))}
    ahead = "out"
    for k in (2, 1, 0):
        outward = back @ weights[f"{ahead}.weight"]
        back = outward * (zs[k] > 0)
        wanted[f"a{k}"] = (np.maximum(zs[k], 0).std(), np.sqrt((outward**2).mean()))
        wanted[f"l{k}"] = (zs[k].std(), np.sqrt((back**2).mean()))
        ahead = f"l{k}"
    assert {layer.node for layer in found.layers} == set(wanted)
    for layer in found.layers:
        forward, gradient = wanted[layer.node]
        assert layer.forward == pytest.approx(forward, rel=1e-4), layer.node
        assert layer.gradient == pytest.approx(gradient, rel=1e-4), layer.node
        if layer.node.startswith("a"):
            at = zs[int(layer.node[1:])] <= 0
            assert layer.rest == pytest.approx(at.mean())
            assert layer.dead == pytest.approx(at.all(0).mean())
        else:
            assert layer.weight == pytest.approx(weights[f"{layer.node}.weight"].std(), rel=1e-4)
    assert found.loss == pytest.approx(float(-np.log(shares[np.arange(len(x)), target]).mean()), rel=1e-4)
    kept = [wanted[f"l{k}"] for k in range(3)]
    assert found.kept_forward == pytest.approx(kept[2][0] / kept[0][0], rel=1e-4)
    assert found.kept_back == pytest.approx(kept[0][1] / kept[2][1], rel=1e-4)
    every = [abs(math.log10(v / kept[0][0])) for v, _ in kept] + [abs(math.log10(g / kept[2][1])) for _, g in kept]
    assert found.lost == pytest.approx(max(every), rel=1e-4)


def test_he_holds_the_variance_over_fifty_layers_and_others_lose_it() -> None:
    found = by_id(check_init(run(deep("relu", 50, 256, bias=False)), starts="he, xavier, small", draws=2, normal=True))
    he, xavier = found["he"], found["xavier"]
    inner = [layer for layer in he.layers if layer.weighted][:-1]
    for layer in inner:
        assert layer.forward == pytest.approx(math.sqrt(2), rel=0.6), layer.label
    for layer in inner[1:]:
        assert layer.expected == pytest.approx(math.sqrt(2 / 256), rel=1e-12)
        assert layer.weight == pytest.approx(layer.expected, rel=0.02)
    assert xavier.kept_forward == pytest.approx(2.0 ** (-49 / 2), rel=0.9)  # half of the variance is lost at each ReLU
    assert he.lost is not None
    assert he.lost < 0.4 < 5 < (xavier.lost or 0)
    assert found[DRAWN].lost is not None


def test_a_deep_design_that_vanishes_is_offered_what_suits_it() -> None:
    found = check_init(run(deep("relu", 20, 64)), starts=EVERY)
    assert not found.holds
    assert found.best in (SUITED, "he")
    assert "gradients shrink to" in found.verdict
    assert f"{by_id(found)[found.best].label} is better" in found.verdict
    offered = by_id(found)[found.best].inits
    assert set(offered) == {*(f"l{k}" for k in range(20)), "out"}
    assert offered["l3"]["weight"] == "kaiming_normal"


def test_a_design_that_starts_well_is_left_alone() -> None:
    found = check_init(run(deep("relu", 8, 128, init=Init("kaiming_normal"))), starts="xavier, small", draws=2)
    assert found.holds
    assert "a start to train from" in found.verdict
    assert found.best == ""


def test_equal_weights_break_every_gradient() -> None:
    zeros = by_id(check_init(run(deep("tanh", 3, 8)), starts="zeros", draws=1))["zeros"]
    assert zeros.lost is None
    assert "gradients are 0" in zeros.told
    drawn_zero = check_init(run(deep("tanh", 3, 8, init=Init("zeros"))), starts="xavier", draws=1)
    assert any("all units of a layer learn the same" in reason for reason in drawn_zero.reasons)
    assert not drawn_zero.holds


def test_saturated_sigmoids_are_told() -> None:
    program = deep("tanh", 2, 64, init=Init("normal", {"std": 60.0}))
    found = check_init(run(program), starts="xavier", draws=1)
    assert any("at rest" in reason for reason in found.reasons)
    assert found.best == "xavier" or found.best == SUITED


def test_what_follows_decides_what_suits() -> None:
    d = drawn.Drawing("Mixed", "Mixed")
    x, target = d.input("features", 2), d.target("target", dtype="int")
    x = d.layer("batch_norm1d", "norm", d.layer("linear", "first", x, params={"out_features": 8}))
    x = d.layer("leaky_relu", "leaky", x, params={"negative_slope": 0.2})
    x = d.layer("tanh", "bend", d.layer("linear", "second", x, params={"out_features": 8}))
    logits = d.layer("linear", "out", x, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    program = d.program()
    own = {placed.node: placed for placed in program.placed() if placed.step.layer == "linear"}
    found = suited(program, own)
    assert found["first"] == Init("kaiming_normal", {"nonlinearity": "leaky_relu", "a": 0.2})
    assert found["second"].weight_params == {"nonlinearity": "tanh"}
    assert found["out"].weight_params == {"nonlinearity": "linear"}


def test_copies_of_a_block_are_layers_of_their_own() -> None:
    inside = drawn.Drawing("Cell", "Cell", path="stack")
    inner = inside.input("x", 16)
    inside.output(inside.layer("relu", "bend", inside.layer("linear", "mix", inner, params={"out_features": 16})), "y")
    d = drawn.Drawing("Stacked", "Stacked")
    x, target = d.input("features", 2), d.target("target", dtype="int")
    x = d.layer("linear", "enter", x, params={"out_features": 16})
    x = d.block("cell", inside.program(), "stack", x, repeat=6)
    logits = d.layer("linear", "out", x, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    found = by_id(check_init(run(d.program()), starts="small", draws=1))
    copies = [layer for layer in found[DRAWN].layers if layer.node == "stack/mix"]
    assert [layer.copy for layer in copies] == list(range(6))
    assert copies[5].label.endswith("copy 6")
    small = [layer for layer in found["small"].layers if layer.weighted]
    assert all(layer.weight == pytest.approx(0.01, rel=0.4) for layer in small)
    assert len(small) == 8
    assert set(found["small"].inits) == {"enter", "stack/mix", "out"}


def test_of_several_outputs_that_counts_which_the_loss_hears() -> None:
    d = drawn.Drawing("Series", "Series")
    x, target = d.input("features", 1, 40), d.target("target", dtype="int")
    steps = d.layer("permute", "steps", x, params={"dims": (0, 2, 1)})
    [_, last] = d.layer("gru", "reader", steps, params={"hidden_size": 12}, uses=["sequence", "last"])
    d.output(d.layer("linear", "idle", x, params={"out_features": 4}))
    logits = d.layer("linear", "logits", last, params={"out_features": 10})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    found = check_init(trainings.run(d.program(), trainings.job("mnist1d", batch_size=64)), starts="", draws=1)
    layers = {layer.node: layer for layer in by_id(found)[DRAWN].layers}
    assert layers["reader"].reached
    assert layers["reader"].gradient
    assert not layers["idle"].reached
    assert by_id(found)[DRAWN].lost is not None
    assert "break" not in found.verdict


def test_a_layer_that_several_nodes_share_is_heard_once_at_each_call() -> None:
    d = drawn.Drawing("Shared", "Shared")
    x, target = d.input("features", 2), d.target("target", dtype="int")
    x = d.layer("linear", "enter", x, params={"out_features": 8})
    x = d.layer("linear", "again", d.layer("linear", "mix", x, params={"out_features": 8}), params={"out_features": 8},
                module="mix")  # fmt: skip
    logits = d.layer("linear", "out", x, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    found = by_id(check_init(run(d.program()), starts="he", draws=1))
    assert [layer.node for layer in found[DRAWN].layers] == ["enter", "mix", "mix", "out"]
    assert set(found["he"].inits) == {"enter", "mix", "out"}


def test_nothing_of_the_run_is_changed() -> None:
    made = run(deep("relu", 2, 8))
    before = {name: value.clone() for name, value in made.net.state_dict().items()}
    check_init(made, starts="he", draws=1)
    assert all((before[name] == value).all() for name, value in made.net.state_dict().items())


def test_trouble_is_a_sentence() -> None:
    with pytest.raises(LayerloomError, match="no start 'magic'"):
        check_init(run(deep("relu", 2, 8)), starts="he, magic")
