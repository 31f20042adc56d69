"""Rules of losses: the prediction at ``input`` meets the answer at ``target``; never by silent broadcasting."""

from __future__ import annotations

from core.problem import Fix
from core.spec.layer import Given, Mismatch, Types
from core.spec.rules import insert, need_float, set_param, text, to_features
from core.spec.shape import TensorType

SCALAR = TensorType(())
ENCODE = "Set the encoding of the Target node to {}."


def same_shape(given: Given) -> Types:
    """input and target are real numbers of one shape."""
    need_float(given, "input")
    x, target = given.type("input"), given.type("target")
    if target.dtype != "float":
        raise Mismatch(
            f"target must be real numbers in the shape of the prediction, {x}, not {target}. "
            + ENCODE.format('"one-hot" or "binary" for classes; for measured values take a column of real numbers'),
            port="target",
            expected=str(x),
            received=str(target),
            fixes=(insert("target", "cast", "Insert a conversion to real numbers"),) if x.shape == target.shape else (),
        )
    if x.shape != target.shape:
        raise Mismatch(
            f"prediction and target must have one shape, not {x} and {target}.",
            port="input",
            expected=str(target),
            received=str(x),
            fixes=_to_shape(x, target),
        )
    return {"loss": SCALAR}


def grid_boxes(given: Given) -> Types:
    """input and target are four numbers for each cell of a grid: (batch, 4, rows, columns)."""
    x = given.type("input")
    if x.rank != 4 or x.shape[1] != 4:
        raise Mismatch(
            f"prediction must have 4 numbers for each cell of a grid, (batch, 4, rows, columns), not {x}. "
            "Put a Conv 2D with 4 channels and kernel 1 before it.",
            port="input",
            expected="B x 4 x rows x columns",
            received=str(x),
        )
    return same_shape(given)


def _to_shape(x: TensorType, target: TensorType) -> tuple[Fix, ...]:
    """Ways to bring the prediction to the shape of the answer."""
    if x.rank > 2 == target.rank:
        return (insert("input", "flatten", "Insert a Flatten at prediction"),)
    if x.rank == target.rank + 1 and x.shape[:-1] == target.shape and x.shape[-1] == 1:
        return (insert("input", "squeeze", "Drop the last dimension of prediction", dim=-1),)
    if x.rank == target.rank and x.shape[:-1] == target.shape[:-1] and isinstance(target.shape[-1], int):
        return (to_features("input", target.shape[-1]),)
    return ()


def classes(given: Given) -> Types:
    """input is a score for each class, (batch, classes, …); target an index, (batch, …), or a share of each class."""
    _need_scores(given)
    x, target = given.type("input"), given.type("target")
    if target.dtype == "float":
        return _need_shares(x, target, given)
    _need_index(x, target)
    _need_class_weights(x, given)
    return {"loss": SCALAR}


def class_index(given: Given) -> Types:
    """As `classes`, but target can only be an index."""
    _need_scores(given)
    x, target = given.type("input"), given.type("target")
    if target.dtype == "float":
        raise Mismatch(
            "target must be class indices (whole numbers), not real numbers. " + ENCODE.format('"index"'),
            port="target",
            expected="int",
            received="float",
        )
    _need_index(x, target)
    _need_class_weights(x, given)
    return {"loss": SCALAR}


def _need_scores(given: Given) -> None:
    need_float(given, "input")
    x = given.type("input")
    if x.rank < 2:
        raise Mismatch(
            "prediction must be (batch, classes); it has no classes.",
            port="input",
            expected="(batch, classes)",
            received=str(x),
            fixes=(insert("input", "unsqueeze", "Insert a dimension for the classes", dim=1),),
        )
    if x.shape[1] == 1 and x.rank == 2:
        raise Mismatch(
            "prediction has a score for one class only: nothing to choose from. Use BCE with logits for two classes.",
            port="input",
            expected="two classes or more",
            received="1",
        )


def _need_index(x: TensorType, target: TensorType) -> None:
    """The target has the shape of the input without its classes."""
    expected = (x.shape[0], *x.shape[2:])
    if target.shape == expected:
        return
    fixes: tuple[Fix, ...] = ()
    if x.rank > 2 and target.rank == 1:
        flatten = insert("input", "flatten", "Insert a Flatten at prediction")
        average = insert("input", "global_avg_pool", "Insert a global average at prediction")
        fixes = (flatten, average)
    elif x.rank == 3 and target.shape == x.shape[:2]:
        fixes = (insert("input", "permute", "Move the classes of prediction to dimension 1", dims=(0, 2, 1)),)
    elif target.shape == (*expected, 1):
        fixes = (insert("target", "squeeze", "Drop the last dimension of target", dim=-1),)
    raise Mismatch(
        f"prediction has its {x.shape[1]} classes in dimension 1, so target must be {text(expected)} int, "
        f"not {target}.",
        port="input" if x.rank > 2 else "target",
        expected=f"{text(expected)} int",
        received=str(target),
        fixes=fixes,
    )


def _need_shares(x: TensorType, target: TensorType, given: Given) -> Types:
    if x.shape != target.shape:
        last = target.shape[-1]
        same_lead = x.rank == target.rank == 2 and isinstance(last, int) and last > 1
        hint = " " + ENCODE.format('"index"') if last == 1 else ""
        raise Mismatch(
            f"a target of real numbers is a share for each class: it must be {x} like prediction, not {target}.{hint}",
            port="input",
            expected=str(target),
            received=str(x),
            fixes=(to_features("input", last),)
            if same_lead and isinstance(last, int)
            else _to_shape(x, target)[: x.rank > 2],
        )
    if given["ignore_index"] >= 0:
        raise Mismatch(
            "target must be class indices where one of them is to be ignored; it has a share for each class.",
            port="target",
            expected="int",
            received=str(target),
            fixes=(set_param("ignore_index", -100),),
        )
    _need_class_weights(x, given)
    return {"loss": SCALAR}


def _need_class_weights(x: TensorType, given: Given) -> None:
    weights = given.params.get("class_weights")
    if weights is not None and len(weights) != x.shape[1]:
        raise Mismatch(
            f"class weights has {len(weights)} numbers, but prediction has {x.shape[1]} classes.",
            port="input",
            expected=f"{x.shape[1]} numbers",
            received=str(len(weights)),
        )


def binary(given: Given) -> Types:
    """As `same_shape`; the optional weight of positives is one number, or one for each of the last dimension."""
    types = same_shape(given)
    weights, x = given["pos_weight"], given.type("input")
    if weights is not None and (len(weights) != 1 and (x.rank < 2 or len(weights) != x.shape[-1])):
        raise Mismatch(
            f"pos weight has {len(weights)} numbers; expected one, or one for each of the {x.shape[-1]} predictions.",
            port="input",
            expected=f"1 or {x.shape[-1]} numbers",
            received=str(len(weights)),
        )
    return types
