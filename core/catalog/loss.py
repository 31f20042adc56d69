"""Losses: what training makes small."""

from __future__ import annotations

from core.spec import rules_loss as rules
from core.spec import rules_pairs, rules_special
from core.spec.layer import Call, Computed, CostRule, Expr, Given, LayerSpec, Port, Role, ShapeRule
from core.spec.param import Param
from core.spec.params import Bool, Choice, Float, Floats, Int

CATEGORY = "Loss"

_WEIGHT = Float("weight", 1.0, min=0.0, doc="How much this loss counts beside the others.")
_REDUCTION = Choice("reduction", "mean", ("mean", "sum"), advanced=True, doc="Average or sum over the batch.")
_PER_EXAMPLE = Choice(
    "reduction",
    "mean",
    ("mean", "sum", "batchmean"),
    labels={"batchmean": "sum, averaged over the batch"},
    advanced=True,
    doc="Average over all numbers, sum, or sum over each example and average those (as a VAE's bound asks).",
)
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
    params: tuple[Param, ...] = (_PER_EXAMPLE,),
    inputs: tuple[Port, ...] = (),
    source: str = "",
    keywords: tuple[str, ...] = (),
    replaces: tuple[str, ...] = (),
    target: str = "The right answer.",
    scores: bool = False,
) -> LayerSpec:
    """A call of torch.nn.functional; arguments that are at their defaults there are left out."""
    ports = inputs or (Port("input", "prediction", scores=scores), Port("target", doc=target))

    def text(given: Given) -> str:
        called = [p for p in params if given[p.name] != p.implied_value]
        call = f"F.{function}(" + ", ".join(f"{{{p.id}}}" for p in ports) + "".join(_argument(p) for p in called) + ")"
        summed = _PER_EXAMPLE in params and given["reduction"] == "batchmean"
        if not summed:
            return call
        return call.replace("{reduction}", '"sum"') + f" / {{{ports[0].id}}}.shape[0]"

    return LayerSpec(
        id=id,
        label=label,
        doc=doc,
        formula=formula,
        when=when,
        source=source or f"torch.nn.functional.{function}",
        params=(*params, _WEIGHT),
        inputs=ports,
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


def _argument(param: Param) -> str:
    if param.name in _TENSORS:
        return f", {_TENSORS[param.name]}={{input}}.new_tensor({{{param.name}}})"
    return f", {param.name}={{{param.name}}}"


def _node(
    id: str,
    label: str,
    code: Call | Expr | str,
    *,
    doc: str,
    formula: str,
    when: str,
    shape: ShapeRule,
    source: str,
    inputs: tuple[Port, ...] = (Port("input", "prediction"), Port("target", doc="The right answer.")),
    params: tuple[Param, ...] = (),
    macs: CostRule | None = None,
    keywords: tuple[str, ...] = (),
    compares: bool = False,
    bends: bool = False,
) -> LayerSpec:
    """A loss of our own: an expression, or the name of a class in `core.modules.losses`."""
    row = ", ".join(f"{{{port.id}}}" for port in inputs)
    called = (
        Call(f"core.modules.losses.{code}", skip=("weight",), forward=f"{{self}}({row})")
        if isinstance(code, str)
        else code
    )
    return LayerSpec(
        id=id,
        label=label,
        doc=doc,
        formula=formula,
        when=when,
        source=source,
        params=(*params, _WEIGHT),
        inputs=inputs,
        outputs=(Port("loss"),),
        shape=shape,
        macs=macs,
        torch=called,
        role=Role.LOSS,
        keywords=("loss", "criterion", "objective", *keywords),
        compares=compares,
        bends=bends,
    )


_DECAYS = ("decay", ("asymptotic", "linear"))
_GAMMA = Float("gamma", 2.0, min=0.0, doc="How little what is right counts; 0: as cross entropy.")
_LABELLED_PAIR = (
    Port("a", doc="(batch, features)."),
    Port("b", doc="(batch, features)."),
    Port("target", doc="1 where a and b belong together, else 0: (batch,) or (batch, 1)."),
)


def _hinge(given: Given) -> str:
    missing = "F.relu({margin} - {input} * (2 * {target} - 1))"
    return missing + (".square()" if given["squared"] else "") + f".{given['reduction']}()"


def _cosine(given: Given) -> str:
    rest = "" if given["reduction"] == "mean" else ', reduction="sum"'
    margin = ", margin={margin}" if given["margin"] else ""
    return "F.cosine_embedding_loss({a}, {b}, 2 * {target}.flatten() - 1" + margin + rest + ")"


def _gaussian_nll(given: Given) -> str:
    rest = "" if given["reduction"] == "mean" else ', reduction="sum"'
    return "F.gaussian_nll_loss({input}, {target}, {log_variance}.exp()" + rest + ")"


def _quantile(given: Given) -> str:
    error = "({target} - {input})"
    return f"torch.maximum({{quantile}} * {error}, ({{quantile}} - 1) * {error}).{given['reduction']}()"


_TWO_BATCHES = (Port("a", doc="(batch, features)."), Port("b", doc="(batch, features), of the other side."))
_HINGE, _COSINE, _GAUSSIAN_NLL = Expr(_hinge), Expr(_cosine), Expr(_gaussian_nll)
_GAUSSIAN_KL = Expr("0.5 * ({logvar}.exp() + {mu}.square() - 1 - {logvar}).flatten(1).sum(1).mean()")


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
            Int(
                "ignore_index", -100, advanced=True, doc="Answers of this index count nothing: filling, unasked words."
            ),
            _REDUCTION,
        ),
        keywords=(
            "classification",
            "softmax",
            "logits",
            "masked language model",
            "multiclass",
            "log loss",
            "categorical",
            "cce",
            "one-hot",
        ),
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
            _PER_EXAMPLE,
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
        params=(Float("delta", 1.0, min=0.0, above=True, doc="Where squared turns absolute."), _PER_EXAMPLE),
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
    _loss(
        "bce_loss",
        "BCE on probabilities",
        "binary_cross_entropy",
        doc="Minus the log of the predicted chance of the right answer, yes or no.",
        formula="L = -(t log p + (1 - t) log(1 - p))",
        when="After a Sigmoid that is needed anyway, as in an autoencoder; BCE with logits is the steadier choice.",
        shape=rules.same_shape,
        keywords=("binary", "classification", "sigmoid", "multilabel", "autoencoder", "bernoulli"),
        target='0 or 1 in the shape of the prediction; encoding "binary" gives (batch, 1).',
    ),
    _node(
        "hinge_loss",
        "Hinge",
        _HINGE,
        doc="Asks that the score be on the right side of 0, by a margin.",
        formula="L = max(0, margin - s x), s = 2 t - 1",
        when="Two classes, as in a support vector machine. Takes raw scores; answers are 0 or 1.",
        source="Rosasco et al., Are Loss Functions All the Same?, 2004",
        shape=rules.same_shape,
        inputs=(Port("input", "prediction", scores=True), Port("target", doc="0 or 1 in the shape of the prediction.")),
        params=(
            Float("margin", 1.0, min=0.0, above=True, doc="How far from 0 a score need be."),
            Bool("squared", False, doc="Square what is missing."),
            _REDUCTION,
        ),
        keywords=("svm", "classification", "margin", "binary", "maximum margin"),
    ),
    _loss(
        "multi_margin_loss",
        "Multi-class hinge",
        "multi_margin_loss",
        doc="Asks that the right class score higher than each other one, by a margin.",
        formula="L = sum_c max(0, margin - x[t] + x[c])^p / classes, c != t",
        when="Classification as in a support vector machine. Takes raw scores.",
        source="Crammer and Singer, 2001; torch.nn.functional.multi_margin_loss",
        shape=rules_pairs.flat_classes,
        scores=True,
        params=(
            Int("p", 1, min=1, max=2, label="power", doc="1, or 2 to square what is missing."),
            Float("margin", 1.0, doc="How far ahead the right class need be."),
            _CLASS_WEIGHTS,
            _REDUCTION,
        ),
        keywords=("svm", "classification", "hinge", "crammer singer"),
        target="Class indices, (batch,).",
    ),
    _node(
        "grid_box_loss",
        "Boxes on a grid",
        "GridBoxLoss",
        doc="How badly boxes lie on those that they should be, over the cells of a grid that have one.",
        formula="L = mean(1 - GIoU), GIoU = |A and B| / |A or B| - |C without A or B| / |C|, C: the box round both",
        when="Detection on a grid: one head says what is in a cell, the other, behind a Sigmoid, where it lies.",
        source="Rezatofighi et al., Generalized Intersection over Union, 2019; Redmon et al., You Only Look Once, 2016",
        shape=rules.grid_boxes,
        inputs=(
            Port("input", "prediction", doc="Centre within the cell, width and height: (batch, 4, rows, columns)."),
            Port("target", doc="The same; cells without a box have width 0."),
        ),
        keywords=("detection", "yolo", "iou", "giou", "bounding box", "objects"),
    ),
    _node(
        "focal_loss",
        "Focal",
        "FocalLoss",
        doc="Cross entropy in which examples that are already right count little.",
        formula="L = -a (1 - p)^gamma log p, p = softmax(x)[t]",
        when="Classes of very different size, as in detection; elsewhere balance the classes first (Data panel). "
        "Takes raw scores: no Softmax before it.",
        source="Lin et al., Focal Loss for Dense Object Detection, 2017",
        shape=rules.class_index,
        inputs=(
            Port("input", "prediction", scores=True),
            Port("target", doc="Class indices, (batch,), or one for each cell."),
        ),
        params=(_GAMMA, _CLASS_WEIGHTS, _REDUCTION),
        keywords=("classification", "imbalance", "imbalanced", "detection", "segmentation", "retinanet"),
    ),
    _node(
        "binary_focal_loss",
        "Binary focal",
        "BinaryFocalLoss",
        doc="Binary cross entropy in which answers that are already right count little.",
        formula="L = -a (1 - p)^gamma log p, p = the chance of the right answer",
        when="Rare positives. Takes raw scores: no Sigmoid before it.",
        source="Lin et al., Focal Loss for Dense Object Detection, 2017",
        shape=rules.same_shape,
        inputs=(Port("input", "prediction", scores=True), Port("target", doc="0 or 1 in the shape of the prediction.")),
        params=(
            _GAMMA,
            Float("alpha", 0.25, min=0.0, max=1.0, optional=True, doc="Weight of the ones; empty: both alike."),
            _REDUCTION,
        ),
        keywords=("classification", "imbalance", "imbalanced", "detection", "sigmoid", "multilabel"),
    ),
    _node(
        "dice_loss",
        "Dice",
        "DiceLoss",
        doc="One minus the overlap of the predicted region with the true one.",
        formula="L = 1 - (2 sum p t + s) / (sum p + sum t + s)",
        when="Segmentation in which the region is small. Takes raw scores: softmax or sigmoid is inside.",
        source="Milletari, Navab and Ahmadi, V-Net, 2016",
        shape=rules_pairs.region,
        inputs=(
            Port("input", "prediction", scores=True),
            Port("target", doc="A class index for each cell, or 0 and 1 in the shape of the prediction."),
        ),
        params=(Float("smooth", 1.0, min=0.0, above=True, doc="Added above and below: empty regions divide by it."),),
        keywords=("segmentation", "overlap", "f1", "jaccard", "mask", "unet", "medical"),
    ),
    _loss(
        "poisson_nll_loss",
        "Poisson NLL",
        "poisson_nll_loss",
        doc="Minus the log-likelihood of counts whose rate is predicted.",
        formula="L = exp(x) - t x",
        when="Counts: visits, calls, clicks. The prediction is the logarithm of the rate.",
        shape=rules.same_shape,
        params=(
            Bool("log_input", True, doc="The prediction is the log of the rate; off: the rate itself, above 0."),
            _PER_EXAMPLE,
        ),
        keywords=("count", "rate", "regression", "poisson"),
    ),
    _node(
        "gaussian_nll_loss",
        "Gaussian NLL",
        _GAUSSIAN_NLL,
        doc="Minus the log-likelihood of the answer where mean and variance are both predicted.",
        formula="L = (v + (x - t)^2 / exp(v)) / 2, v the log of the variance",
        when="Regression that should say how sure it is.",
        source="Nix and Weigend, 1994; torch.nn.functional.gaussian_nll_loss",
        shape=rules_pairs.all_alike,
        inputs=(
            Port("input", "prediction", doc="The mean."),
            Port("log_variance", "log variance", doc="The log of the variance, in the shape of the prediction."),
            Port("target", doc="The right answer."),
        ),
        params=(_REDUCTION,),
        keywords=("regression", "uncertainty", "variance", "heteroscedastic"),
    ),
    _loss(
        "triplet_margin_loss",
        "Triplet margin",
        "triplet_margin_loss",
        doc="Asks that the anchor be closer to its like than to the other one, by a margin.",
        formula="L = max(0, |a - p| - |a - n| + margin)",
        when="Metric learning with three towers that share weights: faces, signatures, products.",
        source="Schroff, Kalenichenko and Philbin, FaceNet, 2015",
        shape=rules_pairs.alike,
        inputs=(
            Port("anchor", doc="(batch, features)."),
            Port("positive", doc="Something like the anchor."),
            Port("negative", doc="Something else."),
        ),
        params=(
            Float("margin", 1.0, min=0.0, above=True, doc="How much closer the like one need be."),
            Bool("swap", False, doc="Compare also the like one with the other one, and take the harder."),
            _REDUCTION,
        ),
        keywords=("metric learning", "siamese", "embedding", "facenet", "similarity", "triplet"),
    ),
    _node(
        "contrastive_loss",
        "Contrastive",
        "ContrastiveLoss",
        doc="Pulls pairs together that belong together, and pushes others a margin apart.",
        formula="L = t d^2 + (1 - t) max(0, margin - d)^2, d = |a - b|",
        when="Siamese networks: two towers that share weights, and an answer for each pair.",
        source="Hadsell, Chopra and LeCun, Dimensionality Reduction by Learning an Invariant Mapping, 2006",
        shape=rules_pairs.labelled_pair,
        inputs=_LABELLED_PAIR,
        params=(Float("margin", 1.0, min=0.0, above=True, doc="How far apart others need be."),),
        keywords=("siamese", "metric learning", "pair", "embedding", "similarity"),
    ),
    _node(
        "cosine_embedding_loss",
        "Cosine embedding",
        _COSINE,
        doc="Turns pairs that belong together to one direction, and others away from each other.",
        formula="L = 1 - cos(a, b) for t = 1, max(0, cos(a, b) - margin) for t = 0",
        when="Siamese networks where only direction counts, as with texts.",
        source="torch.nn.functional.cosine_embedding_loss",
        shape=rules_pairs.labelled_pair,
        inputs=_LABELLED_PAIR,
        params=(
            Float("margin", 0.0, min=-1.0, max=1.0, doc="The cosine that others may have."),
            _REDUCTION,
        ),
        keywords=("siamese", "metric learning", "pair", "cosine", "similarity", "angle"),
    ),
    _node(
        "info_nce_loss",
        "InfoNCE",
        "InfoNCE",
        doc="Each row of a should find its own row of b among those of the whole batch, and the reverse.",
        formula="L = cross entropy of cos(a, b^T) / temperature against the diagonal, both ways",
        when="Two towers without labels: picture and caption (CLIP), two views of one picture (SimCLR). Large batches.",
        source="van den Oord et al., 2018; Radford et al., CLIP, 2021",
        shape=rules_pairs.alike,
        macs=rules_pairs.all_pairs_macs,
        inputs=(Port("a", doc="(batch, features)."), Port("b", doc="(batch, features): row i belongs to row i of a.")),
        params=(Float("temperature", 0.07, min=0.0, above=True, doc="Small: hard. What the cosines are divided by."),),
        keywords=("contrastive", "clip", "simclr", "self-supervised", "pair", "nt-xent", "two towers"),
        compares=True,
    ),
    _node(
        "gaussian_kl",
        "Gaussian KL",
        _GAUSSIAN_KL,
        doc="How far a latent Gaussian is from the standard one, in nats.",
        formula="L = sum (exp(v) + m^2 - 1 - v) / 2, averaged over the batch; v the log of the variance",
        when="The second loss of a variational autoencoder; its weight is the beta of a beta-VAE.",
        source="Kingma and Welling, Auto-Encoding Variational Bayes, 2013",
        shape=rules_pairs.latent,
        inputs=(
            Port("mu", doc="The mean, (batch, latent)."),
            Port("logvar", doc="The log of the variance, in the shape of mu."),
        ),
        keywords=("vae", "variational", "elbo", "beta", "latent", "kullback-leibler", "regularisation"),
    ),
    _node(
        "activity_l1",
        "Activation L1",
        Expr("{x}.abs().flatten(1).sum(1).mean()"),
        doc="The sum of the absolute activations of each example, averaged over the batch.",
        formula="L = mean over the batch of sum |x|",
        when="Sparse autoencoders: wire the code to it and give it a small weight such as 0.001.",
        source="Olshausen and Field, 1996",
        shape=rules_pairs.activations,
        inputs=(Port("x", doc="(batch, units…)."),),
        keywords=("sparse", "sparsity", "penalty", "regularisation", "autoencoder", "lasso"),
    ),
    _node(
        "kl_sparsity",
        "Sparsity KL",
        "KLSparsity",
        doc="Asks that each unit be active in a given share of the examples.",
        formula="L = sum_j r log(r / m[j]) + (1 - r) log((1 - r) / (1 - m[j])), m the mean over the batch",
        when="Sparse autoencoders with a Sigmoid code; batches of a hundred or more, for the mean to tell.",
        source="Ng, Sparse Autoencoder, 2011",
        shape=rules_pairs.activations,
        inputs=(Port("x", doc="Activations between 0 and 1: (batch, units…)."),),
        params=(Float("rho", 0.05, min=0.0, max=1.0, above=True, doc="The share, r of the formula."),),
        keywords=("sparse", "sparsity", "penalty", "regularisation", "autoencoder", "kullback-leibler"),
        compares=True,
    ),
    _node(
        "capsule_margin_loss",
        "Capsule margin",
        "CapsuleMarginLoss",
        doc="The capsule of the right class should be long, all others short.",
        formula="L = sum_c t[c] max(0, 0.9 - x[c])^2 + 0.5 (1 - t[c]) max(0, x[c] - 0.1)^2",
        when="At the end of a capsule network, on the lengths of its class capsules.",
        source="Sabour, Frosst and Hinton, Dynamic Routing Between Capsules, 2017",
        shape=rules_pairs.flat_classes,
        inputs=(Port("input", "prediction", doc="Lengths, (batch, classes)."), Port("target", doc="Class indices.")),
        params=(
            Float("upper", 0.9, min=0.0, max=1.0, doc="Length that the right one should exceed."),
            Float("lower", 0.1, min=0.0, max=1.0, doc="Length that others should stay below."),
            Float("down", 0.5, min=0.0, advanced=True, doc="How much wrong classes count."),
        ),
        keywords=("capsnet", "capsule", "classification", "margin"),
    ),
    _node(
        "som_loss",
        "SOM",
        Call("core.modules.prototype.SOMLoss", skip=("weight",), forward="{self}({distances})"),
        doc="Pulls the nearest unit of a self-organising map, and its neighbours on the grid, towards the input.",
        formula="L = sum_j h[j] d[j] / 2, h[j] = exp(-(grid distance of j to the winner)^2 / (2 s^2))",
        when="With plain SGD and batch size 1 each step is Kohonen's rule, w += lr h (x - w).",
        source="Kohonen, 1982; Ritter and Schulten, 1988",
        shape=rules_special.distances,
        inputs=(Port("distances", doc="Of a self-organising map, (batch, *grid)."),),
        params=(
            Float("sigma", 1.0, min=0.0, above=True, doc="Radius of the neighbourhood at the start, in units."),
            Choice(
                "decay",
                "asymptotic",
                ("asymptotic", "linear", "none"),
                labels={"asymptotic": "to a third: 1 / (1 + 2 t / steps)", "linear": "to 0 in a straight line"},
                doc="How the radius falls.",
            ),
            Int("steps", 1000, min=1, doc="Steps of training over which it falls.", when=_DECAYS),
            Bool("fade", True, doc="Let the pull fall alike.", when=_DECAYS),
        ),
        keywords=("som", "kohonen", "neighbourhood", "competitive", "clustering", "topology"),
    ),
    _node(
        "kmeans_loss",
        "K-means",
        Expr("{distances}.flatten(1).amin(1).mean()"),
        doc="Pulls the nearest centre towards the input.",
        formula="L = min_j d[j], d the squared distances",
        when="On the distances of an RBF layer or a map: finds the centres of clusters, without answers.",
        source="MacQueen, 1967; Bottou and Bengio, Convergence Properties of the K-Means Algorithms, 1994",
        shape=rules_special.distances,
        inputs=(Port("distances", doc="Squared distances to units, (batch, units…)."),),
        keywords=("clustering", "centre", "quantisation", "vector quantization", "rbf", "prototype"),
    ),
    _node(
        "load_balance_loss",
        "Load balance",
        "LoadBalanceLoss",
        doc="Keeps a gate from sending everything to the same few experts.",
        formula="L = experts sum_e f[e] g[e], f the share of inputs led by e, g its mean gate",
        when="Beside the main loss of a mixture of experts, with a weight such as 0.01.",
        source="Fedus, Zoph and Shazeer, Switch Transformers, 2021",
        shape=rules_special.gates,
        inputs=(Port("gates", doc="Of a mixture of experts, (batch, …, experts)."),),
        keywords=("moe", "mixture of experts", "router", "auxiliary", "balance"),
        compares=True,
    ),
    _node(
        "quantile_loss",
        "Quantile",
        Expr(_quantile),
        doc="Makes the prediction the value that the answer stays below with a given chance.",
        formula="L = max(q e, (q - 1) e), e = t - x",
        when="Forecasts with a range: one output each for 0.1, 0.5 and 0.9. At 0.5 half the mean absolute error.",
        source="Koenker and Bassett, Regression Quantiles, 1978",
        shape=rules.same_shape,
        params=(Float("quantile", 0.5, min=0.0, max=1.0, doc="The chance, q of the formula."), _REDUCTION),
        keywords=("pinball", "regression", "forecast", "interval", "median", "uncertainty"),
    ),
    _node(
        "distillation_loss",
        "Distillation",
        "DistillationLoss",
        doc="The student's shares of the classes should be those of a teacher.",
        formula="L = T^2 KL(softmax(teacher / T) || softmax(x / T))",
        when="To teach a small network by a large, frozen one, beside cross entropy on the true answers.",
        source="Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network, 2015",
        shape=rules_pairs.same_scores,
        inputs=(Port("input", "prediction", scores=True), Port("teacher", doc="The teacher's raw scores.")),
        params=(Float("temperature", 2.0, min=0.0, above=True, doc="High: also small shares tell. T of the formula."),),
        bends=True,
        keywords=("teacher", "student", "knowledge", "compression", "soft targets", "kullback-leibler"),
    ),
    _node(
        "mmd_loss",
        "MMD",
        "MMDLoss",
        doc="How differently two batches of features are spread.",
        formula="L = mean k(a, a') + mean k(b, b') - 2 mean k(a, b), k(x, y) = exp(-|x - y|^2 / (2 s^2))",
        when="Domain adaptation, and generators without a discriminator: features of both sides become alike.",
        source="Gretton et al., A Kernel Two-Sample Test, 2012",
        shape=rules_pairs.alike,
        inputs=_TWO_BATCHES,
        params=(
            Float("width", 1.0, min=0.0, above=True, doc="Width of the kernel; about the usual distance of two rows."),
            Bool("biased", False, advanced=True, doc="Count pairs of a row with itself: never below 0."),
        ),
        keywords=("maximum mean discrepancy", "domain adaptation", "kernel", "distribution", "two-sample"),
        compares=True,
    ),
    _node(
        "coral_loss",
        "CORAL",
        "CoralLoss",
        doc="How differently the features of two batches vary together.",
        formula="L = |cov(a) - cov(b)|^2 / (4 d^2)",
        when="Domain adaptation, at the last features before the classifier.",
        source="Sun and Saenko, Deep CORAL, 2016",
        shape=rules_pairs.alike,
        macs=rules_pairs.covariance_macs,
        inputs=_TWO_BATCHES,
        keywords=("correlation alignment", "domain adaptation", "covariance", "distribution"),
        compares=True,
    ),
)
