"""Functions that bend: without them a deep network is a linear one."""

from __future__ import annotations

from core.spec import rules, rules_norm
from core.spec.layer import Call, LayerSpec
from core.spec.param import Param
from core.spec.params import Bool, Choice, Float, Int

CATEGORY = "Activation"


def _activation(
    id: str, torch: str, doc: str, formula: str, when: str, *params: Param, source: str = "", words: str = ""
) -> LayerSpec:
    """One number in, one number out; `words` are more words to find it by."""
    return LayerSpec(
        id=id,
        label=torch,
        icon=id,
        doc=doc,
        formula=formula,
        when=when,
        source=source or f"torch.nn.{torch}",
        params=params,
        shape=rules.same_float,
        torch=Call(f"torch.nn.{torch}"),
        keywords=("activation", "nonlinearity", *words.split()),
    )


def _along(id: str, torch: str, doc: str, formula: str, when: str) -> LayerSpec:
    return LayerSpec(
        id=id,
        label=torch,
        icon="softmax",
        doc=doc,
        formula=formula,
        when=when,
        source=f"torch.nn.{torch}",
        params=(Int("dim", -1, implied=None, doc="The dimension along which the values compete."),),
        shape=rules.along_dim,
        torch=Call(f"torch.nn.{torch}"),
        keywords=("probability", "classes", "normalise", "attention"),
    )


LAYERS = (
    _activation(
        "relu",
        "ReLU",
        "Keeps positive values and sets the rest to 0.",
        "y = max(0, x)",
        "The first choice in convolutional networks and MLPs: cheap, and gradients pass unchanged.",
        source="Nair and Hinton, 2010",
        words="rectifier rectified",
    ),
    _activation(
        "leaky_relu",
        "LeakyReLU",
        "Keeps positive values and lets a little of the negative ones through.",
        "y = x for x > 0, a x otherwise",
        "Where units of ReLU die (always 0); usual in discriminators.",
        Float("negative_slope", 0.01, min=0.0, doc="The a of the formula."),
        source="Maas, Hannun and Ng, 2013",
        words="rectifier gan",
    ),
    LayerSpec(
        id="prelu",
        label="PReLU",
        doc="A leaky ReLU that learns its slope for negative values.",
        formula="y = x for x > 0, a x otherwise",
        when="In place of LeakyReLU where there is data enough to learn the slope.",
        source="He, Zhang, Ren and Sun, Delving Deep into Rectifiers, 2015",
        params=(
            Bool("per_channel", False, doc="Learn a slope for each channel, not one for all."),
            Float("init", 0.25, doc="The slope at the start."),
        ),
        shape=rules_norm.prelu,
        weights=rules_norm.prelu_weights,
        torch=Call("torch.nn.PReLU", computed={"num_parameters": rules_norm.prelu_argument}, skip=("per_channel",)),
        keywords=("activation", "nonlinearity", "parametric", "rectifier", "learned slope"),
    ),
    _activation(
        "elu",
        "ELU",
        "Keeps positive values; negative ones approach -a smoothly.",
        "y = x for x > 0, a (exp(x) - 1) otherwise",
        "Where means near 0 help and a little cost does not matter.",
        Float("alpha", 1.0, min=0.0, doc="The a of the formula."),
        source="Clevert, Unterthiner and Hochreiter, 2015",
        words="exponential",
    ),
    _activation(
        "selu",
        "SELU",
        "A scaled ELU that keeps mean 0 and variance 1 from layer to layer.",
        "y = 1.0507 (x for x > 0, 1.6733 (exp(x) - 1) otherwise)",
        "In deep MLPs without normalisation; with LeCun normal weights and AlphaDropout.",
        source="Klambauer et al., Self-Normalizing Neural Networks, 2017",
        words="scaled exponential self-normalising",
    ),
    _activation(
        "celu",
        "CELU",
        "An ELU whose slope is continuous for every a.",
        "y = max(0, x) + min(0, a (exp(x / a) - 1))",
        "As ELU, where a is to be tuned.",
        Float("alpha", 1.0, min=0.0, above=True, doc="The a of the formula."),
        source="Barron, 2017",
        words="exponential",
    ),
    _activation(
        "gelu",
        "GELU",
        "Weighs each value by the chance that a normal number is smaller.",
        "y = x P(N(0, 1) < x)",
        "The usual choice in transformers.",
        Choice("approximate", "none", ("none", "tanh"), advanced=True, doc="Exact, or by a cheaper formula with tanh."),
        source="Hendrycks and Gimpel, Gaussian Error Linear Units, 2016",
        words="gaussian transformer bert gpt",
    ),
    _activation(
        "silu",
        "SiLU",
        "Weighs each value by its own sigmoid.",
        "y = x / (1 + exp(-x))",
        "A smooth ReLU; usual in EfficientNet and modern language models.",
        source="Elfwing, Uchibe and Doya, 2017; Ramachandran et al., 2017",
        words="swish smooth",
    ),
    _activation(
        "mish",
        "Mish",
        "Weighs each value by tanh of its softplus.",
        "y = x tanh(log(1 + exp(x)))",
        "A smooth ReLU; used in YOLOv4.",
        source="Misra, 2019",
        words="smooth",
    ),
    _activation(
        "hardswish",
        "Hardswish",
        "SiLU made of straight pieces.",
        "y = x min(max(x + 3, 0), 6) / 6",
        "In place of SiLU on phones and after quantisation.",
        source="Howard et al., Searching for MobileNetV3, 2019",
        words="swish mobile piecewise",
    ),
    _activation(
        "relu6",
        "ReLU6",
        "A ReLU that never exceeds 6.",
        "y = min(max(0, x), 6)",
        "On phones and before quantisation, where the range should be known.",
        source="Howard et al., MobileNets, 2017",
        words="rectifier mobile clipped",
    ),
    _activation(
        "sigmoid",
        "Sigmoid",
        "Squeezes each value to between 0 and 1.",
        "y = 1 / (1 + exp(-x))",
        "Gates and probabilities; not before BCE with logits, which has it inside.",
        words="logistic gate probability",
    ),
    _activation(
        "hardsigmoid",
        "Hardsigmoid",
        "A sigmoid made of straight pieces.",
        "y = min(max(x / 6 + 1/2, 0), 1)",
        "Gates on phones and after quantisation.",
        words="logistic gate mobile piecewise",
    ),
    _activation(
        "logsigmoid",
        "LogSigmoid",
        "The logarithm of the sigmoid, computed without overflow.",
        "y = -log(1 + exp(-x))",
        "Log-likelihoods of yes and no.",
        words="logistic",
    ),
    _activation(
        "tanh",
        "Tanh",
        "Squeezes each value to between -1 and 1.",
        "y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))",
        "Outputs with a known range, such as pictures scaled to -1..1; small networks.",
        words="hyperbolic tangent",
    ),
    _activation(
        "hardtanh",
        "Hardtanh",
        "Cuts each value off below and above.",
        "y = min(max(x, low), high)",
        "A cheap tanh; to clip to a range.",
        Float("min_val", -1.0, doc="Lower end."),
        Float("max_val", 1.0, doc="Upper end."),
        words="clip clamp",
    ),
    _activation(
        "softsign",
        "Softsign",
        "Squeezes each value to between -1 and 1, more gently than tanh.",
        "y = x / (1 + |x|)",
        "In place of tanh where it saturates.",
        words="squash",
    ),
    _activation(
        "softplus",
        "Softplus",
        "A smooth ReLU, always positive.",
        "y = log(1 + exp(b x)) / b",
        "Outputs that must be positive, such as a variance.",
        Float("beta", 1.0, min=0.0, above=True, doc="Sharpness, the b of the formula."),
        Float("threshold", 20.0, min=0.0, advanced=True, doc="Above this b x the function is taken as x."),
        words="smooth positive",
    ),
    LayerSpec(
        id="glu",
        label="GLU",
        doc="Splits the features in two halves; the sigmoid of one gates the other.",
        formula="y = a sigmoid(b), x = (a, b)",
        when="Gated convolutional and feed-forward layers; the layer before must be twice as wide.",
        source="Dauphin et al., Language Modeling with Gated Convolutional Networks, 2016",
        params=(Int("dim", -1, doc="The dimension that is split."),),
        shape=rules_norm.halved,
        torch=Call("torch.nn.GLU"),
        keywords=("activation", "nonlinearity", "gate", "gated linear unit"),
    ),
    _along(
        "softmax",
        "Softmax",
        "Turns scores into shares that are positive and sum to 1.",
        "y[i] = exp(x[i]) / sum_j exp(x[j])",
        "To read class scores as probabilities; not before cross entropy, which has it inside.",
    ),
    _along(
        "log_softmax",
        "LogSoftmax",
        "The logarithm of softmax, computed without overflow.",
        "y[i] = x[i] - log sum_j exp(x[j])",
        "Before the NLL and KL divergence losses.",
    ),
)
