"""One way to run the command in tests."""

import json
import os
import secrets
from contextlib import ExitStack

import pytest
from hypothesis import settings
from support.deal import EVERYTHING, Deal
from support.helpers import Bucket, Outcome
from support.services import fault_proxy, gcs_emulator

from tokumei.pipelines.cli import main
from tokumei.transforms.storage import gcs

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("ci")


def pytest_addoption(parser):
    parser.addoption("--deal", type=Deal.parse, default=EVERYTHING, help="share of the test modules, as 2/4")


def pytest_collection_modifyitems(config, items):
    """Leave out the modules of other shares."""
    deal = config.getoption("deal")
    modules = set(deal.hand(sorted({item.path for item in items})))
    config.hook.pytest_deselected(items=[item for item in items if item.path not in modules])
    items[:] = [item for item in items if item.path in modules]


@pytest.fixture(scope="session")
def quick_beam():
    """Beam that remembers what it asks of classes and functions."""
    from support import quick_beam  # Beam is imported for tests of jobs alone

    with pytest.MonkeyPatch.context() as patch:
        quick_beam.remember(patch)
        yield


@pytest.fixture
def run(tmp_path, capsys, quick_beam):
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


@pytest.fixture
def apart(monkeypatch):
    """Small files are not read together."""
    from tokumei.transforms.planning import inputs

    monkeypatch.setattr(inputs, "TOGETHER_FILES", 1)


@pytest.fixture(scope="session")
def emulator():
    """The URL of a Cloud Storage emulator, with a proxy before it that can break requests."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(gcs_emulator.running())
        except gcs_emulator.Unavailable as why:
            if os.environ.get("CI"):
                pytest.fail(str(why), pytrace=False)
            pytest.skip(str(why))
        proxy = stack.enter_context(fault_proxy.running(url))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
        yield proxy


@pytest.fixture
def bucket(emulator, monkeypatch):
    """A new bucket on the emulator, and no faults; pauses before second tries are short."""
    monkeypatch.setattr(gcs, "_RETRY", gcs._RETRY.with_delay(initial=0.02))
    emulator.clear()
    name = f"bucket-{secrets.token_hex(6)}"
    gcs_emulator.make_bucket(emulator.url, name)
    yield Bucket(name, emulator)
    emulator.clear()
