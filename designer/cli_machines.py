"""Where a run of the command line is trained: in one process, in several, on several machines, or on another."""

from __future__ import annotations

from core.problem import LayerloomError
from core.training.launch import Host, Machines


def place(
    processes: int | None, nodes: int, rendezvous: str, restarts: int, host: str, python: str
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
    if host:
        return Host(host, python)
    if nodes > 1 or rendezvous or (processes or 1) > 1:
        return Machines(nodes, rendezvous, processes or 0, restarts)
    return None
