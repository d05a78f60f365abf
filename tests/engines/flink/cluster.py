"""A real Flink cluster on this machine, without Docker: job and task managers, Beam's job server, workers.

    python tests/engines/flink/cluster.py install    # once, into the cache; needs Java 11+ and Maven
    python tests/engines/flink/cluster.py start      # waits until ready, prints Beam's options for it
    python tests/engines/flink/cluster.py stop

Run it with the Python that has Tokumei installed: its workers run under the same one. Everything listens on
the loopback interface, on free ports. Logs are in the run folder (``--run``), versions in
deploy/versions.env.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DEPLOY = HERE.parents[2] / "deploy"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tokumei"
VERSIONS = dict(
    line.split("=", 1)
    for line in (DEPLOY / "versions.env").read_text().splitlines()
    if "=" in line and not line.startswith("#")
)
FLINK = CACHE / f"flink-{VERSIONS['FLINK']}"
# With every job the job server uploads the jars of its class path, about 15 s in all, though the cluster has
# them already. Beam skips a jar only if its real path contains "gradle/wrapper": so the runner's jars are kept
# in a folder of that name.
RUNNER = (
    CACHE
    / f"beam-flink-runner-{VERSIONS['BEAM_FLINK_RUNNER']}-{VERSIONS['FLINK'].rsplit('.', 1)[0]}"
    / "gradle/wrapper"
)
WORKERS = "tokumei.pipelines.worker_pool"
READY_SECONDS = 120
STARTS = 3
# How long a Python worker outlives a stage. A restart waits longer, lest it meet a worker that died.
_KEEP_WORKERS_SECONDS = 4

# Flink's own start scripts open these packages to reflection; Java 17 closes them otherwise.
_OPENS = [
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in (
        "java.lang",
        "java.lang.reflect",
        "java.net",
        "java.nio",
        "java.text",
        "java.time",
        "java.util",
        "java.util.concurrent",
        "java.util.concurrent.atomic",
        "java.util.concurrent.locks",
        "sun.net.util",
    )
]
# Flink's start scripts would work these out; started directly, a task manager wants each of them.
_MEMORY = {
    "taskmanager.cpu.cores": "1.0",
    "taskmanager.memory.framework.heap.size": "128m",
    "taskmanager.memory.task.heap.size": "512m",
    "taskmanager.memory.framework.off-heap.size": "128m",
    "taskmanager.memory.task.off-heap.size": "64m",
    # Enough for one task manager to take over all subtasks of the other.
    "taskmanager.memory.network.min": "512m",
    "taskmanager.memory.network.max": "512m",
    # What a step sends to another is small; Flink's 512 for each are not, and a large file's job has dozens.
    "taskmanager.network.sort-shuffle.min-buffers": "16",
    # A sort buffer, a small share of it, must hold the largest partial count: some MB for 4 million records.
    "taskmanager.memory.managed.size": "1024m",
    "taskmanager.memory.jvm-metaspace.size": "256m",
    "taskmanager.memory.jvm-overhead.min": "192m",
    "taskmanager.memory.jvm-overhead.max": "192m",
}
_LOG4J = """
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss,SSS} %-5p %c{1} - %m%n
"""


class ClusterError(Exception):
    """Something is missing or did not come up; the text says what to do."""


class EndedAtOnce(ClusterError):
    """A process of the cluster ended while it started; the text holds the end of its log."""


def install() -> None:
    """Download Flink and Beam's runner for it into the cache, unless they are there.

    Raises:
        ClusterError: Java or Maven is missing, or a download failed.
    """
    need_tools()
    with _installing(FLINK) as folder:
        if folder:
            _tell(f"downloading Flink {VERSIONS['FLINK']} (once, 220 MB)")
            wanted = [f"apache-flink-libraries=={VERSIONS['FLINK']}", "--no-deps", "--no-binary=:all:"]
            _call([sys.executable, "-m", "pip", "download", "--quiet", *wanted, f"--dest={folder}"])
            (archive,) = folder.glob("*.tar.gz")
            with tarfile.open(archive) as packed:
                for member in packed:
                    if "/deps/lib/" in member.name and member.isfile():
                        member.name = Path(member.name).name
                        packed.extract(member, folder, filter="data")
            archive.unlink()
    with _installing(RUNNER) as folder:
        if folder:
            _tell(f"downloading Beam's runner for Flink {VERSIONS['BEAM_FLINK_RUNNER']} (once, 150 MB)")
            plugin = f"org.apache.maven.plugins:maven-dependency-plugin:{VERSIONS['MAVEN_DEPENDENCY_PLUGIN']}"
            properties = {
                "flink.minor": VERSIONS["FLINK"].rsplit(".", 1)[0],
                "beam.runner": VERSIONS["BEAM_FLINK_RUNNER"],
                "slf4j": VERSIONS["SLF4J"],
                "outputDirectory": str(folder),
            }
            properties["maven.repo.local"] = str(CACHE / "maven")
            settings = [f"-D{name}={value}" for name, value in properties.items()]
            _call(["mvn", "-B", "-q", "-f", str(HERE / "pom.xml"), *settings, f"{plugin}:copy-dependencies"])


def need_tools() -> None:
    """Raise ClusterError unless Java and Maven are there."""
    for tool, package in (("java", "openjdk-17-jre-headless"), ("mvn", "maven")):
        if shutil.which(tool) is None:
            raise ClusterError(f"Flink needs {tool}: apt-get install {package}")


def start(run: Path, task_managers: int, slots: int, restarts: int) -> dict[str, Any]:
    """Start a cluster and wait until it takes jobs.

    Args:
        run: folder for its state and logs.
        task_managers: how many processes do the work.
        slots: subtasks that each may run at once.
        restarts: attempts after the first. A worker that dies costs one; a lost task manager one for each
            result that is lost with it. A bad file is refused only after the last.

    Returns:
        The state, also in ``run/state.json``: addresses, process ids by name, and Beam's options.

    Raises:
        ClusterError: one is running under this folder, or a process ended early or was not ready in time.
    """
    if (run / "state.json").exists():
        raise ClusterError(f"there is a cluster under {run}: stop it first")
    install()
    (run / "logs").mkdir(parents=True, exist_ok=True)
    for _ in range(STARTS - 1):
        try:
            return _start(run, task_managers, slots, restarts)
        except EndedAtOnce as error:  # a port that was free may have been taken in between
            _tell(f"{error}\nstarting anew, on other ports")
    return _start(run, task_managers, slots, restarts)


def _start(run: Path, task_managers: int, slots: int, restarts: int) -> dict[str, Any]:
    rest, rpc, jobs = _free_ports(3)
    state: dict[str, Any] = {"run": str(run), "rest": f"http://localhost:{rest}", "pids": {}}
    configure(run, rest, rpc, slots, restarts)

    def begin(name: str, command: list[str]) -> None:
        with (run / "logs" / f"{name}.log").open("ab") as log:
            output = subprocess.PIPE if name == "workers" else log
            process = subprocess.Popen(
                command, stdout=output, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        state["pids"][name] = process.pid
        (run / "state.json").write_text(json.dumps(state, indent=1))
        if process.stdout:
            state["workers"] = process.stdout.readline().decode().strip()

    try:
        begin("workers", [sys.executable, "-m", WORKERS])
        entry = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
        begin("job-manager", [*_java(run, "512m"), entry, "--configDir", str(run)])
        for number in range(1, task_managers + 1):
            begin(f"task-manager-{number}", task_manager(run, number))
        driver = "org.apache.beam.runners.flink.FlinkJobServerDriver"
        server = ["java", "-Xmx512m", f"-Dtokumei.run={run}", "-cp", f"{RUNNER}/*", driver]
        server += ["--job-host=localhost", f"--job-port={jobs}", "--artifact-port=0", "--expansion-port=0"]
        server += [f"--artifacts-dir={run / 'artifacts'}", f"--flink-master=localhost:{rest}"]
        begin("job-server", server)
        _wait(run, state, "task managers", lambda: overview(state)["taskmanagers"] == task_managers)
        _wait(run, state, "job server", lambda: _listens(jobs))
    except BaseException:
        stop(run)
        raise
    state["options"] = [
        "--runner=PortableRunner",
        f"--job_endpoint=localhost:{jobs}",
        f"--flink_master=localhost:{rest}",
        "--environment_type=EXTERNAL",
        f"--environment_config={state['workers']}",
        f"--parallelism={task_managers * slots}",
        f"--environment_cache_millis={_KEEP_WORKERS_SECONDS * 1000}",
    ]
    (run / "state.json").write_text(json.dumps(state, indent=1))
    return state


def configure(run: Path, rest: int, rpc: int, slots: int, restarts: int) -> None:
    """Write Flink's configuration into the run folder."""
    settings = {
        "jobmanager.rpc.address": "localhost",
        "jobmanager.bind-host": "localhost",
        "jobmanager.rpc.port": rpc,
        "rest.address": "localhost",
        "rest.bind-address": "localhost",
        "rest.port": rest,
        "taskmanager.host": "localhost",
        "taskmanager.bind-host": "localhost",
        "taskmanager.numberOfTaskSlots": slots,
        "cluster.evenly-spread-out-slots": "true",  # else all work may land on one task manager
        "heartbeat.interval": 2000,
        "heartbeat.timeout": 10000,
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": restarts,
        "restart-strategy.fixed-delay.delay": f"{_KEEP_WORKERS_SECONDS + 2} s",
        "classloader.resolve-order": "parent-first",
        "io.tmp.dirs": run / "tmp",
        "blob.storage.directory": run / "blobs",
        **_MEMORY,
    }
    (run / "tmp").mkdir(exist_ok=True)
    (run / "flink-conf.yaml").write_text("".join(f"{name}: {value}\n" for name, value in settings.items()))
    (run / "log4j.properties").write_text(_LOG4J)


def task_manager(run: Path, number: int) -> list[str]:
    """Return the command of a task manager."""
    entry = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
    memory = [word for name, value in _MEMORY.items() for word in ("-D", f"{name}={value}")]
    name = ["-D", f"taskmanager.resource-id=tm{number}"]
    return [*_java(run, "640m"), entry, "--configDir", str(run), *name, *memory]


def _java(run: Path, heap: str) -> list[str]:
    # Beam's jars stand beside Flink's own. Beam keeps Python workers alive between the stages of a job only
    # where it was not loaded from the job's own jars: tokumei anonymize then starts 2 workers instead of 22.
    beam = (jar for jar in sorted(RUNNER.glob("*.jar")) if not jar.name.startswith(("flink-", "slf4j-")))
    classes = ":".join([f"{FLINK}/*", *map(str, beam)])
    log = f"-Dlog4j.configurationFile={run / 'log4j.properties'}"
    return ["java", f"-Xmx{heap}", *_OPENS, log, f"-Dtokumei.run={run}", "-cp", classes]


def stop(run: Path) -> None:
    """End every process of the cluster and forget it; its logs stay."""
    state = run / "state.json"
    if not state.exists():
        return
    pids = [pid for pid in json.loads(state.read_text())["pids"].values() if _is_ours(pid)]
    for wanted in (signal.SIGTERM, signal.SIGKILL):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, wanted)
        deadline = time.monotonic() + 10
        while pids and time.monotonic() < deadline:
            time.sleep(0.1)
            pids = [pid for pid in pids if _is_ours(pid)]
    state.unlink()
    for folder in ("tmp", "blobs", "artifacts"):  # job graphs; Flink spills only serialized splits
        shutil.rmtree(run / folder, ignore_errors=True)


def overview(state: dict[str, Any], path: str = "/overview") -> Any:
    """Return what Flink's REST interface says."""
    with urllib.request.urlopen(state["rest"] + path, timeout=5) as answer:  # http on this host
        return json.load(answer)


def _is_ours(pid: int) -> bool:
    """Return whether the process still runs and is one that `start` began: a process id may be used again."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # where this process began it, else it would stay as a zombie
    shown = subprocess.run(
        ["ps", "-ww", "-o", "stat=,command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    words = shown.stdout.strip()
    return bool(words) and words[0] != "Z" and ("-Dtokumei.run=" in words or WORKERS in words)


def _wait(run: Path, state: dict[str, Any], what: str, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        with suppress(OSError, ValueError):
            if ready():
                return
        gone = [name for name, pid in state["pids"].items() if not _is_ours(pid)]
        if gone:
            log = run / "logs" / f"{gone[0]}.log"
            end = "\n".join(log.read_text(errors="replace").splitlines()[-40:])
            raise EndedAtOnce(f"{gone[0]} ended at once: see {log}, which ends with\n{end}")
        if time.monotonic() > deadline:
            raise ClusterError(f"the {what} not ready after {READY_SECONDS} s: see {run / 'logs'}")
        time.sleep(0.3)


def _listens(port: int) -> bool:
    with socket.create_connection(("localhost", port), timeout=1):
        return True


def _free_ports(n: int) -> list[int]:
    # Below those that the kernel gives to outgoing connections: such a one, even one that asks whether the port
    # answers yet, would else now and then be given the port before its server has come up.
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports: list[int] = []
    for port in random.sample(range(lowest // 2, lowest), lowest // 2):
        with suppress(OSError), socket.create_server(("localhost", port)):
            ports.append(port)
        if len(ports) == n:
            return ports
    raise ClusterError("no port is free on this machine")


@contextmanager
def _installing(target: Path) -> Iterator[Path | None]:
    """Give a folder to fill, which becomes the target once that went well; None if it is there already."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f".{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            yield None
            return
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            filling = Path(folder) / "filling"
            filling.mkdir()
            yield filling
            filling.rename(target)


def _call(command: list[str]) -> None:
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
        raise ClusterError(f"failed: {' '.join(command[:5])} …")


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")


def main() -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("command", choices=["install", "start", "stop"])
    parser.add_argument("--run", type=Path, default=CACHE / "flink-run", help="folder of state and logs")
    parser.add_argument("--task-managers", type=int, default=2)
    parser.add_argument("--slots", type=int, default=2, help="subtasks a task manager runs at once")
    parser.add_argument(
        "--restarts", type=int, default=2, help="attempts after the first; 20 for lost machines"
    )
    args = parser.parse_args()
    run = args.run.resolve()
    try:
        if args.command == "install":
            install()
        elif args.command == "stop":
            stop(run)
        else:
            state = start(run, args.task_managers, args.slots, args.restarts)
            _tell(f"Flink at {state['rest']}, logs in {run / 'logs'}; run tokumei anonymize with")
            sys.stdout.write(" ".join(state["options"]) + "\n")
    except ClusterError as error:
        _tell(str(error))
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
