"""What a run on Dataflow costs, in yen: a bound by what deploy/README.md measured (Sizing) and prices.yaml.

    python deploy/dataflow/cost.py --millions 1000 --workers 8 --machine n2-standard-4

A worker is paid for from its start to the job's end, busy or not. No discount is counted, such as Dataflow's
on what is shuffled. Not in it: storage and its requests, what the launcher of a template takes, tax.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

# Of deploy/README.md, for a million residents of 12 columns.
CPU_SECONDS = 1.27
SHUFFLED_MB = 7.3
ALONE_SECONDS = 0.07  # on one worker: merging 0.02, requests for 7.75 parts at 50 ms, 8 at a time
# Not measured: from the first worker's start until it reads, and from the manifest until workers are gone.
START_SECONDS = 240
DISK_GB = 25  # of a worker of a batch job with Dataflow Shuffle
# Memory of a machine by its family: GB a vCPU.
MEMORY = {"standard": 4, "highmem": 8, "highcpu": 1}


@dataclass(frozen=True)
class Run:
    """What is paid for: hours of processors (vCPU), of memory and disks (GB), and what is shuffled (GB)."""

    hours: float
    vcpu_hours: float
    memory_gb_hours: float
    disk_gb_hours: float
    shuffle_gb: float

    def dollars(self, prices: dict[str, float]) -> float:
        """Return what that costs, by the prices of prices.yaml."""
        return (
            self.vcpu_hours * prices["vcpu_hour"]
            + self.memory_gb_hours * prices["memory_gb_hour"]
            + self.disk_gb_hours * prices["disk_gb_hour"]
            + self.shuffle_gb * prices["shuffle_gb"]
        )


def run_of(millions: float, workers: int, machine: str) -> Run:
    """Return what a run takes.

    Args:
        millions: of records.
        workers: machines, all of them from beginning to end.
        machine: its type, as n2-standard-4.

    Raises:
        ValueError: the type does not tell processors and memory.
    """
    found = re.fullmatch(r"[a-z0-9]+-(standard|highmem|highcpu)-(\d+)", machine)
    if not found:
        raise ValueError(f"{machine}: name a type as n2-standard-4")
    vcpus = int(found[2])
    seconds = START_SECONDS + millions * (CPU_SECONDS / (workers * vcpus) + ALONE_SECONDS)
    hours = seconds / 3600
    return Run(
        hours=hours,
        vcpu_hours=hours * workers * vcpus,
        memory_gb_hours=hours * workers * vcpus * MEMORY[found[1]],
        disk_gb_hours=hours * workers * DISK_GB,
        shuffle_gb=2 * millions * SHUFFLED_MB / 1000,  # written, and read
    )


def main() -> None:
    """Print the estimate as a row of the table in deploy/README.md."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--millions", type=float, required=True, help="records, in millions")
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--machine", default="n2-standard-4")
    args = parser.parse_args()
    prices = yaml.safe_load(Path(__file__).with_name("prices.yaml").read_text(encoding="utf-8"))
    run = run_of(args.millions, args.workers, args.machine)
    yen = run.dollars(prices) * prices["yen_per_dollar"]
    told = [
        f"{args.millions:,g} million",
        f"{args.workers} × {args.machine}",
        f"{run.hours * 60:,.0f} min",
        f"{run.vcpu_hours:,.2f}",
        f"{run.memory_gb_hours:,.2f}",
        f"{run.shuffle_gb:,.2f}",
        f"{yen:,.0f} yen",
    ]
    print(f"| {' | '.join(told)} |")  # noqa: T201


if __name__ == "__main__":
    main()
