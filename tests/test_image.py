"""The image, as far as it can be checked without building it: what it copies, pins, installs and starts."""

import fnmatch
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def instructions():
    """(keyword, rest) of every instruction, with continued lines joined."""
    lines = [line for line in DOCKERFILE.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in joined.splitlines()]


def stages():
    found = {}
    for keyword, rest in instructions():
        if keyword == "FROM":
            words = rest.split()
            name = words[2] if len(words) == 3 else "final"
            found[name] = [(keyword, words[0])]
        elif found:
            found[name].append((keyword, rest))
    return found


def copies(stage):
    """(sources, target, stage they come from or None)."""
    for keyword, rest in stages()[stage]:
        if keyword == "COPY":
            *sources, target = [w for w in rest.split() if not w.startswith("--")]
            origin = re.search(r"--from=(\w+)", rest)
            yield sources, target, origin and origin[1]


def pins(path):
    """Name to (version, hashes)."""
    entries = re.findall(
        r"^([\w.-]+)==(\S+) \\\n((?:    --hash=\S+(?: \\)?\n?)+)", path.read_text(), re.MULTILINE
    )
    return {
        name: (version, frozenset(re.findall(r"sha256:[0-9a-f]{64}", rest)))
        for name, version, rest in entries
    }


ALL, IMAGE, BUILD = (
    pins(ROOT / p) for p in ("requirements.lock", "deploy/requirements.lock", "deploy/build.lock")
)


def ignored(path):
    """What .dockerignore makes of a path: the last line that matches it decides."""
    verdict = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern = line.removeprefix("!").removeprefix("**/")
            parents = [path, *(str(p) for p in Path(path).parents)]
            if any(
                fnmatch.fnmatch(p, pattern) or ("**/" in line and fnmatch.fnmatch(Path(p).name, pattern))
                for p in parents
            ):
                verdict = not line.startswith("!")
    return verdict


def test_every_file_that_it_copies_is_in_the_repository_and_sent():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    for stage in stages():
        for sources, _, origin in copies(stage):
            assert origin is None or origin in stages()
            for source in sources if origin is None else ():
                files = [f for f in tracked if f == source or f.startswith(source.rstrip("/") + "/")]
                assert files and not [f for f in files if ignored(f)], source
    sent = {f for f in tracked if not ignored(f)}
    assert not [f for f in sent if f.startswith(("tests/", ".ci/"))]
    # The wheel that is built there is the one that was tested, with the customers of the demo: no other data.
    known = {".py", ".md", ".toml", ".lock", ".j2", ".css", ".avsc", ".typed", ""}
    other = {f for f in sent if Path(f).suffix not in known and not f.startswith("schemas/tables/")}
    data = {"customer.csv", "online_retail.parquet", "countries.csv"}
    policies = {"policy.yaml", "id_pos.yaml", "prescriptions.yaml", "cards.yaml"}
    assert other == {f"pipelines/example/{name}" for name in data | policies}
    assert ignored("schemas/__pycache__/x.pyc") and ignored("out/demo/x") and ignored(".git/config")


def test_versions_are_those_of_the_project():
    defaults = dict(rest.split("=") for keyword, rest in instructions() if keyword == "ARG")
    lines = (ROOT / "deploy" / "versions.env").read_text().splitlines()
    versions = dict(line.split("=") for line in lines if not line.startswith("#"))
    assert defaults and defaults.items() <= versions.items()
    assert IMAGE["apache-beam"][0] == versions["BEAM"]
    minor = versions["PYTHON"].rsplit(".", 1)[0]
    assert (
        f"beam_python{minor}_sdk" in DOCKERFILE and f"python{minor.replace('.', '')}-template" in DOCKERFILE
    )
    for name, (_, base) in ((n, s[0]) for n, s in stages().items()):
        tag = base.rsplit(":", 1)[1]
        assert tag.startswith("${") and tag != "latest", name


def test_its_packages_are_a_part_of_those_tested():
    """The same versions with the same hashes; all that the wheel needs; nothing of the tests."""
    for lock in (IMAGE, BUILD):
        assert lock and lock.items() <= ALL.items() and all(hashes for _, hashes in lock.values())
    extras = PROJECT["project"]["optional-dependencies"]
    needed = [*PROJECT["project"]["dependencies"], *extras["dataflow"], *extras["lineage"]]
    assert {re.match(r"[\w.-]+", text)[0].lower() for text in needed} <= set(IMAGE)
    dev = {re.match(r"[\w.-]+", text)[0].lower() for text in extras["dev"]} - {"tokumei"}
    assert dev and not dev & set(IMAGE)
    assert all(text.split("==")[0] in BUILD for text in PROJECT["build-system"]["requires"])
    assert not [line for p in ("requirements.lock", "build.lock") for line in (ROOT / "deploy" / p).read_text().splitlines()
                if "://" in line or line.startswith("-")]  # fmt: skip


def test_nothing_is_installed_without_a_hash():
    runs = [rest for keyword, rest in instructions() if keyword == "RUN"]
    installs = [part for run in runs for part in run.split("&&") if re.search(r"pip (install|wheel)", part)]
    assert len(installs) == 4
    for install in installs:
        assert "--require-hashes" in install or "--no-index" in install, install
    assert not [run for run in runs if re.search(r"\b(curl|wget|apt-get|sudo)\b", run)]


def test_it_starts_what_it_holds():
    final = stages()["final"]
    assert final[-1] == ("ENTRYPOINT", '["/opt/apache/beam/boot"]')
    (environment,) = [rest for keyword, rest in final if keyword == "ENV"]
    variables = dict(word.split("=", 1) for word in shlex.split(environment))
    held = {t + Path(s).name if t.endswith("/") else t for sources, t, _ in copies("final") for s in sources}
    assert {variables["FLEX_TEMPLATE_PYTHON_PY_FILE"], "/opt/apache/beam/boot"} <= held
    assert {"/opt/google/dataflow/python_template_launcher", "/opt/tokumei"} <= held
    assert (
        variables["PATH"].startswith("/opt/tokumei/bin:")
        and variables["RUN_PYTHON_SDK_IN_DEFAULT_ENVIRONMENT"] == "1"
    )
    assert not {"FLEX_TEMPLATE_PYTHON_REQUIREMENTS_FILE", "FLEX_TEMPLATE_PYTHON_SETUP_FILE"} & set(variables)
