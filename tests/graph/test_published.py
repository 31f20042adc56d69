"""The networks that were published are drawn to the last parameter, and to the published work."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from core.catalog.families import default_catalog
from core.program.module import build
from core.program.source import source
from core.spec.shape import evaluate
from graph.infer import Inference
from graph.lower import lower
from graph.templates import TEMPLATES

# template -> parameters, and 10^9 multiply-accumulates of one picture as its authors or torchvision give them
PUBLISHED = {
    "resnet18": (11_689_512, 1.81),
    "resnet50": (25_557_032, 4.09),
    "resnet152": (60_192_808, 11.51),
    "se_resnet50": (28_088_024, 4.09),
    "vgg16": (138_357_544, 15.47),
    "googlenet": (6_998_552, 1.58),
    "mobilenet": (4_231_976, 0.57),
}


@pytest.mark.parametrize(("id", "parameters", "work"), [(id, *told) for id, told in PUBLISHED.items()])
def test_parameters_and_work_are_the_published_ones(id: str, parameters: int, work: float) -> None:
    total = Inference(TEMPLATES[id].build(default_catalog())).scope().total
    assert total.parameters == parameters
    macs = evaluate(total.macs, {"B": 1})
    assert isinstance(macs, int)
    assert round(macs / 1e9, 2) == work
    assert f"{parameters:,}" in TEMPLATES[id].doc


@pytest.mark.parametrize("id", PUBLISHED)
def test_the_source_says_each_block_once(id: str) -> None:
    text = source(lower(TEMPLATES[id].build(default_catalog()))).text
    assert text.count("\n") < 450, "repeated blocks must not be written out"


def test_resnet18_is_built_as_it_was_counted() -> None:
    """The module's own weights agree with the costs that the drawing shows, and a picture passes through it."""
    module = build(lower(TEMPLATES["resnet18"].build(default_catalog())))
    assert sum(p.numel() for p in module.parameters()) == PUBLISHED["resnet18"][0]
    assert module.get_parameter("stage_1.1.conv_norm1.conv.weight").shape == (64, 64, 3, 3)
    with torch.no_grad():
        assert module.eval()(torch.zeros(1, 3, 224, 224)).shape == (1, 1000)


def test_the_unet_of_2015_has_the_channels_and_tiles_of_its_figure() -> None:
    """Figure 1 of the paper, summed by hand: convolutions of 3 x 3, 2 x 2 on the way up and one of 1 x 1."""
    widths = (64, 128, 256, 512, 1024)
    down = sum(9 * a * b + b + 9 * b * b + b for a, b in zip((1, *widths), widths, strict=False))
    up = sum(4 * b * a + a + 9 * 2 * a * a + a + 9 * a * a + a for a, b in pairwise(widths))
    document = TEMPLATES["unet_2015"].build(default_catalog())
    inference = Inference(document)
    total = inference.scope().total
    assert total.parameters == down + up + 64 * 2 + 2 == 31_030_658
    assert f"{total.parameters:,}" in TEMPLATES["unet_2015"].doc
    names = {node.id: node.name for node in document.graph().nodes}
    shapes = {names[node]: type.shape[1:] for (node, _), type in inference.scope().types.items()}
    fine = {"down 1": (64, 568), "down 2": (128, 280), "down 3": (256, 136), "down 4": (512, 64), "bottom": (1024, 28)}
    coarse = {"up 4": (512, 52), "up 3": (256, 100), "up 2": (128, 196), "up 1": (64, 388), "scores": (2, 388)}
    assert {name: shape for name, shape in shapes.items() if name in fine | coarse} == {
        name: (channels, side, side) for name, (channels, side) in (fine | coarse).items()
    }
