"""Starts the processes of one training on this machine under torch's elastic launcher, and again when one dies.

``python -m core.training.distributed.launcher FOLDER [--resume] [--processes N] [--nodes M] [--rendezvous HOST:PORT]
[--restarts R]``. The first process of all speaks the protocol on the stdout and hears it on the stdin that this one was
given. The exit status is that of `core.training.worker`.
"""

from __future__ import annotations

import argparse
import os
import sys
import uuid
from collections.abc import Sequence

from core.training.runs import RunFolder

RESTARTS = 3
JOINING = 900  # seconds that the machines may take to find each other


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; returns the exit status."""
    given = _parser().parse_args(arguments)
    folder = RunFolder.open(given.folder)
    # After a restart the processes must not meet under the addresses of those that died.
    os.environ["TORCH_DISABLE_SHARE_RDZV_TCP_STORE"] = "1"
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    config = LaunchConfig(
        min_nodes=given.nodes,
        max_nodes=given.nodes,
        nproc_per_node=given.processes or folder.job.processes,
        run_id=f"{folder.title}-{folder.created}" if given.rendezvous else uuid.uuid4().hex,
        rdzv_endpoint=given.rendezvous or "localhost:0",
        rdzv_backend="c10d",
        rdzv_configs={"timeout": JOINING},
        local_addr=None if given.rendezvous else "localhost",
        max_restarts=given.restarts,
        monitor_interval=0.2,
    )
    command = ["-m", "core.training.worker", str(folder.path), *(["--resume"] if given.resume else [])]
    try:
        elastic_launch(config, sys.executable)(*command)
    except ChildFailedError as error:
        print(
            f"A process of the training died, and did so again after {given.restarts} restarts.\n{error}",
            file=sys.stderr,
        )
        return 1
    except SignalException:
        return 0 if folder.last_state() == "stopped" else 1
    return 1 if folder.last_state() == "failed" else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.training.distributed.launcher")
    parser.add_argument("folder")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--rendezvous", default="")
    parser.add_argument("--restarts", type=int, default=RESTARTS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
