"""What the documents name is there: files, headings, modules, make targets, jobs and options."""

import argparse
import importlib
import re
from functools import cache
from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from tokumei.pipelines import cli

ROOT = Path(__file__).parents[1]
FLOORS = ("schemas", "transforms", "pipelines")
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(path for floor in (*FLOORS, "deploy", "tests") for path in (ROOT / floor).rglob("*.md")),
    ]
)
# A fence, or a span within a line or over a few.
CODE = re.compile(
    r"^```[^\n]*\n(.*?)^```|((?:^ {4,}\S[^\n]*\n)+)|(`+)(?!`)(.+?)(?<!`)\3(?!`)", re.DOTALL | re.MULTILINE
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
# Options of the job server, of gcloud and of Beam's boot.
NOT_OURS = {"--parallelism", "--dataflow-kms-key", "--files_to_stage"}
WRONG_ON_PURPOSE = {"--outptu"}


def names(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda p: str(p.relative_to(ROOT)))


@cache
def code_of(path):
    """Every piece of code in a document: lines of fences and of indented blocks, and spans."""
    pieces = []
    for fence, indented, _, span in CODE.findall(path.read_text()):
        pieces += joined(fence or indented) if fence or indented else [" ".join(span.split())]
    return [piece for piece in pieces if piece]


def joined(block):
    """The commands of a block: a line that ends with a backslash goes on."""
    return [line.strip() for line in re.sub(r"\\\n", " ", block).splitlines()]


def anchors(path):
    """The anchors of a document's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def parsers():
    """The parser of every job, as ``anonymize`` or ``register show``."""
    found = {}
    for job in cli.JOBS:
        parser = argparse.ArgumentParser()
        importlib.import_module(f"tokumei.pipelines.{job}").add_arguments(parser)
        found[job] = parser
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                found |= {f"{job} {name}": below for name, below in action.choices.items()}
    return found


def options(parser):
    return {name for action in parser._actions for name in action.option_strings if name.startswith("--")}


OURS = {job: options(parser) for job, parser in parsers().items()}
EVERYWHERE = {"--json", "--help", "--version"}


def beams():
    parser = argparse.ArgumentParser(add_help=False, conflict_handler="resolve")
    for group in PipelineOptions.__subclasses__():
        group._add_argparse_args(parser)
    return options(parser)


def test_the_readme_is_read_in_five_minutes():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


@names(DOCUMENTS)
def test_links_lead_somewhere(path):
    broken = []
    for link in LINK.findall(path.read_text()):
        if re.match(r"https?:", link):
            continue
        file, _, anchor = link.partition("#")
        there = (path.parent / file).resolve() if file else path
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(link)
    assert broken == []


@names(DOCUMENTS)
def test_files_that_are_named_exist(path):
    """A path is written from the root or from the document's own folder."""
    missing = []
    for piece in code_of(path):
        for word in re.findall(r"(?<![\w/.$:<>{}*-])\w[\w./-]*/[\w./-]*(?![\w<*{])", piece):
            first = word.split("/")[0]
            ours = (ROOT / first).is_dir() or (path.parent / first).exists()
            script = re.search(r"\.(py|sh|md|env|lock|toml)$", word)
            if (ours or script) and not any((base / word).exists() for base in (ROOT, path.parent)):
                missing.append(word)
    assert [word for word in missing if word.split("/")[0] not in {"out", "data"}] == []


@names(DOCUMENTS)
def test_modules_that_are_named_exist(path):
    for piece in code_of(path):
        for name in re.findall(r"(?<![\w/.-])tokumei(?:\.\w+)+", piece):
            try:
                importlib.import_module(name)
            except ModuleNotFoundError:
                module, _, attribute = name.rpartition(".")
                assert hasattr(importlib.import_module(module), attribute), name


@names(DOCUMENTS)
def test_make_targets_that_are_named_exist(path):
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for piece in code_of(path):
        for words in re.findall(r"(?:^|&& |; )make((?: [a-z][\w-]*)+)", piece.partition("#")[0]):
            assert set(words.split()) <= targets, piece


@names(DOCUMENTS)
def test_jobs_and_options_that_are_named_exist(path):
    known = EVERYWHERE.union(beams(), *OURS.values())
    for piece in code_of(path):
        command = re.split(r"\s#", piece)[0]
        for job, rest in re.findall(r"(?:^|&& |bin/)tokumei ([a-z]+)([^&|;]*)", command):
            assert job in cli.JOBS, piece
            action = f"{job} {(rest.split() or [''])[0]}"
            taken = EVERYWHERE | OURS.get(action, OURS[job])
            taken |= beams() | NOT_OURS if job in cli._BEAM_JOBS else set()
            assert set(re.findall(r"(?<!\S)--[a-z][\w-]*", rest)) <= taken, piece
        if option := re.match(r"--[a-z][\w-]*", command):
            assert option[0] in known | NOT_OURS | WRONG_ON_PURPOSE, piece


def test_every_job_and_option_is_described():
    text = (ROOT / "pipelines" / "README.md").read_text()
    jobs = text[text.index("| Job | ") : text.index("| Option | ")]
    assert re.findall(r"^\| `(\w+)`", jobs, re.MULTILINE) == sorted(cli.JOBS)
    table = text[text.index("| Option | ") : text.index("## Exit statuses")]
    told = {
        (job, option)
        for option, of in re.findall(r"^\| `(--[\w-]+)` \| ([^|]*) \|", table, re.MULTILINE)
        for job in re.findall(r"`([^`]*)`", of)
        if job != "tokumei"
    }
    assert told == {(job, option) for job, taken in OURS.items() for option in taken - EVERYWHERE}


def test_defaults_and_choices_of_options_are_told():
    text = (ROOT / "pipelines" / "README.md").read_text()
    for job, parser in parsers().items():
        for action in parser._actions:
            row = re.search(
                rf"^\| `{(action.option_strings or ['-'])[-1]}` \| [^|]*`{job}`[^|]* \| (.*) \|$", text, re.M
            )
            if row is None:
                continue
            if action.default not in (None, False, argparse.SUPPRESS):
                assert f"default: {action.default}" in row[1].replace("`", ""), (job, row[0])
            for choice in action.choices or ():
                assert re.search(rf"\b{choice}\b", row[1]), (job, row[0])
