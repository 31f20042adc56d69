"""The batch that fits is found by real steps that may run out of memory; nothing but their own process suffers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.memory import _left_in_groups, free_memory
from core.problem import LayerloomError
from core.program.program import Program
from core.training.launch import worker_environment
from core.training.tools import fitting
from core.training.tools.fitting import Try, fit_batch
from tests import drawn, trainings

MEGABYTE = 2**20


def wide(features: int) -> Program:
    """Diabetes, with so many hidden units that each example takes megabytes."""
    d = drawn.Drawing("Wide", "Wide")
    x, target = d.input("features", 10), d.target("target", 1)
    x = d.layer("tanh", "tanh", d.layer("linear", "hidden", x, params={"out_features": features}))
    x = d.layer("linear", "out", x, params={"out_features": 1})
    d.output(x)
    d.loss(d.layer("mse_loss", "mse", x, target))
    return d.program()


@pytest.mark.slow
def test_what_fits_fits_and_what_does_not_does_not() -> None:
    limit = 900 * MEGABYTE
    before = {child.pid for child in psutil.Process().children()}
    told: list[float] = []
    found = fit_batch(wide(400_000), trainings.job("diabetes"), limit=limit, margin=0.1, told=told.append)
    assert found.limit == int(0.9 * limit)
    assert 8 <= found.fits < found.examples == 310
    assert found.suggestion is not None
    assert found.suggestion <= found.fits < 2 * found.suggestion
    assert found.suggestion & (found.suggestion - 1) == 0
    whole = [t for t in found.tries if t.fits]
    assert all(t.size <= found.fits and 0 < t.peak <= found.limit for t in whole)
    assert all(t.size > found.fits for t in found.tries if not t.fits)
    # the reference: a process that nobody limits, taking both sizes
    smallest = min(t.size for t in found.tries if not t.fits)
    assert smallest - found.fits <= max(1, found.fits // fitting.CLOSE)
    free = fit_batch(wide(400_000), trainings.job("diabetes"), limit=8 * limit, margin=0.0)
    assert free.fits == 310
    rows = {t.size: t.peak for t in free.tries}
    one = (rows[310] - rows[64]) / (310 - 64)
    assert found.fits * one + rows[64] - 64 * one == pytest.approx(found.limit, rel=0.2)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert {child.pid for child in psutil.Process().children()} == before
    assert json.loads(json.dumps(found.to_json()))["verdict"] == found.verdict


@pytest.mark.slow
def test_all_that_there_is_may_fit() -> None:
    found = fit_batch(trainings.moons(), trainings.job(), limit=4096 * MEGABYTE)
    assert found.fits == found.suggestion == found.examples == 140
    assert "All 140 training examples fit" in found.verdict


def test_trouble_of_the_design_is_told_as_a_run_would() -> None:
    with pytest.raises(LayerloomError, match="no file is chosen"):
        fit_batch(drawn.mlp(), trainings.job("csv"))


def test_a_process_that_takes_too_much_is_ended_from_outside() -> None:
    code = "import time; held = bytearray(b'1') * 200_000_000; time.sleep(60)"
    for limit, ends in ((100 * MEGABYTE, True), (2**40, False)):
        process = subprocess.Popen([sys.executable, "-c", code], text=True)
        try:
            with fitting._Watched(process, limit) as watched:
                for _ in range(200):
                    if process.poll() is not None or (not ends and psutil.Process(process.pid).memory_info().rss > 2e8):
                        break
                    time.sleep(0.02)
            assert watched.ended == ends
        finally:
            process.kill()
            process.wait()


def test_the_process_that_probes_ends_with_whoever_asked() -> None:
    """In the midst of a step: the tool itself may have been killed."""
    code = (
        "import time\n"
        "from core.training.tools import probing\n"
        "class Slow:\n"
        "    def __init__(self, asked): pass\n"
        "    def head(self): return {}\n"
        "    def probe(self, size): time.sleep(600)\n"
        "probing.Probe = Slow\n"
        "probing.main()\n"
    )
    command, pipe = [sys.executable, "-c", code], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=worker_environment()) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("{}\n8\n")
        process.stdin.flush()
        assert process.stdout.readline() == "{}\n"
        process.stdin.close()
        assert process.wait(30) == 0


class Script:
    """Stands for the process: so many fit, and steps take so long."""

    device, limit = "cpu", 2**30

    def __init__(self, fits: int, examples: int, seconds: float = 0.01) -> None:
        self.most, self.examples, self.seconds = fits, examples, seconds
        self.asked: list[int] = []

    def probe(self, size: int) -> Try:
        self.asked.append(size)
        return Try(size, size <= self.most, size, self.seconds * size)


@pytest.mark.parametrize("fits", [0, 1, 5, 7, 8, 9, 63, 64, 100, 999, 1000, 5000])
def test_the_search_ends_near_the_truth_whatever_that_is(fits: int) -> None:
    script = Script(fits, 1000, 1e-5)
    found = fitting._search(script, lambda _share: None, 0.1)  # type: ignore[arg-type]
    truth = min(fits, 1000)
    assert found.fits <= truth
    assert truth - found.fits <= max(1, truth // fitting.CLOSE)
    assert len(script.asked) <= 14
    assert (found.suggestion is None) == (fits == 0)
    assert ("Not even one" in found.verdict) == (fits == 0)


def test_steps_that_take_too_long_end_the_search() -> None:
    found = fitting._search(Script(10**6, 10**6, 0.5), lambda _share: None, 0.1)  # type: ignore[arg-type]
    assert found.fits == 64
    assert "a step takes 32 s" in found.verdict


def test_control_groups_of_both_versions_count(tmp_path: Path) -> None:
    assert 0 < free_memory() <= psutil.virtual_memory().total
    own = tmp_path / "cgroup"
    own.write_text("0::/user/job\n")
    for folder, limit, used in (("", "max", "0"), ("user", "5000", "1000"), ("user/job", "3000", "2500")):
        (tmp_path / "two" / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "two" / folder / "memory.max").write_text(limit)
        (tmp_path / "two" / folder / "memory.current").write_text(used)
    (tmp_path / "two" / "user" / "job" / "memory.stat").write_text("anon 5\ninactive_file 100\n")
    assert _left_in_groups(tmp_path / "two", own) == [600, 4000]
    own.write_text("4:memory:/job\n2:cpu:/\n0::/\n")
    (tmp_path / "one" / "memory" / "job").mkdir(parents=True)
    (tmp_path / "one" / "memory" / "job" / "memory.limit_in_bytes").write_text("700")
    (tmp_path / "one" / "memory" / "job" / "memory.usage_in_bytes").write_text("300")
    assert _left_in_groups(tmp_path / "one", own) == [400]
    assert _left_in_groups(tmp_path / "none", tmp_path / "nothing") == []
