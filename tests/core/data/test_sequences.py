"""Sequences: text in windows, series that obey their equations, and pairs whose answer is what it says."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from core.catalog.datasets import signature
from core.data.dataset import Dataset
from core.data.series import lorenz, mackey_glass
from core.data.sources import load
from core.data.text import named, spelled
from core.problem import LayerloomError
from core.training.job import Pick


def of(kind: str, **params: object) -> Dataset:
    return load(Pick(kind=kind, params=params))


def rows(dataset: Dataset, field: str) -> list[list[str]]:
    classes = dataset.signature.fields[field].classes
    return [[classes[k] for k in row] for row in dataset.fields[field]]


class TestText:
    def test_windows_follow_each_other_and_the_target_is_one_ahead(self, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        path.write_bytes("ab\r\ncd\té\u0007f!".encode())
        dataset = of("text", path=str(path), window=3)
        assert ["".join(spelled(row)) for row in rows(dataset, "features")] == ["ab\n", "cd\t", "é\u0007f"]
        assert ["".join(spelled(row)) for row in rows(dataset, "target")] == ["b\nc", "d\té", "\u0007f!"]
        classes = dataset.signature.fields["target"].classes
        assert classes == ("U+0007", "tab", "newline", "!", "a", "b", "c", "d", "f", "é")
        assert dataset.signature.fields["features"].classes == classes
        assert signature(Pick(kind="text", params={"path": str(path)})) is None

    def test_names_of_characters_lead_back(self) -> None:
        text = "a \n\tU+Ωé\x00\u2028"
        assert spelled(map(named, text)) == text

    def test_a_text_shorter_than_a_window_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("abc")
        with pytest.raises(LayerloomError, match=r"has 3 characters; one window takes 4") as info:
            of("text", path=str(tmp_path / "a.txt"), window=3)
        assert info.value.problem.code == "data.text"

    def test_what_is_no_text_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_bytes(b"ok\n\xff\xfe\x00")
        with pytest.raises(LayerloomError, match=r"line 2: the text is not utf-8"):
            of("text", path=str(tmp_path / "a.txt"))
        with pytest.raises(LayerloomError, match=r"is not a file. Choose a text file"):
            of("text", path=str(tmp_path))

    def test_pythons_own_source_is_python(self) -> None:
        dataset = of("python_text", characters=50_000, window=100)
        text = "".join(spelled(row) for row in rows(dataset, "features"))
        assert len(text) == 49_900
        assert text.startswith('"""Record of phased-in incompatible language changes.')
        assert "\ndef " in text
        assert "import" in text

    def test_more_text_than_there_is_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "a.py").write_text("x = 1\n")
        monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
        with pytest.raises(LayerloomError, match=r"has only 6 characters in .*, not 10,000\. Ask for fewer"):
            of("python_text", characters=10_000)


class TestSeries:
    def test_mackey_glass_agrees_with_a_finer_integration(self) -> None:
        """The fixed point stays; from elsewhere, Euler's rule with a thousandth of the step comes to the same curve."""
        start = np.array([1.0, 0.6])
        found = mackey_glass(start, 40)
        np.testing.assert_allclose(found[0], 1.0, atol=1e-12)
        steps = 2000
        path = np.full(17 * steps + 39 * steps + 1, 0.6)
        for t in range(17 * steps, len(path) - 1):
            late = path[t - 17 * steps]
            path[t + 1] = path[t] + (0.2 * late / (1 + late**10) - 0.1 * path[t]) / steps
        np.testing.assert_allclose(found[1], path[17 * steps :: steps], atol=2e-4)

    def test_lorenz_agrees_with_scipy(self) -> None:
        from scipy.integrate import solve_ivp

        start = np.array([1.0, 2.0, 20.0])
        found = lorenz(start[:, None], 21)[:, :, 0]

        def flow(t: float, s: np.ndarray) -> list[float]:
            return [10 * (s[1] - s[0]), s[0] * (28 - s[2]) - s[1], s[0] * s[1] - 8 / 3 * s[2]]

        exact = solve_ivp(flow, (0, 1), start, t_eval=np.arange(21) * 0.05, rtol=1e-10, atol=1e-10).y.T
        np.testing.assert_allclose(found, exact, atol=2e-3)

    @pytest.mark.parametrize(("process", "channels"), [("sines", 1), ("mackey_glass", 1), ("lorenz", 3)])
    def test_the_target_goes_on_where_the_window_ends(self, process: str, channels: int) -> None:
        dataset = of("series", process=process, n=50, noise=0.0, drift=0.0, window=30, horizon=5)
        longer = of("series", process=process, n=50, noise=0.0, drift=0.0, window=33, horizon=2)
        assert dataset.fields["features"].shape == (50, channels, 30)
        np.testing.assert_array_equal(dataset.fields["target"][:, :3], longer.fields["features"][:, 0, 30:])
        np.testing.assert_array_equal(dataset.fields["target"][:, 3:], longer.fields["target"])

    def test_noise_and_drift_are_as_large_as_they_say(self) -> None:
        plain, noisy, drifting = (
            of("series", n=2000, noise=noise, drift=drift).fields["features"][:, 0]
            for noise, drift in ((0.0, 0.0), (0.1, 0.0), (0.0, 0.02))
        )
        assert (noisy - plain).std() == pytest.approx(0.1, rel=0.02)
        slopes = np.diff(drifting - plain, axis=1)
        np.testing.assert_allclose(slopes, slopes[:, :1].repeat(47, axis=1), atol=1e-5)
        assert slopes[:, 0].std() == pytest.approx(0.02, rel=0.05)


class TestPairs:
    @pytest.mark.parametrize(
        ("task", "done"), [("copy", lambda t: t), ("reverse", lambda t: t[::-1]), ("sort", sorted)]
    )
    def test_letters(self, task: str, done: object) -> None:
        dataset = of("pairs", task=task, n=200, length=6, symbols=4)
        assert callable(done)
        assert [list(done(row)) for row in rows(dataset, "features")] == rows(dataset, "target")
        assert {*"abcd"} == {letter for row in rows(dataset, "features") for letter in row}

    def test_dates_mean_the_same_day(self) -> None:
        dataset = of("pairs", task="dates", n=300)
        ways = set()
        for asked, answer in zip(rows(dataset, "features"), rows(dataset, "target"), strict=True):
            text = spelled(asked).strip()
            way = next(w for w in ("%d %B %Y", "%B %d, %Y", "%d.%m.%Y") if _reads(text, w))
            ways.add(way)
            assert datetime.strptime(text, way).date().isoformat() == "".join(answer)
        assert len(ways) == 3

    @pytest.mark.parametrize("task", ["reverse", "dates"])
    def test_what_is_given_is_the_target_one_late(self, task: str) -> None:
        dataset = of("pairs", task=task, n=50)
        given, target = dataset.fields["given"], dataset.fields["target"]
        np.testing.assert_array_equal(given[:, 1:], target[:, :-1])
        fields = dataset.signature.fields
        assert [fields["given"].classes[k] for k in given[:, 0]] == ["start"] * 50
        assert fields["given"].classes[:-1] == fields["target"].classes


def _reads(text: str, way: str) -> bool:
    try:
        datetime.strptime(text, way)
    except ValueError:
        return False
    return True


def test_the_ring_is_round_and_its_places_are_hit_alike() -> None:
    dataset = of("ring", n=804, modes=8, radius=3.0, noise=0.0)
    points, target = dataset.fields["features"], dataset.fields["target"]
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 3.0, rtol=1e-6)
    assert np.bincount(target).tolist() == [101] * 4 + [100] * 4
    turn = np.arctan2(points[:, 1], points[:, 0]) / (2 * np.pi) * 8
    np.testing.assert_allclose((turn - target + 4) % 8, 4, atol=1e-5)
