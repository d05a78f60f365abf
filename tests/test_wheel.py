"""The wheel: one package and nothing beside it; in an empty environment it runs the command and the demo."""

import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ("schemas", "transforms", "pipelines")


def build(folder, *what):
    command = [sys.executable, "-m", "build", *what, "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Made of the source distribution, as whoever packages it again makes it."""
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def bin_dir(wheel, tmp_path_factory):
    """An environment with nothing but the wheel; its dependencies are lent from this one, to save the download."""
    venv = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    install = [venv / "bin" / "python", "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (site,) = venv.glob("lib/python*/site-packages")
    # A plain path line: this environment's own .pth files, and so its editable project, stay unseen.
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    for name in FLOORS:  # the package index has packages of these names
        (site / f"{name}.py").write_text("raise ImportError('not ours')\n")
    return venv / "bin"


def shown_by(*command, cwd="/"):
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=cwd)


def contents(wheel):
    """Name and checksum of everything in it."""
    with zipfile.ZipFile(wheel) as packed:
        return {member.filename: member.CRC for member in packed.infolist()}


def test_it_holds_one_package(wheel):
    info = f"tokumei-{version('tokumei')}.dist-info"
    names = contents(wheel)
    assert {name.split("/")[0] for name in names} == {"tokumei", info}
    with zipfile.ZipFile(wheel) as packed:
        recorded = {line.split(",")[0] for line in packed.read(f"{info}/RECORD").decode().splitlines()}
    assert recorded == set(names)
    assert {"tokumei/py.typed", "tokumei/pipelines/worker_pool.py", "tokumei/pipelines/example/LICENSE"} <= {
        *names
    }


def test_it_holds_what_the_tree_holds(wheel, tmp_path):
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FLOORS, "tokumei"]
    there = [f for f in shown_by(*listing, cwd=ROOT).stdout.splitlines() if (ROOT / f).is_file()]
    files = {f if f.startswith("tokumei/") else f"tokumei/{f}" for f in there}
    held = {name for name in contents(wheel) if name.startswith("tokumei/")}
    assert held == files
    assert contents(build(tmp_path, "--wheel")) == contents(wheel)


def test_modules_come_from_the_wheel(bin_dir):
    code = "from tokumei import pipelines, transforms, schemas; print(pipelines.__file__, transforms.__file__, schemas.__file__)"
    shown = shown_by(bin_dir / "python", "-c", code)
    assert all(str(bin_dir.parent) in path for path in shown.stdout.split())


def test_help(bin_dir):
    shown = shown_by(bin_dir / "tokumei", "--help")
    for job in ("anonymize", "check", "demo", "schema", "synthesize"):
        assert job in shown.stdout
    pool = shown_by(bin_dir / "python", "-m", "tokumei.pipelines.worker_pool", "--help")
    assert "--port" in pool.stdout


def test_version(bin_dir):
    for command in ([bin_dir / "tokumei"], [bin_dir / "python", "-m", "tokumei"]):
        assert shown_by(*command, "--version").stdout == f"tokumei {version('tokumei')}\n"


def test_the_demo(bin_dir, tmp_path):
    done = subprocess.run(
        [bin_dir / "tokumei", "demo"], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert f"policy: {bin_dir.parent}" in done.stdout
    out = tmp_path / "out" / "demo"
    assert list(out.glob("releases/*/manifest.json")) and (out / "register" / "index.html").exists()
    assert "Traceback" not in done.stderr
