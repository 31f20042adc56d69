"""Every layer of the catalogue: what its generated source computes is what the module itself computes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn

from core.program.module import build
from core.program.source import source
from core.spec.layer import LayerSpec
from tests.contract import direct
from tests.contract.cases import COMPUTED, Case, cases
from tests.contract.programs import program

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
every_layer = pytest.mark.parametrize("spec", COMPUTED, ids=lambda spec: spec.id)


@every_layer
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_source_computes_what_the_module_does(spec: LayerSpec, training: bool) -> None:
    for case in cases(spec):
        plain, inputs = direct.module(case), direct.tensors(case, 3)
        built = _with_weights(case, plain)
        for module in filter(None, (plain, built)):
            module.train(training)
        torch.manual_seed(1)
        expected = direct.run(case, plain, inputs)
        torch.manual_seed(1)
        met = _outputs(case, built(*inputs.values()))
        for port, value in expected.items():
            assert torch.equal(met[port], value), f"{case}: {port}"


@pytest.mark.parametrize("spec", [s for s in COMPUTED if len(s.outputs) > 1], ids=lambda spec: spec.id)
def test_an_output_that_is_read_alone_is_the_same(spec: LayerSpec) -> None:
    """Code may take a shorter way where an output is not read."""
    for case in cases(spec):
        plain, inputs = direct.module(case), direct.tensors(case, 3)
        if plain is not None:
            plain.eval()
        expected = direct.run(case, plain, inputs)
        for port, value in expected.items():
            alone = _with_weights(case, plain, port).eval()(*inputs.values())
            assert torch.allclose(alone, value, rtol=1e-4, atol=1e-6), f"{case}: {port}"


def _with_weights(case: Case, plain: nn.Module | None, *only: str) -> nn.Module:
    """The built module with the plain one's weights; their names must be the same."""
    built = build(program(case, *only))
    if plain is not None:
        built.load_state_dict({f"layer.{name}": value for name, value in plain.state_dict().items()})
    return built


def _outputs(case: Case, result: Tensor | tuple[Tensor, ...]) -> Mapping[str, Tensor]:
    return dict(zip(case.result(), result if isinstance(result, tuple) else (result,), strict=True))


TEXTS = {
    "linear": "self.layer = nn.Linear(12, 64)",
    "conv2d": "self.layer = nn.Conv2d(12, 32, kernel_size=3, padding=1)",
    "conv_transpose2d": "self.layer = nn.ConvTranspose2d(12, 32, kernel_size=2, stride=2)",
    "max_pool2d": "self.layer = nn.MaxPool2d(2)",
    "batch_norm2d": "self.layer = nn.BatchNorm2d(12)",
    "layer_norm": "self.layer = nn.LayerNorm(12)",
    "group_norm": "self.layer = nn.GroupNorm(4, 12)",
    "dropout": "self.layer = nn.Dropout(0.5)",
    "relu": "self.layer = nn.ReLU()",
    "prelu": "self.layer = nn.PReLU()",
    "softmax": "self.layer = nn.Softmax(dim=-1)",
    "lstm": "self.layer = LSTM(9, 64)",
    "multihead_attention": "self.layer = nn.MultiheadAttention(12, 4, batch_first=True)",
    "self_attention": "self.layer = SelfAttention(16, 4)",
    "luong_attention": "self.layer = LuongAttention(12, 12)",
    "focal_loss": "self.layer = FocalLoss()",
    "positional_encoding": "self.layer = PositionalEncoding(9)",
    "add": "x = a_in + b_in",
    "concatenate": "x = torch.cat([xs_0_in], dim=1)",
    "flatten": "x = x_in.flatten(1)",
    "global_avg_pool": "x = x_in.mean(dim=2)",
    "cross_entropy": "x = F.cross_entropy(input_in, target_in)",
}
SET = {"group_norm": {"num_groups": 4}}


@pytest.mark.parametrize("spec", [s for s in COMPUTED if s.id in TEXTS], ids=lambda spec: spec.id)
def test_source_reads_as_written_by_hand(spec: LayerSpec) -> None:
    wanted = spec.values(SET.get(spec.id, {}))
    case = next(c for c in cases(spec) if c.given.params == wanted)
    text = source(program(case)).text
    expected = TEXTS[spec.id]
    assert any(
        expected == line.strip() or f"return {expected.partition(' = ')[2]}" == line.strip()
        for line in text.splitlines()
    ), text
