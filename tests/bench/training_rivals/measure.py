"""One rival with one network in a process of its own.

    python -m tests.bench.training_rivals.measure RIVAL NETWORK THREADS

Reads numbers of epochs, a line each; trains so many and answers with a line of JSON: seconds a step by the clock on the
wall and by the processor. At the end of its input it tells how far it came: the loss over all training examples.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import warnings

import torch

from core.training import devices
from tests.bench.training_rivals.networks import NETWORKS
from tests.bench.training_rivals.setting import setting

RIVALS = {
    "layerloom": "layerloom",
    "unwatched": "layerloom",
    "plain": "loops",
    "dataloader": "loops",
    "accelerate": "loops",
    "skorch": "frameworks",
    "lightning": "frameworks",
    "keras": "frameworks",
}


def main(rival: str, network: str, threads: int) -> None:
    warnings.simplefilter("ignore")
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    torch.set_num_threads(threads)
    devices.available_cores = lambda: threads  # Layerloom chooses by itself, among as many as the others have
    given = setting(NETWORKS[network])
    module = importlib.import_module(f"tests.bench.training_rivals.{RIVALS[rival]}")
    turn = getattr(module, rival)(given)
    print(json.dumps({"ready": True}), file=out)
    for line in sys.stdin:
        epochs = int(line)
        turn(epochs)
        steps = epochs * given.steps()
        told = {what: seconds / steps for what, seconds in given.clock.take().items()}
        print(json.dumps(told), file=out)
    print(json.dumps({"loss": given.final_loss(), "threads": torch.get_num_threads()}), file=out)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
