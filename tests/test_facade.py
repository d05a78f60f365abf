"""The public names: what somebody else's pipeline may use, in Beam and in strict mypy."""

import json
import pkgutil
import subprocess
import sys
import textwrap
from importlib.metadata import version
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to
from support.helpers import policy_of

import tokumei
from tokumei import (
    AlreadyPublishedError,
    Anonymize,
    InputError,
    PolicyError,
    Published,
    RequirementError,
    read_policy,
    recover,
)
from tokumei.transforms.release.attempt import CANCEL
from tokumei.transforms.stages import anonymize

ROOT = Path(__file__).parents[1]
POLICIES = [p for p in ROOT.rglob("*.yaml") if "version: 1" in p.read_text() and ".venv" not in p.parts]
COLUMNS = {
    "name": {"treat": [{"criterion": 1, "method": "delete"}]},
    "city": {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]},
}
DATA = "name,city\n山田,京都\n鈴木,京都\n佐藤,奈良\n高橋,奈良\n"


@pytest.fixture
def policy(tmp_path):
    return write(tmp_path, policy_of(COLUMNS))


def write(folder, policy, data=DATA):
    (folder / "data.csv").write_text(data)
    (folder / "policy.yaml").write_text(json.dumps(policy, ensure_ascii=False))
    return folder / "policy.yaml"


def in_process():
    return beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"]))


def test_every_public_name_is_there():
    assert all(getattr(tokumei, name) is not None for name in tokumei.__all__)
    assert dir(tokumei) == sorted(tokumei.__all__)
    assert tokumei.__version__ == version("tokumei")
    with pytest.raises(AttributeError, match="Suppress"):
        tokumei.Suppress  # noqa: B018


def python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout, done.stderr


def test_importing_the_package_imports_nothing_else():
    code = "import sys; before = {*sys.modules}; import tokumei; print(sorted({*sys.modules} - before))"
    out, err = python(code)
    assert "apache_beam" not in out and "pydantic" not in out and err == ""
    assert [name for name in eval(out) if name.startswith("tokumei")] == ["tokumei"]


def test_importing_any_module_says_nothing():
    """Beam itself logs a line when it is imported; here it has been imported before."""
    found = pkgutil.walk_packages(tokumei.__path__, "tokumei.")
    names = [module.name for module in found if module.name != "tokumei.__main__"]
    assert len(names) > 150
    code = f"""
        import apache_beam, importlib, logging, sys
        sys.stderr.write("BEGIN")
        for name in {names}:
            importlib.import_module(name)
    """
    out, err = python(textwrap.dedent(code))
    assert out == "" and err.partition("BEGIN")[2] == ""
    for module in ("schemas.policy", "transforms.release.publish", "pipelines.cli"):
        assert python(f"import tokumei.{module}") == ("", "")


def test_a_release_comes_out_of_a_pipeline_of_ones_own(policy, tmp_path):
    with in_process() as pipeline:
        released = pipeline | Anonymize(policy, output=tmp_path / "out", release_id="one")
        assert released.element_type is Published
        told = released | beam.Map(lambda r: (r.release, r.register, r.people, r.records, r.files))
        out = tmp_path / "out"
        assert_that(told, equal_to([(f"{out}/releases/one", f"{out}/register", 4, 4, 1)]))
    manifest = json.loads((tmp_path / "out/releases/one/manifest.json").read_text())
    assert manifest["people"] == 4
    assert (tmp_path / "out/register/index.html").exists()


def test_the_same_work_again_yields_the_same_release_and_reads_nothing(policy, tmp_path, monkeypatch):
    def run():
        with in_process() as pipeline:
            released = pipeline | Anonymize(policy, output=tmp_path / "out")
            (
                released
                | beam.Map(tuple_of)
                | beam.io.WriteToText(str(tmp_path / "told"), shard_name_template="")
            )
        return (tmp_path / "told").read_text()

    first = run()
    monkeypatch.setattr(anonymize, "build", lambda *_: pytest.fail("the work has begun"))
    (release,) = (tmp_path / "out/releases").iterdir()
    (release / "report.json").unlink()  # as if the first had been killed right after its manifest
    assert run() == first
    assert (release / "report.json").exists()


def tuple_of(released):
    return repr((released.release, released.register, released.people, released.records, released.files))


def test_what_is_wrong_is_raised_where_it_is_applied(policy, tmp_path):
    def apply(*args, **settings):
        return in_process() | Anonymize(*args, **{"output": tmp_path / "out", **settings})

    for wrong in ({"release_id": "../x"}, {"output": None}, {"output": "s3://bucket"}):
        with pytest.raises(PolicyError, match="usage"):
            apply(policy, **wrong)
    with pytest.raises(PolicyError, match=r"policy\.missing"):
        apply(tmp_path / "none.yaml")
    with in_process() as pipeline:
        pipeline | Anonymize(policy, output=tmp_path / "out", release_id="taken")
    write(tmp_path, policy_of(COLUMNS, k=3))
    with pytest.raises(AlreadyPublishedError):
        apply(policy, release_id="taken")
    (tmp_path / "data.csv").unlink()
    with pytest.raises(InputError, match=r"input\.missing"):
        apply(policy)


def test_what_fails_later_is_found_in_what_the_engine_raises(tmp_path):
    policy = write(tmp_path, policy_of(COLUMNS, k=9))
    with pytest.raises(Exception) as caught, in_process() as pipeline:
        pipeline | Anonymize(policy, output=tmp_path / "out")
    assert isinstance(recover(caught.value), RequirementError)
    assert not list(tmp_path.rglob("manifest.json")) and not (tmp_path / "out/register").exists()


def test_of_a_refused_release_only_its_cancellation_is_left(tmp_path):
    """Its parts hold the very values for which it was refused, and a mended policy is another release."""
    columns = {
        "id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "person"}]},
        "note": {"keep": True, "because": "試験"},
    }
    policy = write(tmp_path, policy_of(columns, k=2))
    (tmp_path / "data.csv").write_text(
        "id,note\n" + "".join(f"CANARY{i:03},about CANARY{i:03}\n" for i in range(40))
    )
    with pytest.raises(Exception) as caught, in_process() as pipeline:
        pipeline | Anonymize(policy, output=tmp_path / "out")
    assert recover(caught.value).code == "verification.leak"
    (decided,) = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert decided.name.startswith("attempt-") and decided.read_bytes() == CANCEL


def test_a_policy_may_be_an_object(policy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    read = read_policy(str(policy))
    for given in (policy, read):
        with in_process() as pipeline:
            pipeline | Anonymize(given, output="out")
    (release,) = (tmp_path / "out/releases").iterdir()  # the same work
    assert (release / "manifest.json").exists()


def test_a_changed_policy_is_checked_like_a_file(policy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    changed = read_policy(str(policy)).model_copy(update={"regime": "none"})
    with pytest.raises(PolicyError, match="regime"):
        in_process() | Anonymize(changed, output="out")


@pytest.mark.parametrize("path", POLICIES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_policy_that_is_written_is_the_same_policy(path):
    from tokumei.schemas.policy_file import parse_policy, written_policy

    policy = read_policy(path)
    requirements = policy.requirements.model_copy(
        update={"because": "\x85 \x7f \ufffe", "suppression_limit": 1e-9, "population_size": None}
    )
    for given in (policy, policy.model_copy(update={"requirements": requirements})):
        assert parse_policy(written_policy(given), "policy") == given


def test_types_arrive(tmp_path):
    """In strict mypy; `pipeline | …` itself is untyped in Beam."""
    (tmp_path / "theirs.py").write_text(
        textwrap.dedent("""
            import apache_beam as beam
            from apache_beam.pvalue import PCollection
            from tokumei import Anonymize, InputError, Policy, Published, TokumeiError, __version__
            from tokumei import read_policy, recover

            policy: Policy = read_policy("policy.yaml")

            def people(release: Published) -> int:
                reveal_type(release.release)
                return release.people

            with beam.Pipeline() as pipeline:
                released: PCollection[Published] = pipeline | Anonymize(policy, output="out")
                released | beam.Map(people)
            reveal_type(Anonymize("policy.yaml").expand)
            reveal_type(recover(ValueError()))
            reveal_type(__version__)
            Anonymize(1)
        """)
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(tmp_path / "theirs.py")]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout
    told = [line.split(": ", 1)[1] for line in shown.splitlines()]
    publish = "tokumei.transforms.release.publish.Published"
    assert told == [
        'note: Revealed type is "str"',
        "note: Revealed type is"
        f' "def (root: apache_beam.pvalue.PBegin) -> apache_beam.pvalue.PCollection[{publish}]"',
        'note: Revealed type is "tokumei.schemas.errors.TokumeiError | None"',
        'note: Revealed type is "str"',
        'error: Argument 1 to "Anonymize" has incompatible type "int"; expected "Policy | str | PathLike[str]"'
        "  [arg-type]",
    ]
