"""Layers that disturb training so that the network does not learn by heart."""

from __future__ import annotations

from core.spec import rules
from core.spec.layer import Call, LayerSpec, ShapeRule
from core.spec.params import Float
from core.spec.rules_norm import by_channel

CATEGORY = "Regularisation"


def _dropout(id: str, torch: str, label: str, doc: str, when: str, source: str, shape: ShapeRule) -> LayerSpec:
    return LayerSpec(
        id=id,
        label=label,
        icon="dropout",
        doc=doc,
        formula="y = m x / (1 - p), m = 0 with chance p, else 1; in evaluation y = x",
        when=when,
        source=source,
        params=(Float("p", 0.5, min=0.0, max=1.0, label="p", doc="The chance to be dropped."),),
        shape=shape,
        torch=Call(f"torch.nn.{torch}", positional=("p",)),
        keywords=("regularisation", "regularization", "overfitting", "noise", "drop"),
        trains_differently=True,
    )


LAYERS = (
    _dropout(
        "dropout",
        "Dropout",
        "Dropout",
        "In training, sets values to 0 at random and scales up the rest.",
        "Where the network does better on training data than on validation data; 0.1 to 0.5.",
        "Srivastava et al., Dropout, 2014",
        rules.same_float,
    ),
    _dropout(
        "dropout2d",
        "Dropout2d",
        "Dropout 2D",
        "In training, drops whole channels at random.",
        "After convolutions, where neighbouring cells say the same and dropping single ones does nothing.",
        "Tompson et al., Efficient Object Localization, 2014",
        by_channel("(batch, channels, height, width)", 4),
    ),
    _dropout(
        "alpha_dropout",
        "AlphaDropout",
        "Alpha dropout",
        "Dropout that keeps mean 0 and variance 1.",
        "Together with SELU.",
        "Klambauer et al., Self-Normalizing Neural Networks, 2017",
        rules.same_float,
    ),
)
