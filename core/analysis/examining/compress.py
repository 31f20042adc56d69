"""The examinations of size and precision, declared. Imports no torch before one is run.

What writes and times files lives with the exporters, which core does not know: it is looked up when it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from core.analysis.examining.examined import PART, Examined
from core.problem import Fix, listed
from core.spec.params import Bool, Choice, Float, Int
from core.training.tools.tool import Answer, Settings, Told, Tool

if TYPE_CHECKING:
    from core.analysis.examining.thinning import Thinned

COMPRESSING = "exporters.compressing"
EXPORT, PRUNE = "export", "prune_branch"  # what the answers offer to do
_COST = Float(
    "cost", 0.01, min=0.0, max=1.0, label="may cost",
    doc="What the metric may lose: points of accuracy, F1 or R2; the relative rise of an error.",
)  # fmt: skip
_EXAMPLES = Int("examples", 2000, min=1, max=1_000_000, doc="Of the part, at most.")


def _compress(examined: Examined, settings: Settings, told: Told) -> Answer:
    found: Answer = import_module(COMPRESSING).compress(examined.subject, told=told, **settings)
    found["labels"] = _labels(examined)
    return {**found, "verdict": _sizes_told(found), "reasons": _sizes_reasons(found)}


def _sizes_told(found: Mapping[str, Any]) -> str:
    by_id = {entry["id"]: entry for entry in found["entries"]}
    whole, chosen = by_id["float32"], by_id[found["chosen"]]
    if chosen is whole:
        return (
            f"Keep float32 ({_size(whole)}): nothing smaller answers nearly enough the same at the cost that is "
            "allowed."
        )
    metric = found["metric"]
    told = f"{chosen['label']}: {_size(chosen)} instead of {_size(whole)}"
    if metric:
        now, before = (f"{by_id[id]['values'][metric]:.4g}" for id in (chosen["id"], "pytorch"))
        told += f", {metric} {now} " + ("as before" if now == before else f"instead of {before}")
    return f"{told}, {_speed(whole, chosen)}."


def _speed(whole: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    ratio = whole["latency"]["1"]["p50"] / chosen["latency"]["1"]["p50"]
    if 0.9 < ratio < 1.1:
        return "as fast as float32 at one example"
    return f"{ratio:.2g} times faster at one example" if ratio > 1 else f"{1 / ratio:.2g} times slower at one example"


def _size(entry: Mapping[str, Any]) -> str:
    return f"{entry['bytes'] / 1000:,.1f} kB"


def _sizes_reasons(found: Mapping[str, Any]) -> list[str]:
    told = [f"{entry['label']}: {entry['problem']}" for entry in found["entries"] if entry["problem"]]
    told += [
        f"{entry['label']}: the weights of {listed([found['labels'].get(n, n) or 'a layer' for n in entry['kept']])} "
        "stay float32; ONNX Runtime has no bytes for them."
        for entry in found["entries"]
        if entry["kept"]
    ]
    bits = found["bits"]
    least = bits["levels"][bits["chosen"]]
    if bits["chosen"]:
        told.append(
            f"Weights alone could be rounded to {least['bits']} bits at that cost: {bits['metric']} "
            f"{least['values'][bits['metric']]:.4g} instead of {bits['levels'][0]['values'][bits['metric']]:.4g}."
        )
    return told


def _exports(answer: Answer) -> tuple[Fix, ...]:
    chosen = answer["chosen"]
    label = next(entry["label"] for entry in answer["entries"] if entry["id"] == chosen)
    return (Fix(f"Export as {label}…", EXPORT, {"precision": chosen, "settings": answer["settings"][chosen]}),)


def _prune(examined: Examined, settings: Settings, told: Told) -> Answer:
    from core.analysis.examining.thinning import pruned

    found = pruned(examined.subject, told=told, **settings)
    return {**found.to_json(), "scope": settings["scope"], "part": settings["part"], "verdict": _pruned_told(found),
            "labels": _labels(examined), "reasons": _pruned_reasons(found)}  # fmt: skip


def _labels(examined: Examined) -> dict[str, str]:
    return {placed.node: placed.step.label or placed.node for placed in examined.subject.program.placed()}


def _pruned_told(found: Thinned) -> str:
    first, best, metric = found.levels[0], found.best, found.metric
    values = f"{metric} {best.values[metric]:.4g} instead of {first.values[metric]:.4g}"
    if found.chosen == 0:
        after = found.levels[1].values[metric]
        return (
            f"No step of pruning is as cheap as is allowed: with {found.levels[1].kept:.0%} of the weights, {metric} "
            f"is {after:.4g} instead of {first.values[metric]:.4g}."
        )
    return f"{1 - best.kept:.0%} of the {found.weights:,} weights can be zero: {values}."


def _pruned_reasons(found: Thinned) -> list[str]:
    told = [
        "A branch that trains on without them wins back much of what pruning costs; it allows more of it.",
        "Zeros make the file smaller only when it is packed (zip), and nothing faster: ONNX Runtime multiplies with "
        "them too.",
    ]
    return told if found.chosen else told[:1]


def _prunes(answer: Answer) -> tuple[Fix, ...]:
    share = 1 - answer["levels"][answer["chosen"] or 1]["kept"]
    label = f"Train on with {share:.0%} pruned"
    return (Fix(label, PRUNE, {"share": round(share, 6), "scope": answer["scope"]}),)


EXAMS: tuple[Tool[Examined], ...] = (
    Tool(
        "compress",
        "Size and precision",
        "Writes the network as ONNX in float32, float16, bfloat16 and int8, and measures file, speed, memory and "
        "answers of each side by side.",
        (
            PART,
            _EXAMPLES,
            _COST,
            Int("calibrate", 256, min=1, max=100_000, label="calibrate on",
                doc="How many training examples int8 finds its ranges with."),
            Choice("method", label="range by", choices=("minmax", "entropy", "percentile"), default="minmax",
                   labels={"minmax": "smallest and largest", "entropy": "least loss of information (entropy)",
                           "percentile": "percentile"},
                   doc="Which values the 256 levels of int8 span."),
            Bool("per_channel", True, label="per channel", advanced=True,
                 doc="Each output channel of a weight has a scale of its own."),
        ),
        formula="error = max |file(x) - PyTorch(x)|;  changed = share of x with another argmax;  "
        "w ~ s clip(round(w / s), -q, q),  q = 2^(bits - 1) - 1",
        source="Jacob et al., CVPR 2018 (arXiv:1712.05877)",
        command="compress",
        when="Before a network leaves for a phone, a browser or a small board. Fewer bits are smaller everywhere; "
        "whether they are faster depends on the processor: this one is timed, on one thread. Answers change a little.",
        acts=_compress,
        good=lambda answer: answer["chosen"] != "float32",
        offers=_exports,
        icon="export",
        words=("quantise", "quantize", "int8", "float16", "edge", "deploy", "latency", "smaller"),
    ),
    Tool(
        "prune",
        "Pruning",
        "Sets the weights nearest zero to zero, more and more of them, and measures what that costs.",
        (
            PART,
            _EXAMPLES,
            Choice("scope", label="smallest of", choices=("global", "layer"), default="global",
                   labels={"global": "the whole network", "layer": "each layer"},
                   doc="Whether the smallest are looked for in the whole network, or the same share in each layer."),
            Float("most", 0.95, min=0.0, max=0.999, above=True, label="up to", doc="Largest share that is pruned."),
            Int("steps", 19, min=1, max=200, doc="Shares in between, at equal steps."),
            _COST,
        ),
        formula="m = 0 for the round(share n) least |w|, else 1;  w <- m w, and while it trains on dL/dw <- m dL/dw",
        source="Han et al., Learning both Weights and Connections for Efficient Neural Networks, NeurIPS 2015 "
        "(arXiv:1506.02626)",
        command="prune",
        when="To learn how many weights a network needs, and to make it sparse. Large layers bear much of it, first "
        "and last ones little; prune in steps and train on in between to go far.",
        acts=_prune,
        good=lambda answer: answer["chosen"] > 0,
        offers=_prunes,
        icon="cut",
        words=("sparse", "sparsity", "magnitude", "lottery", "compress"),
    ),
)  # fmt: skip
