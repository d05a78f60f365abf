"""The job `tokumei schema`: the JSON Schema of policies, so that an editor completes and checks them."""

from __future__ import annotations

import argparse
import json

from tokumei.pipelines.cli import run_as_program


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's arguments: none."""


def run(args: argparse.Namespace) -> int:
    """Print the schema."""
    from tokumei.schemas.policy import Policy

    print(json.dumps(Policy.model_json_schema(), ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    run_as_program(__spec__)
