"""`Document` <-> the text of a design file. See docs/format.md, and `graph.encoding` for what stands where."""

from __future__ import annotations

from core.catalog import Catalog
from core.problem import Problem
from graph.decoding import read_document
from graph.document import Document
from graph.encoding import Encoding
from graph.migrations import migrate
from graph.plain import parse
from graph.reading import Findings


def decode(text: str, catalog: Catalog, name: str = "The design") -> tuple[Document, list[Problem]]:
    """The document that the text holds, and what was wrong with it. Nothing in the text is ever executed.

    What this version does not know (layers, parameters, fields) and parameters with wrong values are kept and written
    back; records that cannot be (a wire to nowhere, a block inside itself) are left out. Each has its Problem.

    Raises:
        LayerloomError: the text is no design, damaged, too large, or of a later format. `name` starts the sentence.
    """
    data, doubled = parse(text, name)
    findings = Findings()
    for key in doubled:
        findings.report("doubled", f"{key!r:.80} stands twice in the file; the last one counts.")
    return read_document(migrate(data, name), catalog, name, findings)


def encode(document: Document) -> str:
    """The text of the document: the same for equal documents, whatever way led there.

    Raises:
        LayerloomError: the document holds a value that JSON cannot (put there past the commands).
    """
    return Encoding(document).text()
