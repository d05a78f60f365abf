"""What the README shows is true: its policy is valid, and its tables name what the policy knows."""

import dataclasses
import re
import typing
from pathlib import Path

from tokumei.pipelines import clean
from tokumei.schemas import hierarchies, policy, policy_file, privacy_models, treatments
from tokumei.schemas.combinations import MAX_COLUMNS
from tokumei.schemas.policy_file import parse_policy
from tokumei.schemas.register import SMALL_FILE
from tokumei.transforms.combinations import count
from tokumei.transforms.counting import domain, people
from tokumei.transforms.formats import avro_limits, streams
from tokumei.transforms.formats.batches import MAX_ROWS
from tokumei.transforms.leaks import values, verdict
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.recode import mondrian, search, ways
from tokumei.transforms.risk.population import SMALL_FRACTION
from tokumei.transforms.storage import policy_folder

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def literals(union, key):
    return {
        value
        for model in typing.get_args(typing.get_args(union)[0])
        for value in typing.get_args(model.model_fields[key].annotation)
    }


def test_the_example_policy_is_valid():
    example, items, requirements = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    policy = parse_policy(example, "README.md")
    assert policy.tables["members"].quasi_identifiers == ("birth", "address")
    public = example.replace("regime: private", "regime: public")
    parse_policy(public.replace("reference_date:", items + "reference_date:"), "README.md")
    column, needed = requirements.split("requirements:\n")
    before = example[: example.index("      disease:")]
    after = example[example.index("      # free text") : example.index("requirements:\n")]
    parse_policy(before + column + after + "requirements:\n" + needed, "README.md")


def test_every_model_is_described():
    table = README[README.index("| model |") : README.index("People are counted in all of them")]
    rows = {
        line.split("|")[1].strip(" `"): line.split("|")[2].strip() for line in table.splitlines()[2:] if line
    }
    models = dict.fromkeys(literals(privacy_models.AnyProtection, "model"), "protect")
    assert rows == models | dict.fromkeys(literals(privacy_models.AnyModel, "model"), "models")


def test_every_way_of_recoding_is_described():
    table = README[README.index("| recoding |") : README.index("(Nine quasi-identifiers")]
    told = re.findall(r"^\| `(\w+)`", table, re.MULTILINE)
    assert tuple(told) == typing.get_args(privacy_models.Requirements.model_fields["recoding"].annotation)


def test_every_method_and_hierarchy_is_described():
    table = README[README.index("| method |") : README.index("**Hierarchies.**")]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {m for row in rows for m in re.findall(r"`(\w+)`", row)} == literals(
        treatments.AnyTreatment, "method"
    )
    told = README[README.index("**Hierarchies.**") : README.index("Mind columns")]
    assert all(
        f"`{kind}`" in told or f"kind: {kind}" in told for kind in literals(hierarchies.Hierarchy, "kind")
    )


def million(number):
    return f"{number / 10**6:,g} million"


def mib(size):
    return f"{size >> 20} MiB"


def test_limits_are_told_from_the_constants():
    shards = {field.name: field.default for field in dataclasses.fields(Plan)}
    told = " ".join(README.split())
    for text in (
        f"lattices of up to {million(search.MAX_NODES)} nodes, as long as not too many of them must be counted"
        f" ({search.MAX_CHECKS:,},",
        f"lattices of over {million(search.MAX_NODES)} nodes are refused",
        f"More than {million(shards['tuples_a_worker'])} distinct combinations",
        f"more than {million(shards['shards'] * shards['tuples_a_worker'])} combinations of quasi-identifiers,"
        f" {million(shards['tuples_a_worker'])} released classes,"
        f" {million(people.MAX_PAIRS)} people told apart",
        f"may have {million(domain.MAX_DISTINCT)} distinct values ({mib(domain.MAX_BYTES)}), the columns of a"
        f" table's `combinations` {million(count.MAX_HELD)} distinct tuples",
        f"`rejects.limit` above {million(policy.MAX_REJECTS)} ",
        f"names 2 to {MAX_COLUMNS} released columns",
        f"up to {ways.COMPARED:,} distinct combinations of values",
        f"`multidimensional` works on up to {million(mondrian.MAX_TUPLES)}.",
        f"blocks of over {mib(streams.MAX_RECORD)} (unpacked), policies over {mib(policy_file.MAX_BYTES)} and"
        f" hierarchy files over {mib(policy_folder.MAX_BYTES)}",
        f"Public releases of fewer than {SMALL_FILE:,} people are refused",
        f"fewer than {SMALL_FILE:,} are not registered",
        f"has under {SMALL_FILE:,} people; the reason is required",
        f"up to a sampling fraction of {SMALL_FRACTION},",
        f"older than that many days (default {clean.DAYS},",
        f"values under {values.SHORTEST} characters",
        f"if {verdict.ENOUGH} or more have the format",
    ):
        assert text in told, text
    assert avro_limits.MAX_UNPACKED == streams.MAX_RECORD  # both are "64 MiB (unpacked)"


def test_how_many_records_are_treated_together_is_told_from_the_constant():
    records = f"{MAX_ROWS:,}"
    assert (
        f"the up to\n{records} records of one stretch" in README and f"batch\nof up to {records}. " in README
    )
    deploy = (ROOT / "deploy" / "README.md").read_text()
    assert f"one for each {records} records" in deploy and f"| {records} records or 64 MiB |" in deploy
