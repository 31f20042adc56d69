"""Arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A design (.loom).", show_default=False)]
Processes = Annotated[
    int | None,
    typer.Option(
        "--nproc-per-node", min=1, help="Processes on this machine that share each batch.", show_default=False
    ),
]
Nodes = Annotated[int, typer.Option("--nnodes", min=1, help="Machines that train together; start it on each.")]
Rendezvous = Annotated[
    str, typer.Option("--rdzv-endpoint", metavar="HOST:PORT", help="Where the machines meet, on one of them.")
]
Restarts = Annotated[
    int | None,
    typer.Option("--max-restarts", min=0, help="How often all start again when one has died. [default: 3]"),
]
Host = Annotated[str, typer.Option("--host", metavar="[USER@]HOST", help="Train there, through ssh.")]
RemotePython = Annotated[str, typer.Option("--python", help="With --host: the Python there that has Layerloom.")]
