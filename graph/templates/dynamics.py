"""Neural differential equations: a block is the slope, and a solver follows it."""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog import Catalog
from graph.commands.nodes import SetNode
from graph.document import Document
from graph.lessons.lesson import Task
from graph.lessons.shorthand import SOURCE, better, reaches
from graph.templates.drawing import Drawing
from graph.templates.parts import adamw, data, yes_or_no
from graph.templates.template import Expected, Template, example

DYNAMICS = "Differential equations"
SYSTEM = f"{SOURCE}.system"


def spiral_ode(catalog: Catalog) -> Document:
    """Learns what moves a state in the plane from paths alone: a neural differential equation."""
    d = Drawing(catalog, "Spiral ODE")
    x = d.node("input", at=(0, 0), name="start")
    layer = _dynamics(d, "Slope", hidden=64, features=2)
    flow = _solved(d, layer, x, at=(1.4, 0), method="rk4", steps=20, path=True)
    d.node("output", flow, at=(2.8, 0), name="path")
    target = d.node("target", at=(1.4, 1.4), name="seen")
    d.node("mse", flow, target, at=(2.8, 1.2))
    d.lesson(
        "The block says only how the state changes at a place: its slope. A solver (Runge-Kutta, 20 steps) starts at "
        "the input and follows the slope, and what leaves is the state at every step (Chen, Rubanova, Bettencourt and "
        "Duvenaud, 2018). The error of the path flows back through all the steps into the one small network.",
        "In the Lens panel, the flow: the arrows are the slopes that were learned, over the whole plane, and the paths "
        "of examples run along them. Close to data they are right; where no path ever went they are anybody's guess.",
        (
            Task(
                "Choose Van der Pol's oscillator as the system in the Data panel and train again: from everywhere, "
                "paths run onto one closed curve.",
                reaches("rmse", 0.06, {SYSTEM: "van_der_pol"}),
            ),
            "Set the solver to dopri5, adaptive, and watch the evaluations in the Lens panel while it trains: from 20 "
            "they rise to about 50, as the slope becomes rougher. Fixed steps cost the same all along.",
            "Set the solver to Euler with the same 20 steps and train: the network then learns slopes that suit "
            "Euler's errors. Solve the same weights by RK4 and the error of the paths is four times as large.",
        ),
    )
    d.job(
        data={
            "source": {"kind": "motion", "params": {"system": "spiral", "n": 400, "span": 1.0}},
            "split": {"validation": 0.15, "test": 0.2},
        },
        epochs=80,
        batch_size=32,
        seed=0,
        objectives=[adamw(0.01, weight_decay=0.0)],
    )
    return d.document


def circles_ode(catalog: Catalog) -> Document:
    """A ring round a disc, told apart by letting every point flow: with a third dimension to flow round in."""
    d = Drawing(catalog, "Circles ODE")
    x = d.node("input", at=(0, 0), name="point")
    lifted = d.node("pad", x, at=(1, 0), name="lift", pad=(0, 1))
    layer = _dynamics(d, "Slope", hidden=32, features=3)
    flow = _solved(d, layer, lifted, at=(2.2, 0), method="rk4", steps=10)
    score = d.node("linear", flow, at=(3.4, 0), name="score", out_features=1)
    yes_or_no(d, score, "ring")
    d.lesson(
        "Every point flows along the slope that the block gives for its place; a straight cut through where the "
        "points end up tells the classes apart. Paths of a differential equation never cross, so in the plane a ring "
        "stays round its disc for ever, and no straight cut parts them. A dimension more, 0 at the start, lets the "
        "disc be lifted out (Dupont, Doucet and Teh, Augmented Neural ODEs, 2019).",
        "In the Lens panel, the flow of the points: in which direction do the classes part? Then the boundary in the "
        "plots, which is round although the last layer is straight.",
        (
            Task(
                "Set pad of lift to 0, 0 and the features of flow to 2, so that the points flow in the plane, and "
                "train: the network can only stretch the plane ever more. The loss stays larger.",
                better("loss", {"node.flow.features": 3}, {"node.flow.features": 2}),
            ),
            "Set the solver to Euler with 2 steps. Steps so long may jump over each other, so paths cross after all, "
            "and what is learned is a residual network of two blocks.",
            Task(
                "Choose Moons in the Data panel: these part without being lifted.",
                reaches("accuracy", 0.98, {"job.data.source.kind": "moons"}),
            ),
        ),
    )
    d.job(
        data=data("circles", "standardise", n=1000, noise=0.05),
        epochs=30,
        batch_size=32,
        seed=0,
        objectives=[adamw(0.01, weight_decay=0.0)],
    )
    return d.document


# -- parts


def _dynamics(d: Drawing, name: str, *, hidden: int, features: int) -> str:
    layer, inside = d.block(name, "How the state changes at a place: dh/dt = f(h).")
    entry = inside.node("entry", at=(0, 0), name="h")
    wide = inside.node("linear", entry, at=(1, 0), name="hidden", out_features=hidden)
    tanh = inside.node("tanh", wide, at=(2, 0))
    more = inside.node("linear", tanh, at=(3, 0), name="deeper", out_features=hidden)
    again = inside.node("tanh", more, at=(4, 0))
    slope = inside.node("linear", again, at=(5, 0), name="slope", out_features=features)
    inside.node("exit", slope, at=(6, 0))
    inside.promote("features", (slope, "out_features"))
    return layer


def _solved(d: Drawing, layer: str, source: str, *, at: tuple[float, float], method: str, **params: object) -> str:
    flow = d.node(layer, source, at=at, name="flow")
    d.do(SetNode(flow, {"solver": {"method": method, "params": params}}, d.scope))
    return flow


TEMPLATES: Mapping[str, Template] = {
    "spiral_ode": example(DYNAMICS, "Spiral, neural differential equation", spiral_ode, Expected("rmse", 0.05)),
    "circles_ode": example(DYNAMICS, "Circles, neural differential equation", circles_ode, Expected("accuracy", 0.99)),
}
