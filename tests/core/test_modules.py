"""Our own modules do what their docstrings say."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from core.modules.positional import ClassToken, PositionalEncoding
from core.modules.recurrent import GRU, LSTM, RNN


@pytest.mark.parametrize("features", [8, 7, 1])
def test_fixed_positions_are_sines_and_cosines(features: int) -> None:
    encoding = PositionalEncoding(features, max_length=20)
    added = encoding(torch.zeros(2, 11, features))
    for t in (0, 3, 10):
        for i in range(features):
            angle = t / 10000 ** (i // 2 * 2 / features)
            expected = math.cos(angle) if i % 2 else math.sin(angle)
            assert float(added[1, t, i]) == pytest.approx(expected, abs=1e-5)
    assert not list(encoding.parameters())
    assert not encoding.state_dict()


def test_learned_positions_train_and_start_small() -> None:
    torch.manual_seed(0)
    encoding = PositionalEncoding(16, max_length=30, learned=True)
    x = torch.zeros(2, 5, 16)
    assert torch.equal(encoding(x)[0], encoding.table[:5])
    encoding(x).sum().backward()
    assert float(encoding.table.detach().std()) == pytest.approx(0.02, rel=0.15)
    assert encoding.table.grad is not None
    assert float(encoding.table.grad[:5].min()) == 2.0
    assert float(encoding.table.grad[5:].abs().max()) == 0.0


def test_the_class_token_stands_in_front_of_every_sequence() -> None:
    token = ClassToken(4)
    nn.init.constant_(token.token, 7.0)
    x = torch.rand(3, 5, 4)
    y = token(x)
    assert torch.equal(y[:, 1:], x)
    assert torch.equal(y[:, 0], torch.full((3, 4), 7.0))


PAIRS = [(RNN, nn.RNN), (LSTM, nn.LSTM), (GRU, nn.GRU)]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=["rnn", "lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both"])
def test_recurrence_is_torchs_and_last_is_the_final_state(
    ours: type[nn.Module], theirs: type[nn.Module], bidirectional: bool
) -> None:
    torch.manual_seed(0)
    layer = ours(6, 5, num_layers=2, bidirectional=bidirectional)
    plain = theirs(6, 5, num_layers=2, bidirectional=bidirectional, batch_first=True)
    plain.load_state_dict(layer.state_dict())
    x = torch.rand(3, 4, 6)
    sequence, last = layer(x)
    assert torch.equal(sequence, plain(x)[0])
    assert torch.equal(last[:, :5], sequence[:, -1, :5])
    if bidirectional:  # the backward direction ends at the first step
        assert torch.equal(last[:, 5:], sequence[:, 0, 5:])
