"""Mixup, CutMix and the answers mixed with them: by hand, in training alone, and measured as if nothing were mixed."""

from __future__ import annotations

import pytest
import torch
from sklearn.metrics import accuracy_score
from torch import Tensor, nn

from core.catalog.families import default_catalog
from core.modules.augmentation import ColourJitter, RandomSpan, hue_matrix
from core.modules.mixing import CutMix, MixTargets, Mixup
from core.program.program import Program
from core.program.settled import settled
from core.spec.layer import Given, Mismatch
from core.spec.shape import BATCH, TensorType
from core.training.loop import train
from core.training.protocol import Finished
from exporters.baking import answered
from tests import drawn, trainings

ONE_HOT = torch.eye(4)[torch.arange(8) % 4]


def pictures(count: int = 8) -> Tensor:
    torch.manual_seed(0)
    return torch.rand(count, 3, 12, 10)


@pytest.mark.parametrize("layer", [Mixup(), CutMix()])
def test_nothing_is_mixed_in_evaluation(layer: nn.Module) -> None:
    x = pictures()
    mixed, share = layer.eval()(x)
    assert mixed is x
    assert torch.equal(MixTargets().eval()(ONE_HOT, share), ONE_HOT)


@pytest.mark.parametrize("layer", [Mixup(0.0), CutMix(0.0)])
def test_at_no_strength_nothing_is_mixed(layer: nn.Module) -> None:
    x = pictures()
    mixed, share = layer.train()(x)
    assert mixed is x
    assert torch.equal(share, torch.ones(8))


def test_mixup_is_a_weighted_mean_of_two_examples() -> None:
    x = pictures()
    torch.manual_seed(3)
    mixed, share = Mixup(1.0).train()(x)
    torch.manual_seed(3)
    drawn = torch.distributions.Beta(1.0, 1.0).sample((8,))
    torch.testing.assert_close(share, torch.maximum(drawn, 1 - drawn))
    for i in range(8):
        wanted = share[i] * x[i] + (1 - share[i]) * x[7 - i]
        torch.testing.assert_close(mixed[i], wanted)
    answers = MixTargets()(ONE_HOT, share)
    torch.testing.assert_close(answers.sum(1), torch.ones(8))
    torch.testing.assert_close(answers[2], share[2] * ONE_HOT[2] + (1 - share[2]) * ONE_HOT[5])


def test_a_loss_of_mixed_answers_is_the_mixture_of_losses() -> None:
    """Equation 1 of the paper: cross entropy is linear in the answer."""
    torch.manual_seed(1)
    scores, share = torch.randn(8, 4), torch.rand(8)
    indices = ONE_HOT.argmax(1)
    mixed = nn.functional.cross_entropy(scores, MixTargets()(ONE_HOT, share), reduction="none")
    own, other = (nn.functional.cross_entropy(scores, t, reduction="none") for t in (indices, indices.flip(0)))
    torch.testing.assert_close(mixed, share * own + (1 - share) * other)


def test_cutmix_pastes_one_rectangle_and_tells_what_is_left() -> None:
    x = pictures(400)
    torch.manual_seed(4)
    mixed, share = CutMix().train()(x)
    pasted = (mixed != x).any(1)
    assert torch.equal(torch.where(pasted[:, None], x.flip(0), x), mixed)
    torch.testing.assert_close(share, 1 - pasted.flatten(1).float().mean(1))
    assert share.min() >= 0.4  # at most half, as far as whole pixels allow
    assert 0 < pasted.float().mean() < 0.5
    for place in pasted:
        rows, columns = place.any(1), place.any(0)
        assert torch.equal(place, rows[:, None] & columns)
        for line in (rows, columns):
            assert (line.int().diff() != 0).sum() <= 2


def test_hue_turns_round_grey_and_keeps_its_brightness() -> None:
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)
    turn = hue_matrix(torch.tensor([0.7, 0.0, 2 * torch.pi], dtype=torch.float64))
    torch.testing.assert_close(turn @ torch.ones(3, 1, dtype=torch.float64), torch.ones(3, 3, 1, dtype=torch.float64))
    torch.testing.assert_close(weights @ turn, weights.expand(3, 3))
    identity = torch.eye(3, dtype=torch.float64)
    torch.testing.assert_close(turn[1:], torch.stack([identity, identity]), rtol=0, atol=1e-9)
    twice = hue_matrix(torch.tensor([0.35], dtype=torch.float64))[0]
    torch.testing.assert_close(twice @ twice, turn[0])
    x = pictures()
    changed = ColourJitter(0.0, 0.0, 0.0, 90.0).train()(x)
    assert not torch.allclose(changed, x)
    torch.testing.assert_close(torch.einsum("c,nchw->nhw", weights.float(), changed - x), torch.zeros(8, 12, 10))


def test_a_span_is_one_stretch_of_every_channel() -> None:
    x = torch.ones(300, 2, 40)
    torch.manual_seed(0)
    gone = RandomSpan(1.0, 0.25).train()(x) == 0
    assert torch.equal(gone[:, 0], gone[:, 1])
    assert gone.sum(-1).max() <= 10
    assert (gone[:, 0].int().diff(dim=-1) != 0).sum(-1).max() <= 2
    assert torch.equal(RandomSpan(0.0).train()(x), x)
    assert RandomSpan(1.0, 0.0).train()(x[0]).sum() == x[0].sum()


def test_class_indices_cannot_be_mixed() -> None:
    rule = default_catalog()["mix_targets"].shape
    share = TensorType((BATCH,))
    with pytest.raises(Mismatch, match=r"between class indices lies nothing. Let it be one-hot"):
        rule(Given({"target": TensorType((BATCH,), "int"), "share": share}, {}))
    with pytest.raises(Mismatch, match="one number for each example, as Mixup gives it"):
        rule(Given({"target": TensorType((BATCH, 3)), "share": TensorType((BATCH, 3))}, {}))


def mixing() -> Program:
    d = drawn.Drawing("Mixed", "Mixed")
    x, target = d.input("features", 2), d.target("target", 2)
    mixed, share = d.layer("mixup", "mixup", x, params={"alpha": 0.4})
    x = d.layer("tanh", "tanh", d.layer("linear", "hidden", mixed, params={"out_features": 16}))
    logits = d.layer("linear", "logits", x, params={"out_features": 2})
    d.output(logits)
    answers = d.layer("mix_targets", "answers", target, share)
    d.loss(d.layer("cross_entropy", "loss", logits, answers))
    made = d.program()
    return trainings.replace(made, targets=(trainings.replace(made.targets[0], encoding="one_hot"),))


def test_a_mixed_network_trains_and_is_measured_on_what_is_true() -> None:
    program = mixing()
    assert settled(program, program.steps[-1].inputs["target"]) == "target"
    assert answered(program)["logits"].name == "target"
    run = trainings.run(
        program, trainings.job(epochs=30, objectives=[{"optimizer": {"kind": "adam", "params": {"lr": 0.02}}}])
    )
    [finished] = [event for event in train(run) if isinstance(event, Finished)]
    validation = run.prepared.splits["validation"]
    run.net.eval()
    with torch.no_grad():
        guess = run.net(torch.from_numpy(validation["features"])).argmax(1)
    truth = validation["target"].argmax(1)
    assert finished.metrics["validation"]["accuracy"] == pytest.approx(accuracy_score(truth, guess))
    assert finished.metrics["validation"]["accuracy"] > 0.8
