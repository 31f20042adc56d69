"""Layers that read a sequence step by step."""

from __future__ import annotations

from core.spec import rules_sequence as rules
from core.spec.layer import Call, LayerSpec, Port, dim
from core.spec.param import Param
from core.spec.params import Bool, Choice, Float, Int

CATEGORY = "Recurrent"


def _recurrent(name: str, gates: int, doc: str, formula: str, when: str, source: str, *extra: Param) -> LayerSpec:
    return LayerSpec(
        id=name.lower(),
        label=name,
        doc=doc,
        formula=formula,
        when=when,
        source=source,
        params=(
            Int("hidden_size", 64, min=1, implied=None, doc="Width of the state."),
            Int("num_layers", 1, min=1, doc="Layers on top of each other, each reading the one below."),
            Bool("bidirectional", False, doc="Read backwards too; the outputs of both directions are joined."),
            Float("dropout", 0.0, min=0.0, max=1.0, doc="Chance to drop values between layers; none with one layer."),
            *extra,
            Bool("bias", True, advanced=True, doc="Add learned constants."),
        ),
        inputs=(Port("x", doc="A sequence: (batch, time, features)."),),
        outputs=(
            Port("sequence", doc="The output at every step: (batch, time, hidden)."),
            Port("last", doc="The final state of the top layer: (batch, hidden), both directions joined."),
        ),
        shape=rules.recurrent,
        weights=rules.recurrent_weights(gates),
        macs=rules.recurrent_macs(gates),
        torch=Call(
            f"core.modules.recurrent.{name}",
            computed={"input_size": dim("x", -1), "dropout": rules.recurrent_dropout},
            positional=("input_size", "hidden_size"),
        ),
        keywords=("recurrent", "sequence", "time series", "text", "memory"),
        trains_differently=True,
    )


LAYERS = (
    _recurrent(
        "RNN",
        1,
        "Reads a sequence step by step and carries a plain state along.",
        "h[t] = tanh(W x[t] + U h[t-1] + b)",
        "Short sequences; LSTM and GRU remember longer.",
        "Elman, Finding Structure in Time, 1990",
        Choice("nonlinearity", "tanh", ("tanh", "relu"), doc="The bend of each step."),
    ),
    _recurrent(
        "LSTM",
        4,
        "Reads a sequence step by step; gates decide what its cell keeps, takes in and shows.",
        "c[t] = f c[t-1] + i g,  h[t] = o tanh(c[t]);  i, f, g, o from x[t] and h[t-1]",
        "Series and texts of up to some hundred steps.",
        "Hochreiter and Schmidhuber, Long Short-Term Memory, 1997",
    ),
    _recurrent(
        "GRU",
        3,
        "Reads a sequence step by step with two gates: lighter than LSTM.",
        "h[t] = (1 - z) n + z h[t-1];  r, z, n from x[t] and h[t-1]",
        "As LSTM, with a quarter fewer weights.",
        "Cho et al., 2014",
    ),
)
