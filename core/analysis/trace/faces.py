"""How a layer's computation is written out: one table from layer to the equations of its way forward and back.

What is not in the table has its formula, what arrives and what leaves, and the chain rule in its general form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from core.analysis.trace import affine, losses, norms, pointwise, recurrent, shares
from core.analysis.trace.grids import Equation, Term
from core.analysis.trace.passes import Visit
from core.catalog.families import default_catalog

Index: TypeAlias = tuple[int, ...]
Writer: TypeAlias = Callable[[Visit, Index], tuple[Equation, ...]]


@dataclass(frozen=True)
class Face:
    """`forward` and `back` write the equations of one node, worked out for one number of what leaves."""

    forward: Writer
    back: Writer


def general(visit: Visit, index: Index) -> tuple[Equation, ...]:
    """What arrives, the formula, what leaves."""
    spec = default_catalog().get(visit.step.layer)
    formula = spec.formula if spec is not None else ""
    arriving = [Term(_symbol(end, len(visit.given)), t) for end, t in visit.given.items()]
    if not formula:
        names = ", ".join(_symbol(end, len(visit.given)) for end in visit.given)
        formula = f"y = {'block' if visit.step.block else visit.step.layer}({names})"
    leaving = Term(_leaving(visit), visit.output, "→" if arriving else "", index)
    title = "What the block gives" if visit.step.block else "What the layer gives"
    return (Equation(title, formula, (*arriving, leaving)),)


def general_back(visit: Visit, index: Index) -> tuple[Equation, ...]:
    """The chain rule: what comes back, times how what leaves depends on what entered."""
    found = []
    upstream = [Term("dL/dy", visit.upstream[visit.port])] if visit.port in visit.upstream else []
    loss = [Term("L", visit.output)] if not upstream and not visit.returned else []
    for end, gradient in visit.given_gradients.items():
        name = _symbol(end, len(visit.given))
        text = f"dL/d{name} = (dy/d{name})ᵀ · dL/dy"
        term = Term(f"dL/d{name}", gradient, "→" if upstream or loss else "")
        found.append(Equation(f"Back to {name}", text, (*upstream, *loss, term)))
    for name, gradient in ({} if visit.step.block else visit.weight_gradients).items():  # a block's are inside it
        text = f"dL/d{name} = (dy/d{name})ᵀ · dL/dy"
        found.append(Equation(f"To {name}", text, (*upstream, Term(f"dL/d{name}", gradient, "→"))))
    return tuple(found)


def forward(visit: Visit, index: Index) -> tuple[Equation, ...]:
    return FACES.get(visit.step.layer, _GENERAL).forward(visit, index)


def back(visit: Visit, index: Index) -> tuple[Equation, ...]:
    """The equations of the way back: gradients that meet are summed first. Empty where none comes back."""
    if not visit.upstream:
        return ()
    return (*_gathered(visit), *FACES.get(visit.step.layer, _GENERAL).back(visit, index))


def _gathered(visit: Visit) -> tuple[Equation, ...]:
    """The value feeds several nodes: what they send back is added."""
    found = []
    for port, returned in visit.returned.items():
        if len(returned) > 1:
            terms = [Term(f"from {one.label}", one.gradient, "+" if i else "") for i, one in enumerate(returned)]
            total = Term("dL/dy", visit.upstream[port], "=")
            text = f"dL/dy = sum of what the {len(returned)} readers of this value send back"
            found.append(Equation("Gradients meet", text, (*terms, total)))
    return tuple(found)


def _symbol(end: str, many: int) -> str:
    """What arrives, as formulas call it; the ports of a block have ids that say nothing."""
    return "x" if many == 1 else end.replace(".", "")


def _leaving(visit: Visit) -> str:
    return "L" if visit.output.dim() == 0 else "y"


_GENERAL = Face(general, general_back)
_LINEAR = Face(affine.linear, affine.linear_back)
_WINDOW = Face(affine.window, general_back)
_FILTERS = Face(affine.window, affine.window_back)
_POINTWISE = Face(pointwise.forward, pointwise.back)
_NORMS = Face(norms.forward, norms.back)
_STEPS = Face(recurrent.forward, general_back)
_SHARES = Face(shares.softmax, shares.softmax_back)

FACES: Mapping[str, Face] = {
    "linear": _LINEAR,
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _FILTERS),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _FILTERS),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d", "global_avg_pool", "mean"), _WINDOW),
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d"), Face(affine.greatest, general_back)),
    **dict.fromkeys(pointwise.LAYERS, _POINTWISE),
    **dict.fromkeys(norms.LAYERS, _NORMS),
    **dict.fromkeys(recurrent.LAYERS, _STEPS),
    "scaled_dot_product_attention": Face(shares.attention, general_back),
    "softmax": _SHARES,
    "cross_entropy": Face(losses.cross_entropy, losses.cross_entropy_back),
    **dict.fromkeys(losses.BY_ELEMENT, Face(losses.by_element, losses.by_element_back)),
}
