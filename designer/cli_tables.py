"""Commands that only tell: layers, the report of a design, templates, runs, versions."""

from __future__ import annotations

import platform
from dataclasses import asdict
from datetime import datetime
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path
from typing import Any

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from core.spec.layer import LayerSpec
from core.training.runs import RunSummary, list_runs
from designer.cli_cost import costs, print_costs
from designer.cli_design import Report, open_design, report
from designer.cli_output import DESIGN, console, counted, number, show_problems, table, write_json
from graph import storage

PACKAGES = ("torch", "numpy", "onnx", "onnxruntime", "scikit-learn", "PySide6-Essentials")


def list_layers(category: str, as_json: bool) -> None:
    """The catalogue. Raises LayerloomError where no category is called so."""
    found = {
        name: specs for name, specs in default_catalog().categories.items() if category.lower() in name.lower() and name
    }
    if not found:
        known = ", ".join(name for name in default_catalog().categories if name)
        raise LayerloomError(f"There is no category {category!r}; there are {known}.", code="category")
    if as_json:
        write_json([_layer(spec) for specs in found.values() for spec in specs])
        return
    for name, specs in found.items():
        table(["id", "layer", "what it does"], [(s.id, s.label, s.doc) for s in specs], title=name)


def show_layer(id: str, as_json: bool) -> None:
    """All that one layer's declaration tells. Raises LayerloomError where there is no such layer."""
    spec = default_catalog().get(id)
    if spec is None:
        close = get_close_matches(id, [s.id for s in default_catalog()], n=3)
        hint = f" Did you mean {' or '.join(close)}?" if close else " List them with `layerloom layers`."
        raise LayerloomError(f"There is no layer {id!r}.{hint}", code="layer")
    if as_json:
        write_json(_layer(spec))
        return
    out = console()
    out.print(f"{spec.label} ({spec.id}), {spec.category}\n{spec.doc} {spec.when}".rstrip())
    for name, text in (("Formula", spec.formula), ("Source", spec.source)):
        if text:
            out.print(f"{name}: {text}", markup=False)
    if spec.params:
        table(["parameter", "default", "expects", ""], [(p.name, p.default, p.expects, p.doc) for p in spec.params])


def print_report(file: Path, as_json: bool, cost: bool = False) -> int:
    """The report of a design, with `cost` also what training takes where it has no errors; returns the exit code."""
    design = open_design(file)
    found = report(design)
    takes = costs(design) if cost and not found.has_errors else None
    problems = (*found.problems, *(takes.problems if takes else ()))
    if as_json:
        write_json({**_report(design.title, file, found), **({"cost": takes.to_json()} if takes else {})})
    else:
        _print_rows(design.title, found)
        show_problems(found.problems)
        if takes is not None:
            print_costs(takes)
        errors = sum(problem.severity == "error" for problem in problems)
        console().print(f"{errors} error{'s' if errors != 1 else ''}" if errors else "No errors.")
    return DESIGN if any(problem.severity == "error" for problem in problems) else 0


def list_templates(as_json: bool) -> None:
    from graph.templates import TEMPLATES

    columns = ("id", "family", "label", "doc")
    rows = [(id, template.family, template.label, template.doc) for id, template in TEMPLATES.items()]
    if as_json:
        write_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        table(["template", "family", "name", "what it is"], rows)


def write_template(id: str, out: Path | None, force: bool, as_json: bool) -> None:
    """Write a starter network. Raises LayerloomError for an unknown template or a file that exists."""
    from graph.templates import TEMPLATES

    if id not in TEMPLATES:
        raise LayerloomError(f"There is no template {id!r}; there are {', '.join(TEMPLATES)}.", code="template")
    path = (out or Path(id)).with_suffix(".loom")
    if path.exists() and not force:
        raise LayerloomError(f"{path} exists. Choose another name with -o, or replace it with --force.", code="exists")
    storage.save(TEMPLATES[id].build(default_catalog()), path)
    if as_json:
        write_json({"template": id, "file": str(path)})
    else:
        then = f"or train it with `layerloom train {path}`" if TEMPLATES[id].data else "and choose the data to train on"
        console().print(f"Wrote {path}. Open it with `layerloom {path}`, {then}.")


def print_runs(directory: Path, as_json: bool) -> None:
    """The runs in a folder. Raises LayerloomError where there is no such folder."""
    if not directory.is_dir():
        raise LayerloomError(f"There is no folder {directory}.", code="missing")
    found = list_runs(directory)
    if as_json:
        write_json([{**asdict(run), "folder": str(run.folder)} for run in found])
    elif not found:
        console().print(f"There are no runs in {directory}.")
    else:
        columns = ["run", "design", "made", "state", "epoch", "seconds", "newest metrics"]
        table(columns, map(_run_row, found), right=("epoch", "seconds"))


def print_versions(as_json: bool) -> None:
    found = {"layerloom": _version("layerloom"), "python": platform.python_version()}
    found |= {name: _version(name) for name in PACKAGES}
    if as_json:
        write_json(found)
    else:
        table(["", "version"], found.items())


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _layer(spec: LayerSpec) -> dict[str, Any]:
    fields = [
        {"name": p.name, "kind": p.kind, "default": p.default, "expects": p.expects, "doc": p.doc} for p in spec.params
    ]
    ports = {"inputs": [p.id for p in spec.inputs], "outputs": [p.id for p in spec.outputs]}
    texts = {"id": spec.id, "label": spec.label, "category": spec.category, "doc": spec.doc, "formula": spec.formula}
    return {**texts, **ports, "parameters": fields}


def _report(title: str, file: Path, found: Report) -> dict[str, Any]:
    return {
        "file": str(file),
        "title": title,
        "ok": not found.has_errors,
        "parameters": found.parameters,
        "macs": found.macs,
        "nodes": [{**asdict(row), "shapes": list(row.shapes)} for row in found.rows],
        "problems": [problem.to_json() for problem in found.problems],
    }


def _print_rows(title: str, found: Report) -> None:
    table(
        ["node", "layer", "shape", "parameters", "MACs"],
        [
            (("  " * r.depth) + r.name, r.layer, ", ".join(r.shapes), _amount(r.parameters), _amount(r.macs))
            for r in found.rows
        ],
        right=("parameters", "MACs"),
        title=title,
    )
    console().print(
        f"{counted(found.parameters)} parameters, {_amount(found.macs) or 0} multiply-accumulates an example."
    )


def _amount(value: int | str | None) -> str:
    """Nothing for what has none."""
    return counted(value) if isinstance(value, int) and value else str(value or "")


def _run_row(run: RunSummary) -> tuple[str, ...]:
    made = datetime.fromtimestamp(run.created).strftime("%Y-%m-%d %H:%M") if run.created else ""
    newest = run.metrics.get("test") or run.metrics.get("validation") or run.metrics.get("train") or {}
    metrics = ", ".join(f"{name} {number(value)}" for name, value in newest.items())
    return (
        run.folder.name,
        run.title,
        made,
        str(run.state),
        f"{run.epoch:g}/{run.epochs}",
        f"{run.seconds:.1f}",
        metrics,
    )
