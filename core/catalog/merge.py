"""Layers where branches meet, and sums over dimensions."""

from __future__ import annotations

from core.spec import rules_merge, rules_reshape
from core.spec.layer import Expr, Given, LayerSpec, Port
from core.spec.params import Bool, Float, Int, Ints, Param

CATEGORY = "Merge"

_MANY = (Port("xs", "input", variadic=True),)
_PAIR = (Port("a"), Port("b"))


def _field(id: str) -> Port:
    """A socket beside the field of the same name: a wire takes the place of the value."""
    return Port(id, doc="A wire here takes the place of the value.", optional=True, field=id)


def _pairwise(id: str, label: str, sign: str, doc: str, when: str, *keywords: str) -> LayerSpec:
    return LayerSpec(
        id=id,
        label=label,
        icon=id,
        doc=doc,
        formula=f"y = a {sign} b",
        when=when,
        source="torch, broadcasting semantics",
        inputs=_PAIR,
        shape=rules_merge.elementwise("a", "b"),
        torch=Expr(f"{{a}} {sign} {{b}}"),
        keywords=("element-wise", "merge", *keywords),
    )


def _by_number(
    id: str, doc: str, formula: str, when: str, source: str, field: Param, text: str, *keywords: str
) -> LayerSpec:
    """One input and one number, which stands in a field or comes by a wire."""
    return LayerSpec(
        id=id,
        label=id.capitalize(),
        icon=id,
        doc=doc,
        formula=formula,
        when=when,
        source=source,
        params=(field,),
        inputs=(Port("x"), _field(field.name)),
        shape=rules_merge.elementwise("x", field.name),
        torch=Expr(text),
        keywords=keywords,
    )


def _reduction(id: str, label: str, doc: str, formula: str, when: str, *keywords: str, method: str = "") -> LayerSpec:
    def text(given: Given) -> str:
        dims: tuple[int, ...] = given["dim"]
        which = str(dims[0]) if len(dims) == 1 else str(dims)
        return f"{{x}}.{method or id}(dim={which}{', keepdim=True' if given['keepdim'] else ''})"

    return LayerSpec(
        id=id,
        label=label,
        icon=id,
        doc=doc,
        formula=formula,
        when=when,
        source=f"torch.{method or id}",
        params=(
            Ints("dim", (1,), doc="The dimensions that are summed up; 0 is the batch, -1 the last."),
            Bool("keepdim", False, doc="Keep them with size 1."),
        ),
        shape=rules_reshape.reduce,
        torch=Expr(text),
        keywords=("reduce", "pool", *keywords),
    )


LAYERS = (
    _pairwise(
        "add",
        "Add",
        "+",
        "Adds two branches number by number.",
        "The meeting point of a skip connection: gradients pass through both branches.",
        "sum",
        "plus",
        "residual",
        "skip",
        "shortcut",
    ),
    _pairwise(
        "subtract",
        "Subtract",
        "-",
        "Subtracts b from a number by number.",
        "To compare branches.",
        "minus",
        "difference",
    ),
    _pairwise(
        "multiply",
        "Multiply",
        "*",
        "Multiplies two branches number by number.",
        "Gates and attention over channels: one branch says how much of the other passes.",
        "times",
        "product",
        "gate",
        "hadamard",
        "squeeze-excitation",
    ),
    _pairwise(
        "divide",
        "Divide",
        "/",
        "Divides a by b number by number.",
        "To normalise by something that is computed; keep b away from 0.",
        "quotient",
        "ratio",
    ),
    LayerSpec(
        id="concatenate",
        label="Concatenate",
        icon="concatenate",
        doc="Joins branches end to end along one dimension.",
        formula="y = (x1, x2, …)",
        when="Where both branches should stay visible to what follows: U-Net, DenseNet, Inception.",
        source="torch.cat",
        params=(Int("dim", 1, doc="The dimension that grows: 1 is the channels, -1 the last."),),
        inputs=_MANY,
        shape=rules_merge.concatenate,
        torch=Expr("torch.cat([{xs}], dim={dim})"),
        keywords=("cat", "concat", "join", "merge", "dense", "unet", "skip"),
    ),
    LayerSpec(
        id="stack",
        label="Stack",
        icon="stack",
        doc="Puts equal branches side by side along a new dimension.",
        formula="(batch, f), (batch, f) -> (batch, 2, f)",
        when="To make a sequence of several vectors.",
        source="torch.stack",
        params=(Int("dim", 1, doc="Where the new dimension stands."),),
        inputs=_MANY,
        shape=rules_merge.stack,
        torch=Expr("torch.stack([{xs}], dim={dim})"),
        keywords=("merge", "join", "sequence"),
    ),
    LayerSpec(
        id="matmul",
        label="MatMul",
        icon="matmul",
        doc="Multiplies matrices: every row of a with every column of b.",
        formula="y[i, j] = sum_k a[i, k] b[k, j]",
        when="Attention and similarity written out by hand.",
        source="torch.matmul",
        inputs=_PAIR,
        shape=rules_merge.matmul,
        macs=rules_merge.matmul_macs,
        torch=Expr("{a} @ {b}"),
        keywords=("matrix", "product", "dot", "bmm", "similarity"),
    ),
    _reduction(
        "mean", "Mean", "Averages over dimensions.", "y = sum x / n", "To pool a sequence or a picture.", "average"
    ),
    _reduction(
        "sum", "Sum", "Sums over dimensions.", "y = sum x", "Where the number of elements should count.", "total"
    ),
    _reduction(
        "max",
        "Max",
        "Keeps the largest value over dimensions.",
        "y = max x",
        "To ask whether something is anywhere in a sequence or picture.",
        "maximum",
        "global max pool",
        method="amax",
    ),
    _by_number(
        "scale",
        "Multiplies by a constant, or by what is wired beside it.",
        "y = f x",
        "To weigh a branch, or divide scores by a temperature.",
        "torch.mul",
        Float("factor", 1.0, doc="The f of the formula, where no wire brings it."),
        "{x} * {factor}",
        "constant",
        "weight",
        "temperature",
        "factor",
        "gain",
    ),
    _by_number(
        "shift",
        "Adds a constant, or what is wired beside it.",
        "y = x + c",
        "To move a range (x + 1), or to keep a divisor away from 0.",
        "torch.add",
        Float("offset", 0.0, doc="The c of the formula, where no wire brings it."),
        "{x} + {offset}",
        "constant",
        "offset",
        "epsilon",
        "translate",
    ),
    _by_number(
        "power",
        "Raises to a power, number by number.",
        "y = x^p",
        "Squares, roots and reciprocals: 2, 0.5, -1. A broken power of a negative number is not a number.",
        "torch.pow",
        Float("exponent", 2.0, doc="The p of the formula, where no wire brings it."),
        "{x} ** {exponent}",
        "square",
        "root",
        "sqrt",
        "exponent",
        "reciprocal",
        "pow",
    ),
    LayerSpec(
        id="mix",
        label="Mix",
        icon="mix",
        doc="Blends two branches: 0 is all a, 1 is all b.",
        formula="y = a + w (b - a)",
        when="Gates of highway and recurrent networks: a sigmoid wired to the weight says how much of each passes.",
        source="torch.lerp; highway networks: Srivastava, Greff, Schmidhuber, arXiv:1505.00387",
        params=(Float("weight", 0.5, doc="The w of the formula, where no wire brings it."),),
        inputs=(*_PAIR, _field("weight")),
        shape=rules_merge.elementwise("a", "b", "weight"),
        torch=Expr("torch.lerp({a}, {b}, {weight})"),
        keywords=("lerp", "blend", "interpolate", "gate", "highway"),
    ),
)
