"""From the plain data of a design file to a `Document`: blocks, settings, and what holds between scopes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.catalog import Catalog
from core.problem import LayerloomError, Problem, Severity
from core.program.program import is_name
from core.training.job import read_job
from graph import fields
from graph.circles import closing_uses, depth
from graph.document import Document
from graph.graph import Graph
from graph.lessons.lesson import read_lesson
from graph.reading import ID, Findings, GraphReader, part
from graph.records import MAIN, Block, Promotion

MAX_NESTING = 32  # blocks inside each other
OWN_PLACE = ("title", "job", "view", "extra")  # settings that are written elsewhere
_KNOWN = {"format", "title", "nodes", "links", "blocks", "job", "settings", "layout"}
_BLOCK_KEYS = {"name", "doc", "promoted", "nodes", "links"}


def read_document(
    data: Mapping[str, Any], catalog: Catalog, name: str, findings: Findings
) -> tuple[Document, list[Problem]]:
    """The document of data in the newest format, and all that was found wrong.

    Raises:
        LayerloomError: its blocks are nested deeper than `MAX_NESTING`.
    """
    layout = part(findings, data, "layout")
    blocks, graphs = read_blocks(data, layout, catalog, findings)
    reader = GraphReader(catalog, blocks, findings)
    graphs[MAIN] = reader.read(data, layout)
    _break_recursion(graphs, name, findings)
    document = Document(catalog)
    document.adopt(blocks, graphs, _settings(data, layout, findings))
    _check_instances(document, reader, findings)
    return document, findings.problems(paths(graphs))


def read_blocks(
    data: Mapping[str, Any], layout: Mapping[str, Any], catalog: Catalog, findings: Findings
) -> tuple[dict[str, Block], dict[str, Graph]]:
    """The blocks under ``blocks``, and their graphs, by id. One may still contain itself."""
    plain_blocks = {id: plain for id, plain in part(findings, data, "blocks").items() if _is_block(id, plain, findings)}
    inner = part(findings, layout, "blocks")
    reader = GraphReader(catalog, plain_blocks, findings)
    blocks, graphs = dict[str, Block](), dict[str, Graph]()
    for id, plain in plain_blocks.items():
        findings.scope = id
        graphs[id] = reader.read(plain, part(findings, inner, id))
        blocks[id] = _block(id, plain, graphs[id], findings)
    findings.scope = MAIN
    return blocks, graphs


def paths(graphs: Mapping[str, Graph]) -> dict[str, str]:
    """The path of one instance of each scope that is used, with a slash behind it; of the main graph: nothing."""
    found, todo = {MAIN: ""}, [MAIN]
    while todo:
        scope = todo.pop()
        for node in graphs[scope].nodes:
            if node.block in graphs and node.block not in found:
                found[node.block] = f"{found[scope]}{node.id}/"
                todo.append(node.block)
    return found


def _is_block(id: str, plain: Any, findings: Findings) -> bool:
    if ID.fullmatch(id) and isinstance(plain, dict):
        return True
    findings.report("left-out", f"The block {id!r:.80} cannot be read; it was left out.")
    return False


def _block(id: str, plain: Mapping[str, Any], graph: Graph, findings: Findings) -> Block:
    values = {"name": id}
    for key in ("name", "doc"):
        try:
            values |= {key: fields.BLOCK[key].check(plain[key])} if key in plain else {}
        except ValueError as error:
            findings.report("left-out", f"Block {id}: {error} The default is used.")
    promoted: list[Promotion] = []
    rows = plain.get("promoted", [])
    for row in rows if isinstance(rows, list) else [rows]:
        if isinstance(row, list) and len(row) == 3 and all(isinstance(v, str) for v in row) and _reaches(row, graph):
            promoted.append(Promotion(*row))
        else:
            findings.report("left-out", f"Block {id}: the promotion {row!r:.80} reaches nothing; it was left out.")
    extra = {key: value for key, value in plain.items() if key not in _BLOCK_KEYS}
    return Block(id, promoted=tuple(dict.fromkeys(promoted)), extra=extra, **values)


def _reaches(row: list[str], graph: Graph) -> bool:
    name, node, _ = row
    return is_name(name) and len(name) <= 64 and node in graph


def _break_recursion(graphs: Mapping[str, Graph], name: str, findings: Findings) -> None:
    uses = {
        scope: {node.block for node in graph.nodes if node.block and node.block in graphs}
        for scope, graph in graphs.items()
    }
    for scope, block in closing_uses(uses):
        uses[scope].discard(block)
        graph = graphs[scope]
        for node in [node for node in graph.nodes if node.block == block]:
            findings.report("left-out", f"Block {scope} would contain itself through {node.id}; it was left out.")
            for link in (*graph.incoming(node.id), *graph.outgoing(node.id)):
                graph.put_link(link, None)
            graph.put_node(node.id, None)
    if any(depth(uses, scope) > MAX_NESTING for scope in graphs):
        raise LayerloomError(f"{name}: its blocks are nested deeper than {MAX_NESTING} levels.", code="too-deep")


def _settings(data: Mapping[str, Any], layout: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    settings = dict(part(findings, data, "settings"))
    for key in [key for key in settings if key in OWN_PLACE]:
        findings.report("left-out", f"{key} has a place of its own in the file, not under settings; it was left out.")
        del settings[key]
    title = data.get("title")
    if isinstance(title, str):
        settings["title"] = title
    elif title is not None:
        findings.report("left-out", f"The title must be a text, found {title!r:.60}; it was left out.")
    for key, value in (("job", part(findings, data, "job")), ("view", part(findings, layout, "view"))):
        settings |= {key: value} if value else {}
    try:
        read_job(settings.get("job", {}))
    except LayerloomError as error:
        findings.report("job", str(error), severity=Severity.ERROR)
    try:
        read_lesson(settings.get("lesson", {}))
    except LayerloomError as error:
        findings.report("lesson", f"{error} It is kept, but not shown.")
    unknown = {key: value for key, value in data.items() if key not in _KNOWN}
    if unknown:
        names = ", ".join(sorted(unknown))
        findings.report("unknown-field", f"The file has parts that are unknown here: {names:.200}; they are kept.")
        settings["extra"] = unknown
    return settings


def _check_instances(document: Document, reader: GraphReader, findings: Findings) -> None:
    """What instances set of their blocks; it can be checked only when all blocks are known."""
    for scope in document.scopes:
        findings.scope, graph = scope, document.graph(scope)
        for node in [node for node in graph.nodes if node.block and node.params]:
            spec = document.spec(node.layer)
            if spec is not None:
                params = reader.params(node.id, spec.label, spec.param, node.params)
                graph.put_node(node.id, replace(node, params=params))
    findings.scope = MAIN
