"""Records about cases: the same in a table, as JSON lines and as YAML; what is wrong is told by record and place."""

import json

import pytest

from tokumei.schemas.errors import InputError
from tokumei.transforms.proposals.records import read_records
from tokumei.transforms.proposals.screening import ScreenedCase
from tokumei.transforms.storage.local import LocalStore

SAID = {
    "case": "案1",
    "proposer": {"minor": False, "incapable": False, "bankrupt": False},
    "method": {"policy": "policy.yaml", "items": {"年齢": 2, "区分": "policy"}},
    "judgements": {"4": {"passes": True, "by": "審査 花子", "because": "確認した"}},
    "corrections": "粒度を示すこと。；理由を示すこと。",
    "notice": {
        "fee": {"hours": "10:01", "outsourcing": 300},
        "pay_how": "収入印紙",
        "pay_until": "2026-02-28",
    },
}


def flat(said, above=""):
    for key, value in said.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", str(value).lower() if isinstance(value, bool) else str(value)


def read(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return read_records(LocalStore(), str(path), ScreenedCase, "screen decide")


def test_three_forms_say_the_same(tmp_path):
    names, values = zip(*flat(SAID), strict=True)
    (table,) = read(tmp_path, "a.csv", f"{','.join(names)}\n{','.join(values)}\n")
    (lines,) = read(tmp_path, "a.jsonl", json.dumps(SAID) + "\n")
    (document,) = read(tmp_path, "a.yaml", json.dumps([SAID]))
    assert table.record == lines.record == document.record
    assert table.digest == lines.digest == document.digest
    record = table.record
    assert record.method.items == {"年齢": 2, "区分": "policy"} and record.judgements["4"].passes
    assert (
        record.corrections == ("粒度を示すこと。", "理由を示すこと。")
        and record.notice.fee.outsourcing == 300
    )


def test_officers_and_sentences_are_told_apart_by_numbers(tmp_path):
    served = {"penalty": "拘禁刑", "under_act": False, "ended": "2025-12-01"}
    ended = {"terminated": "2025-05-01"}
    officer = {**SAID["proposer"], "sentences": {"1": served}, "terminated": {"1": ended, "2": ended}}
    (found,) = read(tmp_path, "a.yaml", json.dumps([{**SAID, "officers": {"1": officer}}]))
    assert found.record.officers["1"].sentences["1"].penalty == "拘禁刑"
    assert len(found.record.officers["1"].terminated) == 2


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"judgements": {"3": SAID["judgements"]["4"]}}, "judgements"),
        ({"judgements": {"4": {"passes": True, "by": "審査 花子"}}}, "judgements.4.because"),
        ({"officers": {"山田": SAID["proposer"]}}, "officers"),
        ({"method": {"policy": "p", "items": {"年齢": -1}}}, "method.items"),
        ({"notice": {**SAID["notice"], "fee": {"hours": "ten"}}}, "notice.fee.hours"),
    ],
)
def test_what_is_wrong_is_told_without_a_value(tmp_path, wrong, place):
    with pytest.raises(InputError) as told:
        read(tmp_path, "a.yaml", json.dumps([SAID, {**SAID, **wrong}]))
    assert f"record 2: {place}" in told.value.what and "花子" not in told.value.what
