"""300 random policies: what each promises holds in the bytes that are written, counted by plain Python.

`support/promised.py` draws tables with several rows a person, missing values, every method that promises, bands and
tails under quasi-identifiers, combinations, drops and suppression, and recounts without any of the product's code.
"""

import random
from collections import Counter
from contextlib import suppress

import pytest
from support import passes, promised

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.promises import scope
from tokumei.transforms.release import verify

POLICIES, A_TEST = 300, 30


@pytest.mark.parametrize("first", range(0, POLICIES, A_TEST))
def test_what_is_promised_holds_in_what_is_written(first):
    ended, wrong = Counter(), {}
    for seed in range(first, first + A_TEST):
        how, broken, _ = promised.tried(seed)
        ended[how] += 1
        if broken or how.startswith("verification"):
            wrong[seed] = broken or how
    assert wrong == {}
    assert ended["released"] > A_TEST / 2, ended  # what cannot be kept is refused, but that is not the rule


def test_the_recount_finds_what_is_not_settled(monkeypatch):
    """Without the step, a fifth of the policies or more would not be kept; so the recount can fail."""
    monkeypatch.setattr(passes, "unsettled", lambda *_: False)
    for check in ("_check_promises", "_check_combinations"):
        monkeypatch.setattr(verify, check, lambda *_: None)
    broken = [seed for seed in range(30) if promised.tried(seed)[1]]
    assert len(broken) >= 6


def test_verification_finds_what_is_not_settled(monkeypatch):
    """It counts by its own code: where the step does nothing, it refuses what the recount above finds broken."""
    found = {seed for seed in range(30) if promised.tried(seed)[0] == "released"}
    monkeypatch.setattr(passes, "unsettled", lambda *_: False)
    refused = {seed for seed in found if promised.tried(seed)[0] == "verification.failed"}
    for check in ("_check_promises", "_check_combinations"):
        monkeypatch.setattr(verify, check, lambda *_: None)
    broken = {seed for seed in found if any("blanks" not in b for b in promised.tried(seed)[1])}
    assert broken and broken <= refused


def test_what_the_search_knows_is_what_reading_would_count(monkeypatch):
    """Labels of quasi-identifiers are told by the search; read instead, the release is the same."""

    def all_rows():
        for seed in range(60):
            policy, pieces, _ = promised.drawn(random.Random(seed))
            if policy["tables"]["t"]["rows_per_person"] == "one":
                with suppress(RequirementError):
                    rows, _ = passes.released(policy, pieces)
                    yield seed, sorted(map(repr, rows))

    told = dict(all_rows())
    monkeypatch.setattr(scope, "told_of", lambda *_: ())
    monkeypatch.setattr(passes, "unsettled", lambda *_: True)
    assert told == dict(all_rows()) and len(told) > 20
