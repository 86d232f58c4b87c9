"""Ratios: our job and the peer's in turn in one process, in CPU seconds (pages: seconds), and one table of all of them at the end.

A target that is missed is shown, not failed: times depend on the machine. That both give the same answer is asserted by
each test before it times anything.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks.corridor import Corridor
from tests.maps.conftest import browser as browser
from tests.maps.conftest import make_gallery as make_gallery

COLUMNS = ("job", "peer", "ours", "peer", "ratio", "target", "")


@pytest.fixture(scope="session")
def corridor() -> Corridor:
    return Corridor()


class Race:
    """Times a job of ours against a peer's."""

    def __init__(self, benchmark: BenchmarkFixture) -> None:
        self.benchmark = benchmark

    def __call__(
        self,
        job: str,
        ours: Callable[[], object],
        peer: tuple[str, Callable[[], object]],
        *,
        target: float | None = None,
        share: float = 1.0,
        rounds: int = 5,
        repeat: int = 1,
    ) -> None:
        """Run both so many times in turn and note the medians.

        ``share`` is how much of the job the peer does: its time is divided by it. ``repeat`` jobs of ours make a round
        where one alone is too short to be timed.
        """
        peer_s: list[float] = []

        def setup() -> None:
            start = time.process_time()
            peer[1]()
            peer_s.append(time.process_time() - start)

        def several() -> None:
            for _ in range(repeat):
                ours()

        # What earlier jobs have left in memory is neither side's to search for garbage.
        gc.collect()
        gc.freeze()
        self.benchmark.pedantic(several, setup=setup, rounds=rounds)
        gc.unfreeze()
        if not self.benchmark.disabled:
            self.note(job, peer[0], self.benchmark.stats.stats.median / repeat, statistics.median(peer_s) / share, target)

    def note(self, job: str, peer: str, ours_s: float, peer_s: float, target: float | None) -> None:
        """Put a row into the table."""
        row = {"job": job, "peer": peer, "ours_s": ours_s, "peer_s": peer_s, "ratio": peer_s / ours_s, "target": target}
        self.benchmark.extra_info.setdefault("rows", []).append(row)


@pytest.fixture
def race(benchmark: BenchmarkFixture) -> Race:
    return Race(benchmark)


def pytest_configure(config: pytest.Config) -> None:
    """One table is enough: that of pytest-benchmark itself is left out unless ``-v`` asks for it."""
    config.option.benchmark_quiet = True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    session = getattr(config, "_benchmarksession", None)
    infos = [row for bench in session.benchmarks for row in bench.extra_info.get("rows", [])] if session else []
    if not infos:
        return
    rows = [_row(info) for info in infos]
    widths = [max(len(row[at]) for row in [COLUMNS, *rows]) for at in range(len(COLUMNS))]
    terminalreporter.section("ratios of CPU time, for pages of wall time (peer / ours)")
    for row in [COLUMNS, *rows]:
        cells = [
            cell.ljust(width) if at in (0, 1, 6) else cell.rjust(width) for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        terminalreporter.write_line("  ".join(cells).rstrip())


def _row(info: dict[str, object]) -> tuple[str, ...]:
    ratio, target = float(str(info["ratio"])), info["target"]
    missed = "BELOW TARGET" if target is not None and ratio < float(str(target)) else ""
    aim = "-" if target is None else f"{target:,.3g} x" if float(str(target)) < 1000 else f"{target:,.0f} x"
    return (str(info["job"]), str(info["peer"]), _seconds(info["ours_s"]), _seconds(info["peer_s"]), f"{ratio:,.1f} x", aim, missed)


def _seconds(amount: object) -> str:
    seconds = float(str(amount))
    return f"{seconds:,.2f} s" if seconds >= 1 else f"{seconds * 1e3:,.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:,.3g} us"
