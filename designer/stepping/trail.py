"""What a trace writes on the canvas: numbers at the nodes that have had their turn, and wires that are lit so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from designer.session import Shown
from designer.stepping.player import Moment

WHOLE = ("chain", "update")  # ways on which all gradients stay, as the way back left them


def trail(trace: Mapping[str, Any], moments: Sequence[Moment], position: int) -> Shown:
    """What is shown at a moment: forward, what leaves the nodes met so far; back, the gradients that came there."""
    if not moments:
        return Shown({}, {})
    now, nodes = moments[position], trace["nodes"]
    met = [moment.index for moment in moments[: position + 1] if moment.way == now.way]
    back = now.way != "forward"
    if now.way in WHOLE:
        met = [moment.index for moment in moments if moment.way == "back"]
    key, text = ("gradient_strength", "gradient") if back else ("strength", "text")
    peak = max((nodes[index][key] for index in met), default=0.0) or 1.0
    told = {i: (nodes[i][key] / peak, f"∇ {nodes[i][text]}" if back else nodes[i][text]) for i in met if nodes[i][text]}
    shown = {nodes[index]["node"]: value for index, value in told.items()}
    arriving = nodes[now.index]["sources"] if now.way not in WHOLE else ()
    wires = {
        (source["node"], source["port"]): (min(1.0, source[key] / peak), ("∇ " if back else "") + source[text])
        for source in arriving
        if source[text]
    }
    return Shown(shown, wires)
