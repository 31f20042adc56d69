"""CSV tables as people have them: other delimiters, quotes, words, holes; and refusals that name the place."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.dataset import Dataset, Holes
from core.data.sources import load
from core.data.transforms import fit
from core.problem import LayerloomError
from core.training.job import Pick


def read(folder: Path, content: str | bytes, /, **params: Any) -> Dataset:
    file = folder / "table.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load(Pick(kind="csv", params={"path": str(file), **params}))


def refusal(folder: Path, content: str | bytes, /, **params: Any) -> str:
    with pytest.raises(LayerloomError) as error:
        read(folder, content, **params)
    return str(error.value)


def test_a_plain_table(tmp_path: Path) -> None:
    data = read(tmp_path, "a,b,y\n1,2,0.5\n3,4,0.25\n5,6,1.5\n")
    np.testing.assert_array_equal(data.fields["features"], np.array([[1, 2], [3, 4], [5, 6]], np.float32))
    np.testing.assert_array_equal(data.fields["target"], np.array([[0.5], [0.25], [1.5]], np.float32))
    assert data.columns == {"features": ("a", "b"), "target": ("y",)}
    assert data.signature.examples == 3
    assert data.signature.fields["target"].shape == (1,)


@pytest.mark.parametrize(
    "text",
    [
        "a;b;y\n1,5;2;u\n3;4,25;v\n",
        "a\tb\ty\n1.5\t2\tu\n3\t4.25\tv\n",
        "a|b|y\n1.5|2|u\n3|4.25|v\n",
        "a b y\n1.5  2 u\n3 4.25  v\n",
        '"a","b","y"\r\n"1.5","2","u"\r\n3,4.25,v\r\n\r\n',
        "\ufeffa,b,y\n1.5,2,u\n3,4.25,v",
    ],
)
def test_delimiters_quotes_and_decimal_commas_are_understood(tmp_path: Path, text: str) -> None:
    data = read(tmp_path, text)
    np.testing.assert_array_equal(data.fields["features"], [[1.5, 2], [3, 4.25]])
    assert data.signature.fields["target"].classes == ("u", "v")
    assert data.columns["features"] == ("a", "b")


def test_a_quoted_cell_may_hold_delimiters_and_line_breaks(tmp_path: Path) -> None:
    data = read(tmp_path, 'a,y\n1,"red, dark\nand ""deep"""\n2,blue\n')
    assert data.signature.fields["target"].classes == ("blue", 'red, dark\nand "deep"')


def test_a_table_without_a_header_numbers_its_columns(tmp_path: Path) -> None:
    data = read(tmp_path, "1,2.5,0\n3,4.5,1\n")
    assert len(data) == 2
    assert data.columns["features"] == ("c1", "c2")
    assert len(read(tmp_path, "a,b\n1,2.5\n", header="no", target="-", text="one_hot")) == 2


def test_columns_are_chosen_by_name(tmp_path: Path) -> None:
    text = 'id,"size, cm",w,y1,y2\n7,1,2,0.1,0.2\n8,3,4,0.3,0.4\n'
    data = read(tmp_path, text, features='w, "size, cm"', target="y1, y2")
    np.testing.assert_array_equal(data.fields["features"], [[2, 1], [4, 3]])
    assert data.signature.fields["target"].shape == (2,)
    assert "target" not in read(tmp_path, text, target="-").fields
    message = refusal(tmp_path, text, features="size")
    assert "no column 'size' for the features; it has id, size, cm, w, y1, y2" in message
    assert "a feature and the target" in refusal(tmp_path, text, features="w", target="w")


@pytest.mark.parametrize(
    ("column", "target_is", "classes"),
    [
        ("012012", "auto", ("0", "1", "2")),
        (["0.5", "1", "2", "3", "4", "5"], "auto", ()),
        ("012012", "numbers", ()),
        (["0.5", "0.5", "1.5", "0.5", "0.5", "1.5"], "classes", ("0.5", "1.5")),
        ("uvuvwu", "auto", ("u", "v", "w")),
        ([str(i) for i in range(40)], "auto", ()),
    ],
)
def test_what_the_target_holds(tmp_path: Path, column: Any, target_is: str, classes: tuple[str, ...]) -> None:
    text = "a,y\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(column))
    signature = read(tmp_path, text, target_is=target_is).signature.fields["target"]
    assert signature.classes == classes
    assert (signature.shape, signature.dtype) == (((), "int") if classes else ((1,), "float"))


@given(
    st.lists(st.tuples(*[st.floats(width=32, allow_nan=False, allow_infinity=False)] * 3), min_size=2, max_size=30),
    st.sampled_from(",;\t|"),
    st.booleans(),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, ...]], delimiter: str, quoted: bool
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerows([("first", "second, too", "y"), *rows])
    data = read(tmp_path_factory.mktemp("t"), text.getvalue(), target_is="numbers")
    given_rows = np.array(rows, np.float32)
    np.testing.assert_array_equal(data.fields["features"], given_rows[:, :2])
    np.testing.assert_array_equal(data.fields["target"], given_rows[:, 2:])


def test_words_as_numbers_are_refused_with_their_place(tmp_path: Path) -> None:
    message = refusal(tmp_path, "a,y\n1,0.5\n2,high\n", target_is="numbers")
    assert message.startswith("table.csv, line 3, column y: expected a number, received 'high'.")


class TestWordsAmongTheFeatures:
    text = "colour,size,y\nred,1,0.1\nblue,2,0.2\nred,3,0.3\n"

    def test_are_spread_over_columns(self, tmp_path: Path) -> None:
        data = read(tmp_path, self.text)
        assert data.columns["features"] == ("colour=blue", "colour=red", "size")
        np.testing.assert_array_equal(data.fields["features"], [[0, 1, 1], [1, 0, 2], [0, 1, 3]])

    def test_become_fields_of_their_own(self, tmp_path: Path) -> None:
        data = read(tmp_path, self.text, text="fields")
        assert data.columns["features"] == ("size",)
        assert data.fields["colour"].tolist() == [1, 0, 1]
        assert data.signature.fields["colour"].classes == ("blue", "red")

    def test_are_left_out(self, tmp_path: Path) -> None:
        assert read(tmp_path, self.text, text="leave_out").columns["features"] == ("size",)

    def test_are_refused_where_nearly_all_differ(self, tmp_path: Path) -> None:
        text = "name,y\n" + "".join(f"person {i},{i / 7}\n" for i in range(150))
        told = refusal(tmp_path, text)
        assert "column name holds 150 different texts" in told
        assert "would hold numbers" not in told

    def test_a_word_among_numbers_is_pointed_at(self, tmp_path: Path) -> None:
        cells = [f"{i}.5" for i in range(150)]
        cells[70] = "heavy"
        text = "weight,y\n" + "".join(f"{cell},{i / 7}\n" for i, cell in enumerate(cells))
        assert "It would hold numbers but for 'heavy' in line 72." in refusal(tmp_path, text)


class TestHoles:
    text = "a,b,y\n1,2,0.5\n,4,0.25\n5,NA,1.5\n7,8,\n"

    def test_are_refused_with_their_place(self, tmp_path: Path) -> None:
        message = refusal(tmp_path, self.text)
        assert message.startswith("table.csv, line 3, column a: the cell is empty.")
        assert "dropped or filled" in message

    def test_drop_the_row(self, tmp_path: Path) -> None:
        np.testing.assert_array_equal(read(tmp_path, self.text, holes="drop").fields["features"], [[1, 2]])

    def test_take_the_mean_of_the_training_part_alone(self, tmp_path: Path) -> None:
        data = read(tmp_path, self.text, holes="mean")
        assert len(data) == 3  # the row without an answer is never filled
        assert data.holes == {"features": Holes("mean")}
        fitted = fit(data, np.array([0, 1]), ())
        np.testing.assert_array_equal(fitted.apply(data.fields)["features"], [[1, 2], [1, 4], [5, 3]])

    def test_a_column_without_one_number_in_training_is_refused(self, tmp_path: Path) -> None:
        data = read(tmp_path, self.text, holes="mean")
        with pytest.raises(LayerloomError, match="column a has no number at all in the training part"):
            fit(data, np.array([1]), ())

    @pytest.mark.parametrize("rule", ["mean", "median", "most_frequent"])
    def test_are_filled_as_scikit_learn_does(self, rule: str, tmp_path: Path) -> None:
        from sklearn.impute import SimpleImputer

        rows = np.random.default_rng(3).integers(0, 5, (40, 3)).astype(float)
        rows[np.random.default_rng(4).random(rows.shape) < 0.2] = np.nan
        lines = [",".join("" if np.isnan(v) else f"{v:g}" for v in row) + ",0.5" for row in rows]
        data = read(tmp_path, "a,b,c,y\n" + "\n".join(lines) + "\n", holes=rule)
        train = np.arange(25)
        reference = SimpleImputer(strategy=rule).fit(rows[train])
        found = fit(data, train, ()).apply(data.fields)["features"]
        np.testing.assert_allclose(found, reference.transform(rows), rtol=1e-6)

    def test_take_zero(self, tmp_path: Path) -> None:
        data = read(tmp_path, self.text, holes="zero")
        filled = fit(data, np.array([0]), ()).apply(data.fields)["features"]
        np.testing.assert_array_equal(filled, [[1, 2], [0, 4], [5, 0]])

    def test_a_column_of_holes_alone(self, tmp_path: Path) -> None:
        assert "line 2, column a: the cell is empty" in refusal(tmp_path, "a,y\nNaN,1.5\nnan,2.5\n")

    def test_rows_that_all_have_holes(self, tmp_path: Path) -> None:
        assert "leaves nothing" in refusal(tmp_path, "a,y\n,1\n2,\n", holes="drop")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "table.csv is empty"),
        ("a,y\n", "has no rows of data"),
        ("a,b,y\n1,2,3\n1,2\n", "line 3: 2 cells, the lines before have 3. Add or remove a cell, or quote"),
        ('a,y\n1,"2\n', "Look for a quote in this line that is never closed"),
        ("a,a,y\n1,2,3\n", "columns 1 and 2 are both called 'a'"),
        (b"a,y\n1,\xff\xfe\n", "line 2: the text is not utf-8"),
        ("a,y\n1e300,2\n", "too large for a 32-bit number"),
        ("target,y\nu,1.5\nv,2.5\n", "two fields would be called target"),
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, text: str | bytes, words: str) -> None:
    assert words in refusal(tmp_path, text, **({"text": "fields"} if "two fields" in words else {}))


def test_other_encodings(tmp_path: Path) -> None:
    assert read(tmp_path, "größe,y\n1,0.5\n2,1.5\n".encode("latin-1"), encoding="latin-1").columns["features"] == (
        "größe",
    )
    assert read(tmp_path, "größe,y\n1,0.5\n2,1.5\n".encode("utf-16"), encoding="utf-16").columns["features"] == (
        "größe",
    )


def test_a_group_column_keeps_rows_together_and_is_no_feature(tmp_path: Path) -> None:
    data = read(tmp_path, "who,a,y\nann,1,0.5\nbob,2,1.5\nann ,3,2.5\n", group="who")
    assert data.columns["features"] == ("a",)
    assert data.groups is not None
    assert data.groups.tolist() == [0, 1, 0]
    assert "has no column 'whom' for the group" in refusal(tmp_path, "who,a,y\nann,1,0.5\n", group="whom")


def test_an_empty_cell_among_words_keeps_its_row_where_holes_are_filled(tmp_path: Path) -> None:
    text = "colour,a,y\nred,1,0.5\n,2,1.5\nblue,,2.5\n"
    data = read(tmp_path, text, holes="mean")
    assert data.columns["features"] == ("colour=blue", "colour=red", "a")
    np.testing.assert_array_equal(data.fields["features"][:, :2], [[0, 1], [0, 0], [1, 0]])
    fields = read(tmp_path, text, holes="mean", text="fields")
    assert fields.signature.fields["colour"].classes == ("(empty)", "blue", "red")
    assert len(read(tmp_path, text, holes="drop")) == 1


def test_a_word_among_numbers_is_named_by_its_line_after_rows_were_dropped(tmp_path: Path) -> None:
    text = "a,y\n1,\n2,0.5\n3,many\n4,1.5\n"
    assert "line 4, column y: expected a number, received 'many'" in refusal(
        tmp_path, text, holes="drop", target_is="numbers"
    )
