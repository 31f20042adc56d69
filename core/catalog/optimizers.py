"""The rules by which weights follow their gradients. Fields are named as PyTorch's; formulas are what PyTorch computes.

Plain gradient descent is `sgd` with the batch size ``full``; a batch size of 1 is the single-example (online) form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.spec.option import OptionSpec
from core.spec.param import Param
from core.spec.params import Bool, Float, Floats

_DECAY = "Adds weight_decay * w to the gradient (L2 regularisation)."
_DECOUPLED = "Shrinks each weight by lr * weight_decay at every step, apart from the gradient."


@dataclass(frozen=True)
class OptimizerSpec(OptionSpec):
    """An optimizer: `torch` is its class; `refuses` says what is wrong with values that do not go together."""

    refuses: Callable[[Mapping[str, Any]], str] | None = None

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
        Floats("betas", (0.9, 0.999), min=0.0, max=1.0, doc="How much of the two running means each step keeps."),
        _eps(1e-8),
        Bool("amsgrad", False, advanced=True, doc="Divide by the largest v so far (Reddi et al., 2018)."),
    )


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
    ),
)

OPTIMIZERS: Mapping[str, OptimizerSpec] = {spec.id: spec for spec in _SPECS}
