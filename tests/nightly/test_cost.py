"""What a run on Dataflow is said to cost: the arithmetic, and that it starts from what was measured."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
README = (DEPLOY / "README.md").read_text()
PRICES = yaml.safe_load((DEPLOY / "dataflow" / "prices.yaml").read_text())


@pytest.fixture(scope="module")
def cost():
    spec = importlib.util.spec_from_file_location("cost", DEPLOY / "dataflow" / "cost.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["cost"] = module  # where its dataclass looks for itself
    spec.loader.exec_module(module)
    del sys.modules["cost"]
    return module


def test_it_starts_from_what_was_measured(cost):
    measured = re.search(
        r"all, without people and pass 2\*\* \| \*\*(.*?)\*\* \| .*? \| \*\*(.*?)\*\*", README
    )
    assert (float(measured[1]), float(measured[2])) == (cost.CPU_SECONDS, cost.SHUFFLED_MB)
    alone = re.search(r"requests for parts at 50 ms \| (\d+) s; (\d+) s", README)
    assert round(cost.ALONE_SECONDS * 1000) == sum(map(int, alone.groups()))


def test_a_run_by_hand(cost):
    """Two machines of 4 vCPU and 16 GB for 240 + 1,000 × (1.27 / 8 + 0.07) s; 14.6 GB shuffled."""
    run = cost.run_of(1000, 2, "n2-standard-4")
    assert run.hours * 3600 == pytest.approx(468.75)
    assert run.vcpu_hours == pytest.approx(8 * 468.75 / 3600) == pytest.approx(run.memory_gb_hours / 4)
    assert (run.disk_gb_hours, run.shuffle_gb) == pytest.approx((50 * 468.75 / 3600, 14.6))
    assert cost.run_of(1000, 2, "n2-highmem-4").memory_gb_hours == 2 * run.memory_gb_hours
    parts = {"vcpu_hour": 1.0, "memory_gb_hour": 0.0, "disk_gb_hour": 0.0, "shuffle_gb": 0.0}
    assert run.dollars(parts) == run.vcpu_hours
    assert run.dollars({**parts, "vcpu_hour": 0.0, "shuffle_gb": 2.0}) == pytest.approx(29.2)
    assert run.dollars(PRICES) == pytest.approx(
        sum((1.041667 * 0.056, 4.166667 * 0.003557, 6.510417 * 0.000054, 14.6 * 0.011)), rel=1e-5
    )
    with pytest.raises(ValueError, match="n2-standard-4"):
        cost.run_of(1, 1, "f1-micro")


def test_the_table_is_what_it_prints():
    rows = re.findall(r"^\| [\d,]+ million \| .*$", README, re.MULTILINE)
    assert len(rows) == 4
    for row in (rows[0], rows[-1]):
        millions, workers, machine = re.match(r"\| ([\d,]+) million \| (\d+) × (\S+)", row).groups()
        command = [sys.executable, DEPLOY / "dataflow" / "cost.py", "--machine", machine]
        command += ["--millions", millions.replace(",", ""), "--workers", workers]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60)
        assert done.stdout.strip() == row
