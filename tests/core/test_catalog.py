"""The catalogue as a whole: every declaration is complete, and can be found."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.catalog import Catalog
from core.catalog.families import FAMILIES, default_catalog
from core.catalog.initialisers import INITIALISERS
from core.spec.layer import LayerSpec, Role

SPECS = list(default_catalog())
every_layer = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)

FOUNDATION = [
    "input", "target", "output", "linear", "bilinear", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
    "conv_transpose2d", "max_pool1d", "max_pool2d", "avg_pool1d", "avg_pool2d", "adaptive_avg_pool1d",
    "adaptive_avg_pool2d", "adaptive_max_pool1d", "adaptive_max_pool2d", "global_avg_pool", "batch_norm1d",
    "batch_norm2d", "layer_norm", "group_norm", "instance_norm2d", "rms_norm", "sigmoid", "tanh", "relu",
    "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus", "prelu", "hardswish", "softmax", "log_softmax",
    "dropout", "dropout2d", "alpha_dropout", "flatten", "unflatten", "reshape", "permute", "upsample",
    "pixel_shuffle", "pad", "slice", "add", "subtract", "multiply", "concatenate", "matmul", "mean", "sum", "scale",
    "embedding", "rnn", "lstm", "gru", "multihead_attention", "scaled_dot_product_attention",
    "transformer_encoder_layer", "positional_encoding", "mse_loss", "l1_loss", "huber_loss", "bce_with_logits",
    "cross_entropy", "nll_loss", "kl_div",
]  # fmt: skip


def test_the_foundation_is_there() -> None:
    assert set(FOUNDATION) <= {spec.id for spec in SPECS}


def test_no_two_layers_share_an_id_or_a_label() -> None:
    names = [name for spec in SPECS for name in (spec.id, *spec.replaces)]
    assert len(names) == len(set(names))
    labels = [spec.label for spec in SPECS]
    assert len(labels) == len(set(labels))


def test_a_former_id_finds_the_layer() -> None:
    assert default_catalog()["mse"].id == "mse_loss"
    with pytest.raises(KeyError):
        default_catalog()["no_such_layer"]
    with pytest.raises(ValueError, match="Two layers are called relu"):
        Catalog([default_catalog()["relu"]] * 2)


def test_every_family_has_its_category() -> None:
    assert list(default_catalog().categories) == [family.CATEGORY for family in FAMILIES]


@every_layer
def test_the_declaration_is_complete(spec: LayerSpec) -> None:
    assert spec.id.isidentifier()
    assert spec.id == spec.id.lower()
    assert spec.doc.endswith(".")
    assert len(spec.doc) < 120
    assert spec.category
    if spec.role in (Role.LAYER, Role.LOSS):
        assert spec.torch is not None
        assert spec.formula
        assert spec.when.endswith(".")
        assert spec.source
        assert spec.keywords
    assert not spec.onnx_note or spec.onnx_note.endswith(".")


@every_layer
def test_every_field_and_port_is_explained(spec: LayerSpec) -> None:
    for param in spec.params:
        assert param.doc.endswith("."), param.name
        assert param.doc[0].isupper() or not param.doc[0].isalpha(), param.name
        assert param.when is None or param.when[0] in spec.param, param.name
    assert len(spec.input) == len(spec.inputs)
    assert len(spec.output) == len(spec.outputs)
    assert len(spec.param) == len(spec.params)
    beside = {port.id for port in spec.inputs if port.field == port.id}
    assert set(spec.param) & set(spec.input) == beside, "a template could not tell a field from a port"
    for port in spec.inputs:
        assert not port.same_as or port.same_as in spec.input
        assert not port.field or (port.optional and port.field in spec.param)


@every_layer
def test_defaults_pass_the_layers_own_check(spec: LayerSpec) -> None:
    assert spec.values({}) == spec.defaults
    assert spec.values(spec.defaults) == spec.defaults
    with pytest.raises(ValueError, match=f"{spec.label} has no parameter nonsense"):
        spec.values({"nonsense": 1})


def test_initialisers_have_formulas_and_sources_where_they_draw() -> None:
    for spec in INITIALISERS.values():
        assert spec.doc.endswith(".")
        assert spec.torch.startswith("torch.nn.init.") or spec.id == "default"
        assert spec.formula or spec.id in ("default", "zeros", "ones")


def test_the_catalogue_loads_no_torch() -> None:
    code = "import sys, core.catalog.families, core.catalog.initialisers; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
