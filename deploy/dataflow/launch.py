"""What a Flex Template starts: template parameters become the command `tokumei anonymize`.

The launcher of Google's base image runs this file with every parameter as ``--name=value``, and with Beam's
options of the job, of which ``--template_location`` says where to describe it. Errors are printed as JSON
objects, one a line, as Cloud Logging takes them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tokumei.pipelines.cli import main

# Parameters with another name than their option; those not given may come as empty texts.
_OPTIONS = {
    "--output": "--output",
    "--release_id": "--release-id",
    "--date": "--date",
    "--set": "--set",
    "--wait": "--wait",
}


def command(parameters: Sequence[str]) -> list[str]:
    """Return the arguments of ``tokumei`` for these parameters; what is not ours goes to Beam unchanged."""
    policy, ours, beams = [], [], []
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "--policy":
            policy.append(value)
        elif name not in _OPTIONS:
            beams.append(parameter)
        elif value:
            values = value.split(";") if name == "--set" else [value]
            ours += [f"{_OPTIONS[name]}={one}" for one in values]
    return ["--json", "anonymize", *policy, *ours, *beams]


if __name__ == "__main__":
    raise SystemExit(main(command(sys.argv[1:])))
