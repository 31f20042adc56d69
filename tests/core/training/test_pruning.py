"""Pruning: the choice of PyTorch's own, exactly as many as asked for, and zeros that stay zeros while it trains on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.utils import prune

from core.problem import LayerloomError
from core.training.branching import branch
from core.training.loop import train
from core.training.parcel import pack, unpack
from core.training.pruning import masks_of, prunable, prune_branch, sparsity
from core.training.runs import RunFolder
from core.training.start import start
from tests import trainings
from tests.analysed import fresh

SHARE = 0.6
KINDS: dict[str, Any] = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    job = trainings.job(epochs=2, objectives=[trainings.objective(clip_norm=0.5)])
    return fresh(tmp_path_factory.mktemp("moons") / "run", trainings.moons(dropout=False), job)


@pytest.mark.parametrize("scope", ["global", "layer"])
@pytest.mark.parametrize("share", [0.1, 0.37, 0.9])
def test_the_choice_is_that_of_pytorch(scope: str, share: float) -> None:
    torch.manual_seed(0)
    net: Any = nn.Sequential(nn.Linear(7, 11), nn.ReLU(), nn.Linear(11, 3))
    weights = {name: p.detach().clone() for name, p in net.named_parameters() if p.ndim > 1}
    masks = masks_of(weights, share, scope)
    if scope == "global":
        prune.global_unstructured([(net[0], "weight"), (net[2], "weight")], prune.L1Unstructured, amount=share)
        count = round(share * (77 + 33))
    else:
        for layer in (net[0], net[2]):
            prune.l1_unstructured(layer, "weight", amount=share)
        count = round(share * 77) + round(share * 33)
    for name, layer in (("0.weight", net[0]), ("2.weight", net[2])):
        torch.testing.assert_close(masks[name].float(), layer.weight_mask)
    assert sparsity(masks) == pytest.approx(count / 110, abs=1e-12)
    if scope == "global":
        left = np.concatenate([w[masks[n].bool()].abs().numpy() for n, w in weights.items()])
        smallest = np.sort(np.abs(np.concatenate([w.numpy().ravel() for w in weights.values()])))
        np.testing.assert_array_equal(np.sort(left), smallest[count:])


def test_biases_norms_and_what_is_frozen_are_left(run: RunFolder) -> None:
    made, _ = start(run, resume=False, notes=False)
    assert set(prunable(made.net)) == {"hidden.weight", "logits.weight"}
    made.net.get_parameter("logits.weight").requires_grad_(False)
    assert set(prunable(made.net)) == {"hidden.weight"}


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "muon"])
def test_a_pruned_branch_trains_as_pytorchs_own_masks_do(run: RunFolder, tmp_path: Path, optimizer: str) -> None:
    """Against `torch.nn.utils.prune` on the same module, batches and optimizer, with clipping and decay."""
    params = {"lr": 0.05, "weight_decay": 0.01, **({"momentum": 0.9} if optimizer == "sgd" else {})}
    objective = {"optimizer": {"kind": optimizer, "params": params}, "clip_norm": 0.5}
    made = prune_branch(run, tmp_path / "branch", load_file(run.weights()), SHARE)
    assert made.branch["note"] == "59.4% of the weights pruned (global)"  # round(0.6 * 64) of 64
    job = run.job.model_copy(update={"objectives": trainings.job(objectives=[objective]).objectives})
    (made.path / "job.json").write_text(job.model_dump_json())
    ours, _ = start(RunFolder.open(made.path), resume=False, notes=False)
    begun = {name: value.detach().clone() for name, value in ours.net.state_dict().items()}
    masks = load_file(made.masks)
    batches = list(ours.train.epoch(0))[:12]
    ours.net.train()
    for step, batch in enumerate(batches):
        ours.engine.step(batch, step)
    state = dict(ours.net.state_dict())
    for name, mask in masks.items():
        assert (state[name][mask == 0] == 0).all()
        assert (state[name][mask == 1] != begun[name][mask == 1]).any()
    if optimizer not in KINDS:
        return  # Muon mixes the weights of a matrix: masks of PyTorch's kind would change what it does

    theirs, _ = start(run, resume=False, notes=False)
    net: Any = theirs.net
    net.load_state_dict(begun)
    for name in masks:
        prune.custom_from_mask(net.get_submodule(name.rpartition(".")[0]), "weight", masks[name])
    stepper = KINDS[optimizer](net.parameters(), **params)
    net.train()
    for batch in batches:
        stepper.zero_grad()
        net.step(batch)[1]["loss"].backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        stepper.step()
    net.eval()
    net(batches[0]["features"])  # makes each weight of its mask and its number
    for name in masks:
        torch.testing.assert_close(state[name], net.get_submodule(name.rpartition(".")[0]).weight.detach(), rtol=1e-4,
                                   atol=1e-6)  # fmt: skip


def test_zeros_stay_through_checkpoints_branches_and_travel(run: RunFolder, tmp_path: Path) -> None:
    made = prune_branch(run, tmp_path / "branch", load_file(run.weights()), SHARE, "layer")
    going, begin = start(made, resume=True)
    assert begin == 0
    for _ in train(going, title="Test", folder=made.checkpoints):
        pass
    masks = load_file(made.masks)
    for state in (load_file(made.checkpoints / "last" / "weights.safetensors"), going.net.state_dict()):
        assert all((state[name][mask == 0] == 0).all() for name, mask in masks.items())
        assert any((state[name][mask == 1] != 0).any() for name, mask in masks.items())
    again = branch(made, tmp_path / "again", which="last")
    assert load_file(again.masks).keys() == masks.keys()
    resumed, step = start(again, resume=True, notes=False)
    assert step == going.step
    assert len(resumed.engine._masked) == 2
    with (tmp_path / "run.tar").open("wb") as stream:
        pack(made, stream)
    with (tmp_path / "run.tar").open("rb") as stream:
        unpack(stream, tmp_path / "there")
    assert (tmp_path / "there" / "masks.safetensors").read_bytes() == made.masks.read_bytes()


def test_masks_of_another_design_are_refused(run: RunFolder, tmp_path: Path) -> None:
    weights = load_file(run.weights())
    for share in (0.0, 1.0):
        with pytest.raises(LayerloomError, match="above 0 and below 1"):
            prune_branch(run, tmp_path / "never", weights, share)
    made = prune_branch(run, tmp_path / "branch", weights, SHARE)
    save_file({"hidden.weight": torch.ones(2, 2)}, made.masks)
    with pytest.raises(LayerloomError, match=r"do not fit the network at 'hidden\.weight'"):
        start(made, resume=True)
