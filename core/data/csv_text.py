"""The text of a file; of a CSV file, what separates its cells, and the names of its columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from core.data.columns import EMPTY
from core.data.dataset import refuse
from core.problem import Fix, LayerloomError

MAX_FILE = 2**30
DELIMITERS: Mapping[str, str] = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "space": " "}
SAMPLE_LINES, SAMPLE_BYTES, ZEROS = 50, 4096, 8


@dataclass(frozen=True)
class Layout:
    """How the rows of a table are to be read."""

    delimiter: str
    has_header: bool
    names: tuple[str, ...]

    @property
    def shown(self) -> str:
        """The delimiter in words."""
        return f"a {next(word for word, sign in DELIMITERS.items() if sign == self.delimiter)}"


def read_text(path: Path, encoding: str, kind: str = "CSV file") -> str:
    """The whole file; `kind` is what messages call it.

    Raises:
        LayerloomError: it is no file, too large, or not in that encoding.
    """
    if not path.is_file():
        raise refuse(f"{path} is not a file. Choose a {kind}.", "data.path")
    size = path.stat().st_size
    if size > MAX_FILE:
        raise refuse(f"{path.name} has {size / 2**30:.1f} GiB; the limit of a {kind} is 1 GiB.", "data.size")
    try:
        raw = path.read_bytes()
        content = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        raise _not_encoded(path, raw, encoding, kind, error) from error
    except OSError as error:
        raise refuse(f"{path} cannot be read: {error.strerror}.", "data.path") from error
    if "\0" in content:
        line = content[: content.index("\0")].count("\n") + 1
        raise refuse(
            f"{path.name}, line {line}: a zero byte, which no text has. The file is damaged or no {kind}.", "data.csv"
        )
    return content


def _not_encoded(path: Path, raw: bytes, encoding: str, kind: str, error: UnicodeDecodeError) -> LayerloomError:
    """What is wrong with the bytes, and the encoding that would do."""
    line = raw[: error.start].count(b"\n") + 1
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    if raw[:SAMPLE_BYTES].count(0) > ZEROS and not wide:
        return refuse(
            f"{path.name} is no {kind}: it is full of bytes that no text has. Save a spreadsheet as CSV first.",
            "data.encoding",
        )
    other = "utf-16" if wide else "latin-1"
    fixes = (Fix(f"Read it as {other}", "set_job", {"path": "data.source.params.encoding", "value": other}),)
    return refuse(
        f"{path.name}, line {line}: the text is not {encoding}. Choose the encoding {other}, or save it as UTF-8.",
        "data.encoding",
        expected=encoding,
        fixes=() if encoding == other else fixes,
    )


def find_layout(content: str, file: str, delimiter: str, header: str) -> Layout:
    """Delimiter, header and column names: as told, else by the first lines."""
    lines = [line for line in islice(io.StringIO(content, newline=""), SAMPLE_LINES) if line.strip()]
    if not lines:
        raise refuse(f"{file} is empty.", "data.csv")
    sign = DELIMITERS.get(delimiter) or _sniff(lines)
    rows = _cells(lines, sign)
    has_header = header == "yes" or (header == "auto" and _is_header(rows))
    names = [cell.strip() for cell in rows[0]] if has_header else [f"c{i + 1}" for i in range(len(rows[0]))]
    return Layout(sign, has_header, _unique(names, file))


def _sniff(lines: Sequence[str]) -> str:
    """The delimiter that cuts the most lines into the same number of cells, more than one; else a comma."""
    best, found = (0, 0), ","
    for sign in DELIMITERS.values():
        widths = [len(row) for row in _cells(lines, sign)]
        usual = max(set(widths), key=widths.count) if widths else 1
        score = (widths.count(usual), usual)
        if usual > 1 and score > best:
            best, found = score, sign
    return found


def _cells(lines: Sequence[str], sign: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=sign, skipinitialspace=True))
    except csv.Error:
        return [line.split(sign) for line in lines]


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row holds names: no cell of it is a number or empty, and it does not repeat below."""
    first = [cell.strip() for cell in rows[0]]
    if any(cell.lower() in EMPTY or _is_number(cell) for cell in first):
        return any(cell and not _is_number(cell) for cell in first) and _numbers_below(rows, first)
    return all(first != [cell.strip() for cell in row] for row in rows[1:])


def _numbers_below(rows: Sequence[Sequence[str]], first: Sequence[str]) -> bool:
    """Whether some column has a word on top and numbers alone beneath it."""
    worded = [i for i, cell in enumerate(first) if cell and not _is_number(cell)]
    return any(len(rows) > 1 and all(i < len(row) and _is_number(row[i]) for row in rows[1:]) for i in worded)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ".", 1))
    except ValueError:
        return False
    return True


def _unique(names: Sequence[str], file: str) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    names = [name or f"c{i + 1}" for i, name in enumerate(names)]
    for i, name in enumerate(names):
        if name in seen:
            raise refuse(
                f"{file}, line 1: the columns {seen[name] + 1} and {i + 1} are both called {name!r:.60}. Rename one.",
                "data.csv",
            )
        seen[name] = i
    return tuple(names)
