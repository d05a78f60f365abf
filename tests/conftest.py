"""One way to run the command in tests."""

import json
import os

import pytest
from helpers import Outcome
from hypothesis import settings

from pipelines.cli import main

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("ci")


@pytest.fixture
def run(tmp_path, capsys):
    """Run ``tokumei anonymize`` on a policy (plain data or a path) and text or bytes files."""

    def go(policy, files=None, *, args=(), output="out", job="anonymize"):
        for name, content in (files or {}).items():
            target = tmp_path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        if not isinstance(policy, (str, os.PathLike)):
            path = tmp_path / "policy.yaml"
            path.write_text(json.dumps(policy, ensure_ascii=False, indent=1))  # JSON is YAML
            policy = path
        capsys.readouterr()
        extra = ["--output", str(tmp_path / output)] if job == "anonymize" else []
        status = main([job, str(policy), *extra, *args])
        out, err = capsys.readouterr()
        return Outcome(status, out, err, tmp_path / output)

    return go
