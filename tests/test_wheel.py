"""The wheel, installed into an empty environment, runs the command and a job."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from support.helpers import DATA

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def bin_dir(tmp_path_factory):
    """An environment with nothing but the wheel; its dependencies are lent from this one, to save the download."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    install = [venv / "bin" / "python", "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (site,) = venv.glob("lib/python*/site-packages")
    # A plain path line: this environment's own .pth files, and so its editable project, stay unseen.
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return venv / "bin"


def test_modules_come_from_the_wheel(bin_dir):
    code = "from tokumei import pipelines, transforms, schemas; print(pipelines.__file__, transforms.__file__, schemas.__file__)"
    shown = subprocess.run(
        [bin_dir / "python", "-c", code], check=True, capture_output=True, text=True, cwd="/"
    )
    assert all(str(bin_dir.parent) in path for path in shown.stdout.split())


def test_help(bin_dir):
    shown = subprocess.run(
        [bin_dir / "tokumei", "--help"], check=True, capture_output=True, text=True, cwd="/"
    )
    for job in ("anonymize", "check", "demo", "schema", "synthesize"):
        assert job in shown.stdout


def test_a_job(bin_dir, tmp_path):
    policy = DATA / "jdss_100knocks" / "policy.yaml"
    command = [bin_dir / "tokumei", "anonymize", policy, "--output", tmp_path]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("releases/*/manifest.json")) and (tmp_path / "register" / "index.html").exists()
    assert "Traceback" not in done.stderr
