"""The environment that holds a real Airflow and Kubernetes' own schemas."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def nightly_python():
    """The Python of that environment, installed unless it is there."""
    command = [Path(__file__).with_name("install.sh"), sys.executable]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=500).stdout.strip()
