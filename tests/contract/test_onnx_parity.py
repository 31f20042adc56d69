"""Every layer of the catalogue: ONNX Runtime computes from the exported file what PyTorch computes, for any batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from core.problem import LayerloomError
from core.program.module import build
from core.spec.layer import LayerSpec, Role
from core.spec.rules import each
from exporters.onnx import export_onnx
from tests.contract import direct
from tests.contract.cases import COMPUTED, Case, cases
from tests.contract.programs import program

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")

TOLERANCE = 1e-5  # of the largest value
QUICK = {"conv2d", "multihead_attention", "scaled_dot_product_attention"}
EXPORTED = [spec for spec in COMPUTED if spec.role == Role.LAYER]


def _uneven(case: Case) -> bool:
    """Whether adaptive pooling has windows of different sizes here."""
    out = case.result()["y"].shape[2:]
    return any(size % o for size, o in zip(case.given.type().shape[2:], out, strict=True) if isinstance(size, int))


def _overhangs(case: Case) -> bool:
    """Whether a transposed convolution is given more output padding than its stride covers."""
    pairs = (case.given["output_padding"], case.given["stride"])
    extra, stride = (value if isinstance(value, tuple) else (value,) * 3 for value in pairs)
    return any(e >= s for e, s in zip(extra, stride, strict=False))


def _starts_outside(case: Case) -> bool:
    """Whether rounding up alone would give a pooling layer a window beyond the edge, which torch leaves out."""
    if not case.given["ceil_mode"]:
        return False
    sizes = case.given.type().shape[2:]
    names = ("kernel_size", "padding", "dilation")
    kernel, padding, dilation = (each(case.given.params.get(name, 1), len(sizes)) for name in names)
    stride = each(case.given["stride"] or case.given["kernel_size"], len(sizes))
    settings = zip(sizes, kernel, stride, padding, dilation, strict=True)
    counts = [-(-(size + (2 * p - d * (k - 1) - 1)) // s) + 1 for size, k, s, p, d in settings if isinstance(size, int)]
    return tuple(counts) != case.result()["y"].shape[2:]


KNOWN: Mapping[str, Callable[[Case], bool]] = {
    "adaptive_max_pool1d": _uneven,
    "adaptive_max_pool2d": _uneven,
    **{f"{what}_pool{n}d": _starts_outside for what in ("max", "avg") for n in (1, 2, 3)},
    "conv_transpose1d": _overhangs,
    "conv_transpose2d": _overhangs,
    "conv_transpose3d": _overhangs,
}


def test_every_known_failure_is_told_in_the_declaration() -> None:
    assert {spec.id for spec in EXPORTED if spec.onnx_note} == set(KNOWN)


def _rows(slow: bool) -> list[object]:
    specs = [spec for spec in EXPORTED if (spec.id not in QUICK) == slow]
    return [pytest.param(spec, id=spec.id) for spec in specs]


@pytest.mark.parametrize("spec", _rows(slow=False))
def test_onnx_computes_the_same(spec: LayerSpec, tmp_path: Path) -> None:
    _compare(cases(spec)[0], tmp_path / "layer.onnx")


@pytest.mark.slow
@pytest.mark.parametrize("spec", _rows(slow=True))
def test_onnx_computes_the_same_for_every_layer(spec: LayerSpec, tmp_path: Path) -> None:
    good = [case for case in cases(spec) if not KNOWN.get(spec.id, lambda case: False)(case)]
    for case in (good[0], good[len(good) // 2], good[-1]):
        _compare(case, tmp_path / "layer.onnx")


@pytest.mark.slow
@pytest.mark.parametrize("spec", [s for s in EXPORTED if s.id.startswith("adaptive_max")], ids=lambda spec: spec.id)
def test_what_onnx_cannot_do_is_told(spec: LayerSpec, tmp_path: Path) -> None:
    case = next(case for case in cases(spec) if _uneven(case))
    with pytest.raises(LayerloomError, match="cannot be exported as ONNX") as caught:
        export_onnx(program(case), None, tmp_path / "layer.onnx")
    assert caught.value.problem.node == "n1"


def _compare(case: Case, path: Path) -> None:
    torch.manual_seed(0)
    module = build(program(case)).eval()
    export_onnx(program(case), module.state_dict(), path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for batch in (1, 2, 5):
        _compare_batch(case, module, session, batch)


def _compare_batch(case: Case, module: nn.Module, session: onnxruntime.InferenceSession, batch: int) -> None:
    inputs = direct.tensors(case, batch, seed=batch)
    with torch.no_grad():
        result = module(*inputs.values())
    expected = result if isinstance(result, tuple) else (result,)
    feed = {port.name: value.numpy() for port, value in zip(session.get_inputs(), inputs.values(), strict=True)}
    for met, wanted in zip(session.run(None, feed), (value.numpy() for value in expected), strict=True):
        assert met.shape == wanted.shape, f"{case}, batch {batch}"
        if wanted.dtype == bool:
            assert np.array_equal(met, wanted), f"{case}, batch {batch}"
            continue
        scale = float(np.abs(wanted).max()) or 1.0
        assert float(np.abs(met - wanted).max()) <= TOLERANCE * scale, f"{case}, batch {batch}"
