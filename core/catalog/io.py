"""Where data enters and leaves: inputs, targets and outputs, and the ports of blocks."""

from __future__ import annotations

from core.data.signature import DRAWN, ENCODINGS
from core.spec.layer import Given, LayerSpec, Mismatch, Port, Role, Types
from core.spec.params import Choice, Int, Ints, Text
from core.spec.rules import same


def _from_data(given: Given) -> Types:
    raise Mismatch("its shape comes from the data.")


def _from_solver(given: Given) -> Types:
    raise Mismatch("its shape comes from the solver.")


def _ends_here(given: Given) -> Types:
    return {}


CATEGORY = "Data"

_POSITION = Int("position", 0, min=0, doc="Order among the ports of the block.")

LAYERS = (
    LayerSpec(
        id="input",
        label="Input",
        icon="input",
        doc="The features of one field of the data enter here.",
        when="Every design has at least one. The shape comes from the data; set it only to draw before there is data.",
        params=(
            Text("field", "features", doc="The field of the data that enters."),
            Ints("shape", None, optional=True, min=1, doc="Shape of one example, where no data says it."),
        ),
        inputs=(),
        outputs=(Port("y", "x"),),
        shape=_from_data,
        role=Role.INPUT,
        keywords=("features", "data", "source"),
    ),
    LayerSpec(
        id="noise",
        label="Noise",
        icon="input",
        doc="Random numbers enter here: drawn anew in every epoch of training, and handed in when the network is used.",
        when="The source of a generator: each draw becomes another sample. Validation and test keep their draws.",
        params=(
            Ints("shape", (16,), min=1, doc="Shape of one example."),
            Choice(
                "encoding",
                "normal",
                DRAWN,
                label="distribution",
                labels={"normal": "normal, mean 0, deviation 1", "uniform": "uniform from -1 to 1"},
                doc="What the numbers are drawn from.",
            ),
        ),
        inputs=(),
        outputs=(Port("y", "z"),),
        shape=_from_data,
        role=Role.INPUT,
        keywords=("random", "latent", "gan", "generator", "sample", "gaussian", "uniform"),
    ),
    LayerSpec(
        id="target",
        label="Target",
        icon="target",
        doc="The right answer, which the losses compare with.",
        when="Wire it to the target port of a loss.",
        params=(
            Text("field", "target", doc="The field of the data that holds the answer."),
            Choice(
                "encoding",
                "as_is",
                ENCODINGS,
                doc="How classes are presented: as they are, as an index, one-hot, or as one number 0 or 1.",
            ),
        ),
        inputs=(),
        outputs=(Port("y", "target"),),
        shape=_from_data,
        role=Role.TARGET,
        keywords=("label", "answer", "ground truth"),
    ),
    LayerSpec(
        id="output",
        label="Output",
        icon="output",
        doc="Marks what inference returns and what is exported.",
        outputs=(),
        shape=_ends_here,
        role=Role.OUTPUT,
        keywords=("prediction", "result", "logits"),
    ),
    LayerSpec(
        id="entry",
        label="Block input",
        icon="entry",
        doc="One of the inputs of the block.",
        params=(_POSITION,),
        inputs=(),
        shape=_from_data,
        role=Role.ENTRY,
    ),
    LayerSpec(
        id="exit",
        label="Block output",
        icon="exit",
        doc="One of the outputs of the block.",
        params=(_POSITION,),
        outputs=(),
        shape=same,
        role=Role.EXIT,
    ),
    LayerSpec(
        id="time",
        label="Time",
        icon="clock",
        doc="The time that a solver has reached, one number for each example.",
        formula="dh/dt = f(h, t)",
        when="Inside a block that is solved as a differential equation, where its slope depends on the time too. "
        "Concatenate it with the state, or give a small network of it a say.",
        source="Chen, Rubanova, Bettencourt and Duvenaud, Neural Ordinary Differential Equations, 2018",
        inputs=(),
        outputs=(Port("t"),),
        shape=_from_solver,
        role=Role.TIME,
        keywords=("ode", "neural ode", "differential equation", "solver", "dynamics", "clock", "t"),
    ),
)
