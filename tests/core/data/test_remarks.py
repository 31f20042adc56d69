"""Bad tables as people have them: what is refused says why and how to go on, what is odd is remarked."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.preview import preview
from core.data.sources import load
from core.problem import LayerloomError, Problem
from core.training.job import DataJob, Pick


def table(folder: Path, content: str | bytes) -> Pick:
    file = folder / "t.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Pick(kind="csv", params={"path": str(file)})


def refusal(folder: Path, content: str | bytes) -> Problem:
    with pytest.raises(LayerloomError) as met:
        load(table(folder, content))
    return met.value.problem


def remarked(folder: Path, content: str) -> list[str]:
    return [problem["message"] for problem in preview(DataJob(source=table(folder, content)))["problems"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,y\n" + bytes(range(200)) * 30 + b"\0" * 20, "t.csv is no CSV file: it is full of bytes that no text has"),
        (b"a,b,y\n1,2,u\n3,\x004,v\n", "t.csv, line 3: a zero byte, which no text has"),
        ("größe,y\n1,2\n".encode("latin-1"), "line 1: the text is not utf-8. Choose the encoding latin-1"),
        ("a,y\n1,2\n".encode("utf-16"), "line 1: the text is not utf-8. Choose the encoding utf-16"),
        ("a,a,y\n1,2,3\n", "the columns 1 and 2 are both called 'a'. Rename one"),
        (",c1,y\n1,2,3\n", "the columns 1 and 2 are both called 'c1'. Rename one"),
        ("a,b,y\n1,2,u\n3,4\n", "line 3: 2 cells, the lines before have 3"),
        ('a,b,y\n1,2,u\n1,"2,u\n3,4,u\n', "line 3: unexpected end of data. Look for a quote in this line"),
        ("", "t.csv is empty"),
        ("a,b,y\n", "t.csv has no rows of data"),
    ],
)
def test_what_is_no_table_is_refused_with_the_way_out(content: str | bytes, words: str, tmp_path: Path) -> None:
    assert words in refusal(tmp_path, content).message


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_one_click_reads_another_encoding(encoding: str, tmp_path: Path) -> None:
    content = "größe,b,y\n1,2,u\n3,4,v\n".encode(encoding)
    [fix] = refusal(tmp_path, content).fixes
    assert fix.args == {"path": "data.source.params.encoding", "value": encoding}
    pick = table(tmp_path, content)
    read = load(Pick(kind="csv", params={**pick.params, "encoding": encoding}))
    assert read.columns["features"] == ("größe", "b")


def test_one_click_fills_a_hole_or_leaves_the_row_out(tmp_path: Path) -> None:
    fixes = refusal(tmp_path, "a,y\n1,2\n,3\n").fixes
    assert [fix.args["value"] for fix in fixes] == ["mean", "drop"]


def test_columns_without_a_name_are_numbered(tmp_path: Path) -> None:
    assert load(table(tmp_path, ",a,,y\n0,1,2,u\n1,2,3,v\n")).columns["features"] == ("c1", "a", "c3")


def test_a_column_of_one_value_is_remarked(tmp_path: Path) -> None:
    rows = "".join(f"1,{i},7,{i % 2}\n" for i in range(40))
    assert remarked(tmp_path, "a,b,c,y\n" + rows) == [
        "2 columns, a, c, hold one value in every row, which tells nothing apart. Leave them out."
    ]
    assert remarked(tmp_path, "a,b,y\n" + "".join(f"2.5,{i},{i % 2}\n" for i in range(40))) == [
        "The column a holds 2.5 in every row, which tells nothing apart. Leave it out."
    ]


def test_texts_that_are_names_of_rows_are_remarked(tmp_path: Path) -> None:
    dates = "".join(f"2024-01-{i:02},{i},{i / 2}\n" for i in range(1, 29))
    [message] = remarked(tmp_path, "day,a,y\n" + dates)
    assert message.startswith("The column day holds 28 different texts in 28 rows")
    colours = "".join(f"{('red', 'blue', 'green')[i % 3]},{i},{i / 3}\n" for i in range(28))
    assert remarked(tmp_path, "colour,a,y\n" + colours) == []
