"""The job `tokumei schema`: the JSON Schema of policies, so that an editor completes and checks them."""

from __future__ import annotations

import argparse
import json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's arguments: none."""


def run(args: argparse.Namespace) -> int:
    """Print the schema."""
    from tokumei.schemas.policy import Policy

    print(json.dumps(Policy.model_json_schema(), ensure_ascii=False, indent=2))
    return 0
