"""What attention looks at in the examples: where it should, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core.catalog.families import default_catalog
from core.catalog.sequences import DATE_SYMBOLS
from core.program.module import build, seed_everything
from core.training.loop import train
from graph.commands import SetJob
from graph.lower import lower
from graph.templates import TEMPLATES
from tests.trainings import run


def looked(net: nn.Module, *given: Tensor) -> Tensor:
    """The weights of the node called look: (batch, written steps, read steps)."""
    caught: list[Any] = []
    handle = net.get_submodule("look").register_forward_hook(lambda _module, _given, made: caught.append(made))
    with torch.no_grad():
        net.eval()(*given)
    handle.remove()
    weights: Tensor = caught[0][1]
    return weights


def test_nobody_looks_at_filling() -> None:
    """Spaces have no weight, and what is left sums to one; the spaces themselves then make no difference."""
    seed_everything(3)
    net = build(lower(TEMPLATES["dates_bahdanau"].build(default_catalog())))
    asked = torch.randint(1, len(DATE_SYMBOLS), (4, 18))
    asked[:, 12:] = 0
    weights = looked(net, asked, torch.randint(0, 11, (4, 10)))
    assert torch.equal(weights[:, :, 12:], torch.zeros(4, 10, 6))
    torch.testing.assert_close(weights.sum(-1), torch.ones(4, 10))


def test_blocks_with_a_window_see_no_further() -> None:
    """A changed character reaches 8 + 24 steps through the first two blocks, all later ones in the end, none before."""
    seed_everything(3)
    net = build(lower(TEMPLATES["char_llama"].build(default_catalog()))).eval()
    text = torch.randint(0, 96, (1, 64))
    other = text.clone()
    other[0, 10] = (other[0, 10] + 1) % 96
    seen: list[Tensor] = []
    handle = net.get_submodule("wider").register_forward_hook(lambda _module, _given, made: seen.append(made))
    with torch.no_grad():
        changed = (net(text) != net(other)).any(1)[0]
    handle.remove()
    reached = (seen[0] != seen[1]).any(-1)[0].nonzero().flatten()
    assert reached[[0, -1]].tolist() == [10, 10 + 8 + 24]
    assert changed.tolist() == [step >= 10 for step in range(64)]


@pytest.mark.slow
def test_copying_looks_at_the_letter_that_is_written() -> None:
    document = TEMPLATES["copy_luong"].build(default_catalog())
    SetJob("threads", 1).apply(document)
    made = run(lower(document), document.job)
    for _ in train(made):
        pass
    words = torch.randint(0, 26, (200, 30))
    given = torch.cat([torch.full((200, 1), 26), words[:, :-1]], 1)
    weights = looked(made.net, words, given)
    steps = torch.arange(30)
    far = (steps[:, None] - steps).abs() > 2
    assert weights[:, far].max() == 0, "outside the window nothing is looked at"
    assert (weights.argmax(-1) == steps).float().mean() > 0.9
