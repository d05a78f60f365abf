"""A record's own values are found in every spelling that a run plants, whatever it draws."""

import hashlib

import pyarrow as pa
import pytest

from tokumei.transforms.redaction.own import OwnValues
from tokumei.transforms.redaction.own_columns import OwnColumn
from tokumei.transforms.redaction.planted import counted, own_of, planted_cases
from tokumei.transforms.redaction.redact import Layers, redact

COLUMNS = [OwnColumn.of(name, None) for name in ("氏名", "住所", "生年月日", "card")]


def test_none_is_missed():
    seeds = (hashlib.sha256(b"own %d" % run).digest() for run in range(40))
    cases = [case for seed in seeds for case in planted_cases(seed, COLUMNS) if case.own is not None]
    own = OwnValues(COLUMNS, {c.name: pa.array(own_of(cases, c), pa.string()) for c in COLUMNS})
    missed = counted(cases, redact([case.text for case in cases], Layers(own=own)).texts)[1]
    assert {kind: n for kind, n in missed.items() if n} == {}


@pytest.mark.parametrize("end", ["055e899e2753", "155e899e2753", "03e3580e1111"])
def test_a_uuid_goes_as_a_whole_whatever_its_letters_part(end):
    """Found by a sweep of planted cases: 055e899e2753 was read as a telephone number with an e between its groups."""
    text = f"端末は781b320a-b3a3-ff52-dc4a-{end}です"
    assert redact([text], Layers(own=OwnValues([], {}))).texts == ["端末は〔機器〕です"]


@pytest.mark.parametrize(
    "written",
    [
        "wahwge dot jpcv76 at example dot com",
        "taro [dot] sato [at] example [dot] jp",
        "taroドットsatoアットexampleドットjp",
        "taro dot sato@example.jp",
        "taro_dot_sato_at_example_dot_jp",
    ],
)
def test_a_mail_address_that_is_said_goes_as_a_whole(written):
    """Found by a run that was stopped: of 25,000 planted addresses, one begins its second word as a country does."""
    text = f"終わりました。{written} まで"
    assert redact([text], Layers(own=OwnValues([], {}))).texts == ["終わりました。〔メール〕 まで"]
