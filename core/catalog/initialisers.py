"""How weights start: options of a node, by id."""

from __future__ import annotations

from collections.abc import Mapping

from core.spec.option import OptionSpec
from core.spec.params import Choice, Float

_GAIN = Float("gain", 1.0, min=0.0, above=True, doc="Factor of the spread; 1.41 suits ReLU, 1.67 suits tanh.")
_KAIMING = (
    Choice(
        "nonlinearity",
        "relu",
        ("relu", "leaky_relu", "tanh", "sigmoid", "selu", "linear"),
        implied="leaky_relu",
        doc="The activation that follows; it decides the gain.",
    ),
    Choice(
        "mode",
        "fan_in",
        ("fan_in", "fan_out"),
        doc="Keep the variance of values going forward (fan_in) or of gradients going back (fan_out).",
    ),
    Float(
        "a", 0.0, min=0.0, when=("nonlinearity", ("leaky_relu",)), doc="Slope of the leaky ReLU for negative values."
    ),
)
_GLOROT = "Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Networks, 2010"
_HE = "He, Zhang, Ren and Sun, Delving Deep into Rectifiers, 2015"


def _init(id: str) -> str:
    return f"torch.nn.init.{id}_"


_ALL = (
    OptionSpec("default", "Default", "As PyTorch does for this layer.", source="torch.nn, reset_parameters"),
    OptionSpec(
        "xavier_uniform",
        "Xavier uniform",
        "Keeps the variance through layers with tanh, sigmoid or none. Also called Glorot uniform.",
        params=(_GAIN,),
        formula="U(-a, a), a = gain sqrt(6 / (fan_in + fan_out)); std = gain sqrt(2 / (fan_in + fan_out))",
        source=_GLOROT,
        torch=_init("xavier_uniform"),
    ),
    OptionSpec(
        "xavier_normal",
        "Xavier normal",
        "As Xavier uniform, from a normal distribution. Also called Glorot normal.",
        params=(_GAIN,),
        formula="N(0, std^2), std = gain sqrt(2 / (fan_in + fan_out))",
        source=_GLOROT,
        torch=_init("xavier_normal"),
    ),
    OptionSpec(
        "kaiming_uniform",
        "Kaiming uniform",
        "Keeps the variance through layers with ReLU. Also called He uniform.",
        params=_KAIMING,
        formula="U(-a, a), a = gain sqrt(3 / fan); std = gain / sqrt(fan), gain = sqrt(2) for ReLU",
        source=_HE,
        torch=_init("kaiming_uniform"),
    ),
    OptionSpec(
        "kaiming_normal",
        "Kaiming normal",
        "As Kaiming uniform, from a normal distribution. Also called He normal.",
        params=_KAIMING,
        formula="N(0, std^2), std = gain / sqrt(fan), gain = sqrt(2) for ReLU",
        source=_HE,
        torch=_init("kaiming_normal"),
    ),
    OptionSpec(
        "normal",
        "Normal",
        "A normal distribution.",
        params=(
            Float("mean", 0.0, doc="Centre."),
            Float("std", 0.02, min=0.0, implied=1.0, doc="Standard deviation; 0.02 is usual in transformers."),
        ),
        formula="N(mean, std^2)",
        torch=_init("normal"),
    ),
    OptionSpec(
        "trunc_normal",
        "Truncated normal",
        "A normal distribution without values beyond a and b.",
        params=(
            Float("mean", 0.0, doc="Centre."),
            Float("std", 0.02, min=0.0, above=True, implied=1.0, doc="Standard deviation before the cut."),
            Float("a", -2.0, doc="Lower end."),
            Float("b", 2.0, doc="Upper end."),
        ),
        formula="N(mean, std^2) within a..b",
        torch=_init("trunc_normal"),
    ),
    OptionSpec(
        "uniform",
        "Uniform",
        "Every value between a and b alike.",
        params=(
            Float("a", -0.1, implied=0.0, doc="Lower end."),
            Float("b", 0.1, implied=1.0, doc="Upper end; above a."),
        ),
        formula="U(a, b); std = (b - a) / sqrt(12)",
        torch=_init("uniform"),
    ),
    OptionSpec(
        "orthogonal",
        "Orthogonal",
        "Rows (or columns) at right angles: lengths are kept exactly. Good for recurrent layers.",
        params=(_GAIN,),
        formula="W W^T = gain^2 I; std = gain / sqrt(longer side)",
        source="Saxe, McClelland and Ganguli, Exact Solutions to the Nonlinear Dynamics of Learning, 2013",
        torch=_init("orthogonal"),
    ),
    OptionSpec("zeros", "Zeros", "All 0. For biases, and the last layer of a residual branch.", torch=_init("zeros")),
    OptionSpec("ones", "Ones", "All 1.", torch=_init("ones")),
    OptionSpec(
        "constant",
        "Constant",
        "All one value.",
        params=(Float("val", 0.0, implied=None, label="value", doc="The v of the formula."),),
        formula="w = v",
        torch=_init("constant"),
    ),
)

INITIALISERS: Mapping[str, OptionSpec] = {spec.id: spec for spec in _ALL}
