"""Where a run of the command line is trained: in one process, in several, on several machines, or on another."""

from __future__ import annotations

from dataclasses import replace

from core.problem import LayerloomError
from core.training.launch import Host, Machines


def place(
    processes: int | None,
    nodes: int,
    rendezvous: str,
    restarts: int | None,
    host: str,
    python: str,
    resume: bool = False,
) -> Machines | Host | None:
    """What the options ask for; None for this machine, as the job says.

    Raises:
        LayerloomError: they do not go together.
    """
    if nodes > 1 and not rendezvous:
        raise LayerloomError(
            "--nnodes needs --rdzv-endpoint HOST:PORT: a free port of one of the machines, which all of them reach.",
            code="arguments",
        )
    if host and nodes > 1:
        raise LayerloomError("--host trains on one other machine; --nnodes is started on each.", code="arguments")
    if host and (restarts is not None or (resume and processes is not None)):
        raise LayerloomError(
            "--max-restarts, and another --nproc-per-node for a run that is resumed, are for this machine; leave them "
            "out with --host.",
            code="arguments",
        )
    if host:
        return Host(host, python)
    several = (processes or 1) > 1 or (resume and processes is not None)  # one that resumes may take another number
    if nodes > 1 or rendezvous or several or restarts is not None:
        machines = Machines(nodes, rendezvous, processes or 0)
        return machines if restarts is None else replace(machines, restarts=restarts)
    return None
