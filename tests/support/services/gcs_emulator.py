"""Cloud Storage on this machine: fake-gcs-server, which enforces generation preconditions.

It is built once through the Go module proxy. The project's own cache outside the tree holds it, and all that Go
keeps of its sources. To try ``gs://`` by hand, run
``python tests/support/services/gcs_emulator.py BUCKET``: it prints the line to put before other commands, and serves
until it is interrupted.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

MODULE = "github.com/fsouza/fake-gcs-server"
VERSION = "v1.56.1"
SUM = "h1:K03sAvbLvDz4hAynpCCUqnNRp+ik9JFSvHbkD/wTPOU="  # of the module's source, as go.sum writes it
START = 20  # seconds
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tokumei"
# What Go itself keeps, in folders that may be deleted like any other.
GO = {
    "GOPATH": str(CACHE / "go"),
    "GOMODCACHE": "",
    "GOCACHE": str(CACHE / "go-build"),
    "GOFLAGS": "-modcacherw",
}


class Unavailable(Exception):
    """The emulator cannot be built here; the text is one line."""


def install() -> Path:
    """Return the emulator's binary, building it (about 3 minutes with an empty Go cache) if it is not cached."""
    cache = CACHE / "gcs-emulator"
    binary = cache / f"fake-gcs-server-{VERSION}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs at once build it once
        if not binary.exists():
            _build(cache, binary)
    return binary


def _build(cache: Path, binary: Path) -> None:
    if not shutil.which("go"):
        raise Unavailable("gs:// is not tested here: building its emulator needs Go (https://go.dev/dl)")
    folder = cache / "build"
    go = ["go", "install", f"{MODULE}@{VERSION}"]
    built = subprocess.run(
        go,
        env={**os.environ, **GO, "GOBIN": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        cwd=cache,
    )
    if built.returncode:
        raise Unavailable(
            f"gs:// is not tested here: {' '.join(go)}: {built.stderr.strip().splitlines()[-1]}"
        )
    made = folder / "fake-gcs-server"
    # What Go has put into the binary says which source it was made of.
    stamp = subprocess.run(
        ["go", "version", "-m", str(made)], capture_output=True, text=True, check=True
    ).stdout
    if f"\tmod\t{MODULE}\t{VERSION}\t{SUM}\n" not in stamp:
        raise Unavailable(f"gs:// is not tested here: {MODULE} {VERSION} is not the source it should be")
    made.replace(binary)
    folder.rmdir()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running():
    """Start an empty emulator in memory, yield its URL once it answers, and stop it."""
    binary, port = install(), free_port()
    url = f"http://127.0.0.1:{port}"
    flags = [
        "-backend=memory",
        "-scheme=http",
        "-host=127.0.0.1",
        f"-port={port}",
        f"-public-host=127.0.0.1:{port}",
    ]
    server = subprocess.Popen([str(binary), *flags, "-log-level=error"], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START
        while not _answers(url):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the Cloud Storage emulator did not answer within {START} s")
            time.sleep(0.05)
        yield url
    finally:
        server.terminate()
        server.wait(10)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/storage/v1/b?project=p", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def make_bucket(url: str, name: str) -> None:
    ask = urllib.request.Request(
        f"{url}/storage/v1/b?project=p",
        data=json.dumps({"name": name}).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(ask, timeout=10).close()


if __name__ == "__main__":
    with running() as url:
        for bucket in sys.argv[1:]:
            make_bucket(url, bucket)
        print(f"export STORAGE_EMULATOR_HOST={url}", flush=True)
        with suppress(KeyboardInterrupt):
            time.sleep(1 << 30)
