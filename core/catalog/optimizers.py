"""The rules by which weights follow their gradients. Fields are named as PyTorch's; formulas are what really runs.

Plain gradient descent is `sgd` with the batch size ``full``; a batch size of 1 is the single-example (online) form.
Those of `core.training.optimizers` are our own: PyTorch computes them otherwise, or not for all weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.spec.option import OptionSpec
from core.spec.param import Param
from core.spec.params import Bool, Choice, Float, Floats, Int

_DECAY = "Adds weight_decay * w to the gradient (L2 regularisation)."
_DECOUPLED = "Shrinks each weight by lr * weight_decay at every step, apart from the gradient."


@dataclass(frozen=True)
class OptimizerSpec(OptionSpec):
    """An optimizer: `torch` is its class; `refuses` says what is wrong with values that do not go together.

    `joins`: it treats each number by itself (or all as one vector), so many parameters may be stepped as one flat one.
    `looks_again`: it computes the loss several times a step, and knows one learning rate for all weights.
    `keeps`: how many numbers it remembers for each weight, at most. `usual`: learning rates that people use; one far
    outside is a slip more often than a wish.
    """

    refuses: Callable[[Mapping[str, Any]], str] | None = None
    joins: bool = True
    looks_again: bool = False
    keeps: Callable[[Mapping[str, Any]], int] = field(default=lambda values: 2)
    usual: tuple[float, float] = (1e-6, 5e-2)

    def values(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Every field's value. Raises ValueError as `OptionSpec.values`, and where values do not go together."""
        values = super().values(params)
        complaint = self.refuses(values) if self.refuses else ""
        if complaint:
            raise ValueError(f"{self.label}: {complaint}")
        return values


def _lr(default: float) -> Param:
    return Float("lr", default, min=0.0, above=True, label="learning rate", doc="Length of a step.")


def _decay(default: float = 0.0, doc: str = _DECAY) -> Param:
    return Float("weight_decay", default, min=0.0, label="weight decay", doc=doc)


def _eps(default: float) -> Param:
    return Float("eps", default, min=0.0, advanced=True, doc="Added to the denominator, outside the root.")


def _inner_eps(default: float) -> Param:
    return Float("eps", default, min=0.0, above=True, advanced=True, doc="Added inside the root.")


def _two_betas(label: str = "") -> Param:
    doc = "How much of the two running means each step keeps."
    return Floats("betas", (0.9, 0.999), min=0.0, max=1.0, label=label, doc=doc)


def _decoupled() -> Param:
    return Bool("decoupled_weight_decay", False, advanced=True, doc="Decay as AdamW does, apart from the gradient.")


def _momentum(doc: str) -> Param:
    return Float("momentum", 0.0, min=0.0, doc=doc)


def _nesterov_needs(values: Mapping[str, Any]) -> str:
    if values["nesterov"] and (values["momentum"] == 0 or values["dampening"] != 0):
        return "nesterov needs a momentum above 0 and a dampening of 0."
    return ""


def _betas_fit(values: Mapping[str, Any]) -> str:
    betas = values["betas"]
    if len(betas) != 2 or not all(b < 1 for b in betas):
        return f"betas: expected two numbers from 0 to below 1, received {', '.join(map(str, betas))}."
    return ""


def _adam_fields(decay: Param) -> tuple[Param, ...]:
    return (
        _lr(1e-3),
        decay,
        _two_betas(),
        _eps(1e-8),
        Bool("amsgrad", False, advanced=True, doc="Divide by the largest v so far (Reddi et al., 2018)."),
    )


def _adam_keeps(values: Mapping[str, Any]) -> int:
    return 2 + int(values["amsgrad"])


_SPECS = (
    OptimizerSpec(
        "sgd",
        "SGD",
        "Steps against the gradient, with momentum if wanted. With the batch size `full` it is gradient descent.",
        (
            _lr(1e-2),
            _momentum("How much of the last step each step keeps; 0.9 is usual."),
            _decay(),
            Bool("nesterov", False, doc="Look ahead along the momentum before stepping (needs momentum)."),
            Float("dampening", 0.0, min=0.0, max=1.0, advanced=True, doc="Weakens the new gradient in the momentum."),
        ),
        formula="v = momentum * v + (1 - dampening) * g;  w = w - lr * v   (nesterov: w = w - lr * (g + momentum * v))",
        source="Sutskever, Martens, Dahl, Hinton: On the importance of initialization and momentum, ICML 2013",
        torch="torch.optim.SGD",
        refuses=_nesterov_needs,
        keeps=lambda values: int(values["momentum"] > 0),
        usual=(1e-5, 2.0),
    ),
    OptimizerSpec(
        "adam",
        "Adam",
        "Scales each weight's step by running means of its gradient and of the gradient's square.",
        _adam_fields(_decay()),
        formula="m = b1*m + (1-b1)*g;  v = b2*v + (1-b2)*g^2;  w = w - lr * (m/(1-b1^t)) / (sqrt(v/(1-b2^t)) + eps)",
        source="Kingma, Ba: Adam: A method for stochastic optimization, ICLR 2015",
        torch="torch.optim.Adam",
        refuses=_betas_fit,
        keeps=_adam_keeps,
    ),
    OptimizerSpec(
        "adamw",
        "AdamW",
        "Adam with weight decay kept apart from the gradient; the usual choice for transformers.",
        _adam_fields(_decay(1e-2, _DECOUPLED)),
        formula="w = w * (1 - lr * weight_decay), then the step of Adam",
        source="Loshchilov, Hutter: Decoupled weight decay regularization, ICLR 2019",
        torch="torch.optim.AdamW",
        refuses=_betas_fit,
        keeps=_adam_keeps,
    ),
    OptimizerSpec(
        "rmsprop",
        "RMSprop",
        "Divides each weight's step by a running root mean square of its gradient.",
        (
            _lr(1e-2),
            _decay(),
            Float("alpha", 0.99, min=0.0, max=1.0, doc="How much of the running mean each step keeps."),
            _momentum("How much of the last step each step keeps."),
            _eps(1e-8),
            Bool("centered", False, advanced=True, doc="Divide by the standard deviation: subtract the mean first."),
        ),
        formula="v = alpha*v + (1-alpha)*g^2;  w = w - lr * g / (sqrt(v) + eps)",
        source="Tieleman, Hinton: Neural networks for machine learning, lecture 6.5, 2012",
        torch="torch.optim.RMSprop",
        keeps=lambda values: 1 + (values["momentum"] > 0) + values["centered"],
    ),
    OptimizerSpec(
        "adagrad",
        "Adagrad",
        "Divides each weight's step by the root of the sum of all its squared gradients: steps only get smaller.",
        (
            _lr(1e-2),
            _decay(),
            Float("lr_decay", 0.0, min=0.0, doc="The learning rate is divided by 1 + t * lr_decay."),
            Float("initial_accumulator_value", 0.0, min=0.0, advanced=True, doc="Where the sum of squares starts."),
            _eps(1e-10),
        ),
        formula="s = s + g^2;  w = w - lr / (1 + t*lr_decay) * g / (sqrt(s) + eps)",
        source="Duchi, Hazan, Singer: Adaptive subgradient methods, JMLR 12, 2011",
        torch="torch.optim.Adagrad",
        keeps=lambda values: 1,
        usual=(1e-5, 1.0),
    ),
    OptimizerSpec(
        "nadam",
        "NAdam",
        "Adam that looks ahead along its momentum, as Nesterov's method does.",
        (
            _lr(2e-3),
            _decay(),
            _two_betas(),
            Float("momentum_decay", 4e-3, min=0.0, advanced=True, doc="How fast the momentum nears the first beta."),
            _eps(1e-8),
            _decoupled(),
        ),
        formula="mu_t = b1 * (1 - 0.96^(t * momentum_decay) / 2);  w = w - lr * (mu_{t+1} * m / (1 - mu_1 … mu_{t+1})"
        " + (1 - mu_t) * g / (1 - mu_1 … mu_t)) / (sqrt(v / (1 - b2^t)) + eps)",
        source="Dozat: Incorporating Nesterov momentum into Adam, ICLR workshop 2016",
        torch="torch.optim.NAdam",
        refuses=_betas_fit,
    ),
    OptimizerSpec(
        "radam",
        "RAdam",
        "Adam that steps without the denominator until enough gradients were seen to trust it: a warm-up of its own.",
        (_lr(1e-3), _decay(), _two_betas(), _eps(1e-8), _decoupled()),
        formula="m as in Adam; the first steps are w = w - lr * m / (1 - b1^t), later ones those of Adam times a "
        "rectification r_t that grows to 1",
        source="Liu et al.: On the variance of the adaptive learning rate and beyond, ICLR 2020",
        torch="torch.optim.RAdam",
        refuses=_betas_fit,
    ),
    OptimizerSpec(
        "adadelta",
        "Adadelta",
        "Scales each step by the ratio of the running sizes of its steps and of its gradients; hardly needs a rate.",
        (
            Float("lr", 1.0, min=0.0, above=True, label="learning rate", doc="Factor of the step; 1 is the paper's."),
            _decay(),
            Float("rho", 0.9, min=0.0, max=1.0, doc="How much of the two running means each step keeps."),
            Float("eps", 1e-6, min=0.0, advanced=True, doc="Added inside both roots; sets the size of the first step."),
        ),
        formula="v = rho*v + (1-rho)*g^2;  d = sqrt(u + eps) / sqrt(v + eps) * g;  u = rho*u + (1-rho)*d^2;  "
        "w = w - lr * d",
        source="Zeiler: ADADELTA: An adaptive learning rate method, 2012",
        torch="torch.optim.Adadelta",
        usual=(1e-2, 10.0),
    ),
    OptimizerSpec(
        "lbfgs",
        "L-BFGS",
        "A quasi-Newton method for small networks and full batches: each step tries the loss up to max_iter times.",
        (
            Float("lr", 1.0, min=0.0, above=True, label="learning rate", doc="Length of a step; 1 with a line search."),
            Int("max_iter", 20, min=1, max=10_000, label="iterations", doc="Most iterations within one step."),
            Int("history_size", 100, min=1, max=10_000, doc="How many former steps shape the curvature."),
            Choice(
                "line_search_fn",
                None,
                choices=("strong_wolfe",),
                optional=True,
                label="line search",
                labels={"strong_wolfe": "strong Wolfe"},
                doc="Search for a good length of each iteration's step.",
            ),
            Float("tolerance_grad", 1e-7, min=0.0, advanced=True, doc="A step ends where no gradient is larger."),
            Float("tolerance_change", 1e-9, min=0.0, advanced=True, doc="A step ends where nothing moves more."),
        ),
        formula="w = w - lr * H * g, with H the inverse curvature told by the last history_size steps",
        source="Liu, Nocedal: On the limited memory BFGS method, Mathematical Programming 45, 1989",
        torch="torch.optim.LBFGS",
        looks_again=True,
        keeps=lambda values: 2 * values["history_size"] + 2,
        usual=(1e-3, 2.0),
    ),
    OptimizerSpec(
        "muon",
        "Muon",
        "Makes the momentum of each weight matrix orthogonal before stepping. What is no matrix (biases, norms, "
        "convolutions) is stepped by AdamW with the same rate and decay.",
        (
            _lr(1e-3),
            _decay(0.1, _DECOUPLED),
            Float("momentum", 0.95, min=0.0, max=0.9999, doc="How much of the running gradient each step keeps."),
            Bool("nesterov", True, doc="Look ahead along the momentum."),
            Int("ns_steps", 5, min=1, max=20, advanced=True, doc="Newton-Schulz iterations of the orthogonalisation."),
            Choice(
                "adjust_lr_fn",
                "match_rms_adamw",
                choices=("match_rms_adamw", "original"),
                advanced=True,
                label="size of steps",
                labels={"match_rms_adamw": "as AdamW's", "original": "as in the paper"},
                doc="How the rate is scaled for matrices; as AdamW's lets one rate suit all weights.",
            ),
            Float("eps", 1e-7, min=0.0, advanced=True, doc="Keeps the normalisation of a zero matrix finite."),
            _two_betas("betas of AdamW"),
        ),
        formula="m = momentum*m + (1-momentum)*g;  w = w * (1 - lr*weight_decay) - lr * scale * orthogonal(m)",
        source="Jordan et al.: Muon, 2024; Liu et al.: Muon is scalable for LLM training, 2025",
        torch="core.training.optimizers.MuonWithAdamW",
        refuses=_betas_fit,
        joins=False,
        usual=(1e-5, 2e-1),
    ),
    OptimizerSpec(
        "adam_guide",
        "Adam without bias correction",
        "Adam as many introductions write it: no bias correction, eps inside the root. Its first steps are larger than "
        "those of Adam.",
        (_lr(1e-3), _decay(), _two_betas(), _inner_eps(1e-8)),
        formula="m = b1*m + (1-b1)*g;  v = b2*v + (1-b2)*g^2;  w = w - lr * m / sqrt(v + eps)",
        source="Kingma, Ba: Adam: A method for stochastic optimization, ICLR 2015, without its section 3",
        torch="core.training.optimizers.PlainAdam",
        refuses=_betas_fit,
    ),
    OptimizerSpec(
        "rmsprop_guide",
        "RMSprop with eps inside",
        "RMSprop as many introductions write it: eps inside the root.",
        (
            _lr(1e-2),
            _decay(),
            Float("alpha", 0.99, min=0.0, max=1.0, doc="How much of the running mean each step keeps."),
            _inner_eps(1e-8),
        ),
        formula="v = alpha*v + (1-alpha)*g^2;  w = w - lr * g / sqrt(v + eps)",
        source="Tieleman, Hinton: Neural networks for machine learning, lecture 6.5, 2012",
        torch="core.training.optimizers.PlainRMSprop",
        keeps=lambda values: 1,
    ),
)

OPTIMIZERS: Mapping[str, OptimizerSpec] = {spec.id: spec for spec in _SPECS}
