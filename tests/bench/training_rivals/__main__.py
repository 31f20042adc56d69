"""Layerloom's training beside the loops and trainers that people use: ``make bench-train``.

Everyone trains the same networks from the same weights, on the same data in the same order, with the same batches and
Adam. Each rival lives in a process of its own, made for one network; they take turns of a few epochs, in the opposite
order in every other round, and what is compared is the median of the rounds. Nobody validates. Threads: as many as
make the plain loop fastest; Layerloom chooses among as many by itself. Layerloom measures accuracy and F1 besides,
watches losses, gradients and activations, and writes every event to its log.

Prints a table for each network, whether each budget of the design is met, and last ``training ratio: R``: how many
times as long as ours the step of the plain loop takes, monitoring on, the least over the networks.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence

from tests.bench.training_rivals.networks import NETWORKS
from tests.bench.training_rivals.process import Process, best_threads
from tests.bench.training_rivals.table import PLAIN, US, Times, clock_of, met, monitoring, ratio, table

RIVALS = ("layerloom", "unwatched", "plain", "dataloader", "accelerate", "skorch", "lightning", "keras")


def measure(network: str, rivals: Sequence[str], rounds: int, threads: int) -> dict[str, Times]:
    """Let everyone have a turn that does not count, and then `rounds` of them."""
    epochs = NETWORKS[network].epochs
    found: dict[str, Times] = {}
    processes = {name: Process(name, network, threads) for name in rivals}
    try:
        for process in processes.values():
            process.turn(epochs)
        for number in range(rounds):
            for name in rivals if number % 2 == 0 else rivals[::-1]:
                processes[name].turn(epochs, found.setdefault(name, Times()))
        for name, process in processes.items():
            process.end(found[name])
    finally:
        for process in processes.values():
            process.close()
    return {name: found[name] for name in rivals}


def calibration() -> float:
    """Milliseconds of a fixed loop, since machines differ."""
    start = time.process_time()
    sum(i * i for i in range(1_000_000))
    return (time.process_time() - start) * 1000


def told(network: str, found: Mapping[str, Times]) -> bool:
    """Print what was found; whether every budget is met."""
    words, cheap = monitoring(found)
    print("\n".join(table(network, found)))
    print(f"{words}\n", flush=True)
    return met(network, found, [name for name in found if name not in (US, "unwatched")]) and cheap


def main(rivals: Sequence[str] = RIVALS) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.training_rivals", description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=list(NETWORKS), help=f"of {', '.join(NETWORKS)} (all)")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each rival (%(default)s)")
    given = parser.parse_args()
    print(f"calibration: a loop of a million squares takes {calibration():.0f} ms here\n", flush=True)
    holds, ratios = True, []
    for network in given.networks:
        threads = best_threads(network)
        print(f"{network}, batch 32, at most {threads} thread{'s' if threads > 1 else ''}, {given.rounds} rounds\n")
        found = measure(network, rivals, given.rounds, threads)
        holds &= told(network, found)
        ratios.append(ratio(found[PLAIN], found[US], clock_of(found)))
    print("every budget is met" if holds else "a budget is MISSED")
    print(f"training ratio: {min(ratios):.2f}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
