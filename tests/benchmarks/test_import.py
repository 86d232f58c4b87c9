"""What `import routes` takes: CPU seconds of a fresh interpreter."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import pytest

from tests.benchmarks.conftest import Race

pytestmark = [pytest.mark.benchmarks, pytest.mark.benchmark(timer=time.process_time)]

AT_MOST_S = 0.3
CODE = "import time; start = time.process_time(); import routes; {}; print(time.process_time() - start)"


def import_s(then: str) -> float:
    runs = [subprocess.run([sys.executable, "-c", CODE.format(then)], capture_output=True, text=True, check=True) for _ in range(5)]
    return statistics.median(float(run.stdout) for run in runs)


@pytest.mark.parametrize(("then", "job"), [("pass", "import routes"), ("routes.max_flow", "  and routes.max_flow, which loads its module")])
def test_import(race: Race, then: str, job: str) -> None:
    """No peer: the ceiling stands in its place, so the ratio is how many times it would fit. What loads at first use has none."""
    race.benchmark.pedantic(import_s, args=(then,), rounds=1)
    race.note(job, f"at most {AT_MOST_S} s", import_s(then), AT_MOST_S, 1.0 if then == "pass" else None)
