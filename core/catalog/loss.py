"""Losses: what training makes small."""

from __future__ import annotations

from core.spec import rules_loss as rules
from core.spec.layer import Computed, Expr, Given, LayerSpec, Port, Role, ShapeRule
from core.spec.param import Param
from core.spec.params import Bool, Choice, Float, Floats

CATEGORY = "Loss"

_WEIGHT = Float("weight", 1.0, min=0.0, doc="How much this loss counts beside the others.")
_REDUCTION = Choice("reduction", "mean", ("mean", "sum"), advanced=True, doc="Average or sum over the batch.")
_CLASS_WEIGHTS = Floats(
    "class_weights", None, min=0.0, optional=True, doc="How much each class counts; for classes that are rare."
)


def _loss(
    id: str,
    label: str,
    function: str,
    *,
    doc: str,
    formula: str,
    when: str,
    shape: ShapeRule,
    params: tuple[Param, ...] = (_REDUCTION,),
    source: str = "",
    keywords: tuple[str, ...] = (),
    replaces: tuple[str, ...] = (),
    target: str = "The right answer.",
    scores: bool = False,
) -> LayerSpec:
    """A call of torch.nn.functional; arguments that are at their defaults there are left out."""

    def text(given: Given) -> str:
        called = [p for p in params if given[p.name] != p.implied_value]
        return f"F.{function}({{input}}, {{target}}" + "".join(_argument(p.name) for p in called) + ")"

    return LayerSpec(
        id=id,
        label=label,
        doc=doc,
        formula=formula,
        when=when,
        source=source or f"torch.nn.functional.{function}",
        params=(*params, _WEIGHT),
        inputs=(Port("input", "prediction", scores=scores), Port("target", doc=target)),
        outputs=(Port("loss"),),
        shape=shape,
        torch=Expr(text, computed={name: _listed(name) for name in _TENSORS if name in {p.name for p in params}}),
        role=Role.LOSS,
        keywords=("loss", "criterion", "objective", *keywords),
        replaces=replaces,
    )


_TENSORS = {"class_weights": "weight", "pos_weight": "pos_weight"}  # fields that torch wants as tensors


def _listed(name: str) -> Computed:
    return lambda given: None if given[name] is None else list(given[name])


def _argument(name: str) -> str:
    if name in _TENSORS:
        return f", {_TENSORS[name]}={{input}}.new_tensor({{{name}}})"
    return f", {name}={{{name}}}"


LAYERS = (
    _loss(
        "cross_entropy",
        "Cross entropy",
        "cross_entropy",
        doc="Minus the log of the share that softmax gives to the right class.",
        formula="L = -log(exp(x[t]) / sum_c exp(x[c]))",
        when="Classification into two or more classes. Takes raw scores (logits): no Softmax before it.",
        shape=rules.classes,
        scores=True,
        params=(
            Float(
                "label_smoothing",
                0.0,
                min=0.0,
                max=1.0,
                doc="Share of the answer spread over all classes, against overconfidence; 0.1 is usual.",
            ),
            _CLASS_WEIGHTS,
            _REDUCTION,
        ),
        keywords=("classification", "softmax", "logits", "multiclass", "log loss"),
        target="Class indices (batch,), or a share for each class (batch, classes).",
    ),
    _loss(
        "bce_with_logits",
        "BCE with logits",
        "binary_cross_entropy_with_logits",
        doc="Minus the log of the chance that the sigmoid gives to the right answer, yes or no.",
        formula="L = -(t log s(x) + (1 - t) log(1 - s(x)))",
        when="Two classes, or several labels that may hold at once. Takes raw scores: no Sigmoid before it.",
        shape=rules.binary,
        scores=True,
        params=(
            Floats("pos_weight", None, min=0.0, optional=True, doc="How much a yes counts; one, or one an output."),
            _REDUCTION,
        ),
        keywords=("binary", "classification", "sigmoid", "multilabel", "logistic"),
        replaces=("bce_with_logits_loss",),
        target='0 or 1 in the shape of the prediction; encoding "binary" gives (batch, 1).',
    ),
    _loss(
        "nll_loss",
        "NLL",
        "nll_loss",
        doc="Minus the log-probability of the right class.",
        formula="L = -x[t]",
        when="After LogSoftmax; together they are cross entropy.",
        shape=rules.class_index,
        scores=True,
        params=(_CLASS_WEIGHTS, _REDUCTION),
        keywords=("classification", "negative log likelihood"),
        replaces=("nll",),
        target="Class indices, (batch,).",
    ),
    _loss(
        "mse_loss",
        "Mean squared error",
        "mse_loss",
        doc="The squared difference between prediction and answer.",
        formula="L = mean (x - t)^2",
        when="Regression; large errors count most.",
        shape=rules.same_shape,
        keywords=("regression", "mse", "l2", "squared"),
        replaces=("mse",),
    ),
    _loss(
        "l1_loss",
        "Mean absolute error",
        "l1_loss",
        doc="The absolute difference between prediction and answer.",
        formula="L = mean |x - t|",
        when="Regression with outliers; all errors count alike.",
        shape=rules.same_shape,
        keywords=("regression", "mae", "l1", "absolute", "median"),
        replaces=("mae", "l1"),
    ),
    _loss(
        "huber_loss",
        "Huber",
        "huber_loss",
        doc="Squared for small errors, absolute for large ones.",
        formula="L = e^2 / 2 for |e| < d, d (|e| - d / 2) otherwise",
        when="Regression with some outliers.",
        source="Huber, Robust Estimation of a Location Parameter, 1964",
        shape=rules.same_shape,
        params=(Float("delta", 1.0, min=0.0, above=True, doc="Where squared turns absolute."), _REDUCTION),
        keywords=("regression", "robust", "smooth l1"),
        replaces=("huber",),
    ),
    _loss(
        "kl_div",
        "KL divergence",
        "kl_div",
        doc="How far the predicted distribution is from the target's.",
        formula="L = sum t (log t - x)",
        when="To match a distribution, as in distillation. The prediction must be log-probabilities (LogSoftmax).",
        source="Kullback and Leibler, 1951",
        shape=rules.same_shape,
        params=(
            Choice(
                "reduction",
                "batchmean",
                ("batchmean", "sum"),
                implied="mean",
                doc="Divide by the batch, or not at all.",
            ),
            Bool("log_target", False, doc="The target is log-probabilities too."),
        ),
        keywords=("divergence", "distribution", "distillation", "kullback-leibler", "variational"),
        replaces=("kl_div_loss",),
    ),
)
