"""What the README shows is true: its policy is valid, and its tables name what the policy knows."""

import re
from pathlib import Path

from tokumei.pipelines import clean
from tokumei.schemas import policy_file
from tokumei.schemas.policy_file import parse_policy
from tokumei.schemas.register import SMALL_FILE
from tokumei.transforms.formats import avro_limits, streams
from tokumei.transforms.formats.batches import MAX_ROWS
from tokumei.transforms.storage import policy_folder

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


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


def mib(size):
    return f"{size >> 20} MiB"


def test_limits_are_told_from_the_constants():
    told = " ".join(README.split())
    for text in (
        f"blocks of over {mib(streams.MAX_RECORD)} (unpacked), policies over {mib(policy_file.MAX_BYTES)} and"
        f" hierarchy files over {mib(policy_folder.MAX_FILE_BYTES)}",
        f"Public releases of fewer than {SMALL_FILE:,} people are refused",
        f"fewer than {SMALL_FILE:,} are not registered",
        f"has under {SMALL_FILE:,} people; the reason is required",
        f"older than that many days (default {clean.DAYS},",
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
