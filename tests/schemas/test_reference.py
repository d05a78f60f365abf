"""The policy reference is what the models say, and all of its examples are policies."""

import copy
import dataclasses
import re
import typing
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from tokumei.schemas import build_reference, policy_file
from tokumei.schemas.build_reference import ATTACKS, HIERARCHIES, MODELS, NODES, PARTS, PROTECTIONS, README
from tokumei.schemas.combinations import MAX_COLUMNS
from tokumei.schemas.policy import Policy
from tokumei.schemas.policy_file import parse_policy
from tokumei.schemas.privacy_models import WayAsked
from tokumei.schemas.queries import Metric
from tokumei.schemas.register import SMALL_FILE
from tokumei.schemas.treatments import METHODS, Generalize
from tokumei.transforms.combinations import count
from tokumei.transforms.counting import domain, people
from tokumei.transforms.formats import workbook
from tokumei.transforms.formats.batches import MAX_ROWS
from tokumei.transforms.formats.text_kernels import PARSE
from tokumei.transforms.leaks import scan, sought_column, values, verdict
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.profile import decoding
from tokumei.transforms.recode import queries, regions, search, ways
from tokumei.transforms.recode.objectives import OBJECTIVES
from tokumei.transforms.risk.population import SMALL_FRACTION
from tokumei.transforms.storage import policy_folder
from tokumei.transforms.totals import bound, decide, lines

TEXT = README.read_text()
TOLD = " ".join(TEXT.split())
ADULT = Path(__file__).parents[1] / "transforms" / "recode" / "test_ways_adult.py"
MADE = re.compile(r"<!-- made from the models: .*?<!-- end -->", re.DOTALL)
EXAMPLES = re.findall(r"```yaml\n(.*?)```", MADE.sub("", TEXT), re.DOTALL)
WHOLE = [text for text in EXAMPLES if text.startswith("version:")]
PIECES = [text for text in EXAMPLES if not text.startswith("version:")]
FORMS = (*METHODS, *HIERARCHIES, *PROTECTIONS, *MODELS, *ATTACKS)


def tag(form):
    return next(
        typing.get_args(form.model_fields[key].annotation)[0]
        for key in ("method", "model", "kind", "attack")
        if key in form.model_fields
    )


def merged(base, piece):
    """A policy with a piece put in: mappings are joined, but for a column, which is another one."""
    if not (isinstance(base, dict) and isinstance(piece, dict)) or {"treat", "keep", "drop"} & base.keys():
        return copy.deepcopy(piece)
    return {**base, **{key: merged(base.get(key), part) for key, part in piece.items()}}


def validated(piece):
    return parse_policy(yaml.dump(merged(yaml.safe_load(WHOLE[0]), piece), allow_unicode=True), "README.md")


def with_column(column):
    piece = {"tables": {"members": {"columns": {"example": column}}}}
    if any(step["method"] == "coarsen" for step in column.get("treat", ())):  # facts choose its level
        facts = [{"table": "members", "columns": ["example"]}]
        piece["histories"] = [{"known": 1, "because": "試験", "facts": facts}]
    return validated(piece).tables["members"].columns["example"]


def test_the_parts_are_what_the_models_say():
    """`make reference` writes them."""
    life = build_reference.LIFE.read_text()
    assert build_reference.rebuilt(TEXT) == TEXT and build_reference.rebuilt(life) == life
    assert set(re.findall(r"<!-- made from the models: (.*?) -->", TEXT + life)) == set(PARTS)


def test_every_link_leads_somewhere():
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    slugs |= set(re.findall(r'<a id="(\w+)">', TEXT))
    assert {anchor for anchor in re.findall(r"\]\(#([^)]+)\)", TEXT) if anchor not in slugs} == set()
    for place in re.findall(r"\]\((?!#|http)([^)#]+)", TEXT):
        assert (README.resolve().parent / place).exists(), place


def nodes_below(model, found):
    """All models that a model's fields name."""
    todo = [field.annotation for field in model.model_fields.values()]
    while todo:
        kind = todo.pop()
        if isinstance(kind, type) and hasattr(kind, "model_fields") and kind not in found:
            found.add(kind)
            nodes_below(kind, found)
        todo += typing.get_args(kind)
    return found


def test_every_key_of_every_node_is_told():
    assert nodes_below(Policy, {Policy}) == {*NODES.values(), *FORMS}
    for node in NODES.values():
        told = build_reference.keys(node)
        assert re.findall(r"^\| `(\w+)`", told, re.MULTILINE) == list(node.model_fields)
    sections = {
        text.partition("\n")[0]: text.partition("<!-- end -->")[0] for text in TEXT.split("\n#### ")[1:]
    }
    for forms, heading, beside in (
        (METHODS, "{}", {"method", "criterion"}),
        (HIERARCHIES, "kind: {}", {"kind"}),
        ((*PROTECTIONS, *MODELS), "{}", {"model"}),
        (ATTACKS, "{}", {"attack"}),
    ):
        for form in forms:
            told = re.findall(r"^\| `(\w+)`", sections[heading.format(tag(form))], re.MULTILINE)
            assert told == [key for key in form.model_fields if key not in beside]


@pytest.mark.parametrize("text", WHOLE, ids=lambda text: text.split("name: ")[1].splitlines()[0])
def test_every_policy_is_valid(text, monkeypatch):
    monkeypatch.setenv("INBOX", "/srv/inbox")
    parse_policy(text, "README.md", {"date": "2026-11-30"} if "--date" in text else {})


@pytest.mark.parametrize("text", PIECES, ids=lambda text: text.splitlines()[-1].strip())
def test_every_piece_of_a_policy_is_valid(text):
    validated(yaml.safe_load(text))


@pytest.mark.parametrize("method", METHODS, ids=tag)
def test_every_method_has_an_example(method):
    (step,) = with_column(yaml.safe_load(method.example)).treat
    assert type(step) is method


@pytest.mark.parametrize("kind", HIERARCHIES, ids=tag)
def test_every_hierarchy_has_an_example(kind):
    column = {
        "type": "string" if kind.fits is None or "string" in kind.fits else "date",
        "treat": [{"criterion": 5, "method": "generalize", "hierarchy": yaml.safe_load(kind.example)}],
    }
    (step,) = with_column(column).treat
    assert isinstance(step, Generalize)
    assert type(step.hierarchy) is kind


@pytest.mark.parametrize("model", PROTECTIONS, ids=tag)
def test_every_model_of_a_column_has_an_example(model):
    column = {"sensitive": True, "keep": True, "because": "分析", "protect": [yaml.safe_load(model.example)]}
    (protection,) = with_column(column).protect
    assert type(protection) is model


@pytest.mark.parametrize("attack", ATTACKS, ids=tag)
def test_every_attack_has_an_example(attack):
    piece = {"requirements": {"attacks": [yaml.safe_load(attack.example)]}}
    if attack.name() == "membership":
        piece["tables"] = {"members": {"population": {"source": {"path": "city.csv", "format": "csv"}}}}
        piece["requirements"]["models"] = [{"model": "k_map", "k": 20}]
    if attack.name() == "known_facts":
        facts = [{"table": "members", "quasi_identifiers": True}]
        piece["histories"] = [{"known": 1, "because": "試験", "facts": facts}]
    if attack.name() in {"habit_profile", "signature"}:
        item = {"keep": True, "because": "試験"}
        columns = {"item": item, "bought": {"type": "date", **item}}
        piece["tables"] = {"members": {"rows_per_person": "several", "columns": columns}}
    (asked,) = validated(piece).requirements.attacks
    assert type(asked) is attack


@pytest.mark.parametrize("model", [m for m in MODELS if m.name() != "sample_uniqueness"], ids=tag)
def test_every_model_of_the_classes_has_an_example(model):
    """But for the one that is refused."""
    piece = {"requirements": {"models": [yaml.safe_load(model.example)]}}
    if model.needs_population:
        piece["tables"] = {"members": {"population": {"source": {"path": "city.csv", "format": "csv"}}}}
    (asked,) = validated(piece).requirements.models
    assert type(asked) is model


def first_column(heading):
    table = TEXT[TEXT.index(f"| {heading} |") :].partition("\n\n")[0]
    return re.findall(r"^\| `(\w+)`", table, re.MULTILINE)


def test_every_way_of_recoding_and_every_metric_is_described():
    for names, heading in (
        (WayAsked, "recoding"),
        (Metric.model_fields["minimize"].annotation, "metric"),
    ):
        assert tuple(first_column(heading)) == typing.get_args(names)
    assert {*first_column("metric")} == {*OBJECTIVES}


def test_the_losses_of_the_ways_are_those_that_are_measured():
    """`local` takes too long for a test; it never loses more than `multidimensional`."""
    (measured,) = re.findall(r'\("loss", \(([\d., ]+)\)\)', ADULT.read_text())
    table = TEXT[TEXT.index("| recoding |") :].partition("\n\n")[0]
    told = dict(re.findall(r"^\| `(\w+)` .*\| (0\.\d+) \|", table, re.MULTILINE))
    ways = ("full_domain", "cells", "multidimensional")
    assert [told[way] for way in ways] == [f"{float(cost):.3f}" for cost in measured.split(",")]
    assert told["local"] <= told["multidimensional"]


def spellings():
    """The rows of the table of spellings: types, what is accepted, what is refused."""
    table = TEXT[TEXT.index("| type | accepted | refused |") :].partition("\n\n")[0]
    return [
        [re.findall(r"`([^`]+)`", cell) for cell in line.strip("|").split("|")]
        for line in table.splitlines()[2:]
    ]


def test_every_type_says_how_its_values_are_spelt():
    assert {kind for kinds, _, _ in spellings() for kind in kinds} == {*PARSE}


@pytest.mark.parametrize(
    "kinds, accepted, refused", spellings(), ids=lambda cell: cell[0] if cell else "none"
)
def test_spellings_are_told_as_the_parser_takes_them(kinds, accepted, refused):
    for kind in kinds:
        assert PARSE[kind](pa.array(accepted, pa.string())).null_count == 0
        read = PARSE[kind](pa.array(refused, pa.string()))
        assert read.null_count == len(refused)


def million(number):
    return f"{number / 10**6:,g} million"


def mib(size):
    return f"{size >> 20} MiB"


def test_limits_are_told_from_the_constants():
    shards = {field.name: field.default for field in dataclasses.fields(Plan)}
    for text in (
        f"lattices of up to {million(search.MAX_NODES)} nodes, as long as not too many of them must be counted"
        f" ({search.MAX_CHECKS:,},",
        f"lattices of over {million(search.MAX_NODES)} nodes are refused",
        f"More than {million(shards['tuples_a_worker'])} distinct combinations",
        f"more than {million(shards['shards'] * shards['tuples_a_worker'])} combinations of quasi-identifiers,"
        f" {million(shards['tuples_a_worker'])} released classes, and {million(people.MAX_PAIRS)} people told apart",
        f"may have {million(domain.MAX_DISTINCT)} distinct values ({mib(domain.MAX_TEXT_BYTES)}), the columns of a"
        f" table's `combinations` {million(count.MAX_HELD)} distinct tuples",
        f"`totals`: each 64th of a table's people may have {million(bound.MAX_LINES)} lines",
        f"{million(decide.MAX_KEYS)} people, windows and receipts may be left out of a table",
        f"a line adds 2^{lines.MOST_OF_LINE.bit_length() - 1} of these",
        f"names 2 to {MAX_COLUMNS} released columns",
        f"up to {ways.COMPARED:,} distinct combinations of values",
        f"(of more than {search.MAX_TIED} among the first {search.MAX_TIED} by the rule above",
        f"A query tells apart at most {queries.MAX_CELLS:,} combinations of values",
        f"`multidimensional` and `local` work on up to {million(regions.MAX_DIVIDED)} ",
        f"A policy has at most {mib(policy_file.MAX_BYTES)}.",
        f"an Excel workbook share may take {mib(workbook.MAX_TEXTS)} unpacked",
        f"more than {'a tenth' if decoding.MOST == 0.1 else decoding.MOST} of the records of a file cannot be decoded",
        f"A file of a hierarchy has at most {mib(policy_folder.MAX_FILE_BYTES)}.",
        f"Public releases of fewer than {SMALL_FILE:,} people are refused",
        f"up to a sampling fraction of {SMALL_FRACTION},",
        f"ranks the up to {MAX_ROWS:,} records of one stretch",
        f"compared are the up to {MAX_ROWS:,} that are treated together",
    ):
        assert text in TOLD, text


def test_rules_of_the_leak_search_are_told_from_the_constants():
    for text in (
        f"values under {values.SHORTEST} characters, under {values._SHORTEST_ASCII} if all are ASCII, and under"
        f" {values._SHORTEST_DIGITS} digits",
        f"nor those above {sought_column._LONG:,} bytes",
        f"at least {scan._LABEL} people (k, if that is more)",
        f"more than {verdict._CHANCE_DIGITS * 100:g} in 100 records",
        f"any that passes, if under {verdict.ENOUGH} fit the format",
    ):
        assert text in TOLD, text
    assert verdict._UNLIKELY_NUMBERS == 1 / 10_000  # "1 column in 10,000"
