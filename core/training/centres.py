"""Weights that start from the training data: centres at examples, or where examples cluster (see `data_start`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from core.analysis.observe import Scope
from core.catalog.families import default_catalog
from core.data.batches import Batches
from core.data.dataset import Array
from core.data.prepare import Prepared
from core.problem import Fix, LayerloomError
from core.program.calls import label
from core.program.program import Placed, Program

EXAMPLES = 5_000  # more than these are thinned evenly
TRIES = 4  # runs of K-means, of which the best counts


def place_centres(net: nn.Module, program: Program, prepared: Prepared, seed: int) -> None:
    """Put the centres of every layer that asks for it among what arrives there, with the weights as they are now.

    The same data and seed give the same centres. Layers in a row start one after another, so each sees what the ones
    before it have become. Copies of a repeated block start alike.

    Raises:
        LayerloomError: fewer different examples arrive than there are centres.
    """
    for placed in program.placed():
        how, name = _wish(placed)
        if how in STARTS and not placed.shared:
            rows = _arriving(net, program, prepared, placed)
            tensors = [getattr(net.get_submodule(module), name) for module in placed.modules]
            centres = STARTS[how](_enough(rows, len(tensors[0]), placed), len(tensors[0]), seed)
            with torch.no_grad():
                for tensor in tensors:
                    tensor.copy_(torch.from_numpy(centres))


def _wish(placed: Placed) -> tuple[str, str]:
    """How the node's weights start, and which tensor; empty where it asks for nothing."""
    spec = default_catalog().get(placed.step.layer)
    if spec is None or spec.data_start is None:
        return "", ""
    param, name = spec.data_start
    return str(placed.step.params[param]), name


def centres_among(program: Program, value: str) -> Iterator[tuple[str, str]]:
    """The centres that lie in the space of an input of the program: the module that holds them, and the tensor."""
    specs = default_catalog()
    for step in program.steps:
        spec = specs.get(step.layer)
        if spec is not None and spec.data_start is not None and next(iter(step.inputs.values()), "") == value:
            yield step.module, spec.data_start[1]


def _arriving(net: nn.Module, program: Program, prepared: Prepared, placed: Placed) -> Array:
    """What arrives at a node from the training examples, a row for each vector."""
    place, _, own = placed.node.rpartition("/")
    arrays = prepared.splits["train"]
    count = len(next(iter(arrays.values())))
    chosen = np.unique(np.linspace(0, count - 1, min(count, EXAMPLES)).round().astype(np.int64))
    weights = {name: tensor.detach().cpu() for name, tensor in net.state_dict().items()}
    picked = {name: array[chosen] for name, array in arrays.items()}
    found = []
    with torch.random.fork_rng(devices=[]):  # looking must not change what is drawn afterwards
        for batch in Batches(picked, 256, shuffle=False, scalings=prepared.scalings).epoch(0):
            scope = Scope.main(program, weights, batch).at(place)
            step = scope.step(own)
            assert step is not None
            arrives = next(iter(scope.arrives(step).values()))
            found.append(_rows(arrives))
    return np.concatenate(found)


def _rows(arrives: Tensor) -> Array:
    rows: Array = arrives.detach().float().flatten(0, -2).numpy()
    return rows


def _enough(rows: Array, count: int, placed: Placed) -> Array:
    """The rows that are numbers. Raises LayerloomError where fewer of them differ than there are centres."""
    rows = rows[np.isfinite(rows).all(1)]
    different = np.unique(rows, axis=0)
    if len(different) < count:
        fewer = Fix(f"Have {len(different)} centres", "set_param", {"name": "out_features", "value": len(different)})
        raise LayerloomError(
            f"{label(placed.step)}: its {count} centres start from training examples, but only {len(different)} "
            "different ones arrive. Ask for fewer centres, or let them start at random.",
            code="centres",
            node=placed.node,
            expected=f"{count} or more",
            received=str(len(different)),
            fixes=(fewer,) if len(different) else (),
        )
    return rows


def _examples(rows: Array, count: int, seed: int) -> Array:
    different = np.unique(rows, axis=0)
    return different[np.random.default_rng(seed).choice(len(different), count, replace=False)]


def _clusters(rows: Array, count: int, seed: int) -> Array:
    from sklearn.cluster import KMeans

    found: Array = KMeans(count, n_init=TRIES, random_state=seed).fit(rows).cluster_centers_.astype(np.float32)
    return found


STARTS: Mapping[str, Callable[[Array, int, int], Array]] = {"data": _examples, "kmeans": _clusters}
