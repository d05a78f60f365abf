"""What the README shows is true: its policy is valid, and its tables name what the policy knows."""

import re
import typing
from pathlib import Path

from tokumei.schemas import hierarchies, privacy_models, treatments
from tokumei.schemas.policy_file import parse_policy

README = (Path(__file__).parents[1] / "README.md").read_text()


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
