"""The job `tokumei schema`: the JSON Schema of policies, for editors, or of reports, for programs."""

from __future__ import annotations

import argparse
import json

from tokumei.pipelines.cli import run_as_program


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's arguments."""
    parser.add_argument(
        "--of",
        choices=("policy", "report"),
        default="policy",
        help="what the schema is of: policies (default), or report.json",
    )


def run(args: argparse.Namespace) -> int:
    """Print the schema."""
    from tokumei.schemas.policy import Policy
    from tokumei.schemas.report import Report

    described = Report if args.of == "report" else Policy
    print(json.dumps(described.model_json_schema(), ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    run_as_program(__spec__)
