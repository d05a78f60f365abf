"""What others tried is planted in every run, and the plan of the run is told where one of it is missed."""

import hashlib
from collections import Counter

import pytest

from tokumei.transforms.detect import described, stretches
from tokumei.transforms.detect.spans import SpanLabel
from tokumei.transforms.redaction.own import OwnValues
from tokumei.transforms.redaction.planted import counted, planted_cases
from tokumei.transforms.redaction.redact import Layers, redact

LEAST = {  # cases of a run, by kind
    "電話番号（変わった区切り）": 9,
    "電話番号（二重の符号化）": 8,
    "言葉で分かる短い番号": 6,
    "電子メールアドレス（言い換え）": 1,
    "頁のアドレス（https のないもの）": 1,
    "氏名（ローマ字の姓のみ）": 4,
    "住所（市区町村のないもの）": 4,
    "生年月日（略したもの）": 4,
}


def cases_of(run, left=()):
    cases = planted_cases(hashlib.sha256(b"%d" % run).digest(), [], left)
    return [case for case in cases if case.kind.title in LEAST]


def missed(cases):
    done = redact([case.text for case in cases], Layers(own=OwnValues([], {})))
    return {title: n for title, n in counted(cases, done.texts)[1].items() if n}


def test_every_run_plants_them():
    planted, all_missed = counted(cases_of(0), [case.text for case in cases_of(0)])
    assert planted == Counter(LEAST) == all_missed


def test_none_is_missed():
    assert missed([case for run in range(12) for case in cases_of(run)]) == {}


@pytest.mark.parametrize(
    ("module", "finder", "kinds"),
    [
        (described, "titled_people", {"氏名（ローマ字の姓のみ）"}),
        (described, "addresses_by_form", {"住所（市区町村のないもの）"}),
        (described, "date_spans", {"生年月日（略したもの）"}),
        (stretches, "told_by_word", {"言葉で分かる短い番号"}),
    ],
)
def test_a_finder_that_finds_no_more_is_told(monkeypatch, module, finder, kinds):
    monkeypatch.setattr(module, finder, lambda *_: [])
    assert kinds <= missed([case for run in range(4) for case in cases_of(run)]).keys()


def test_what_is_left_standing_is_not_planted():
    titles = {case.kind.title for case in cases_of(0, {SpanLabel.PERSON, SpanLabel.DATE})}
    assert titles == LEAST.keys() - {"氏名（ローマ字の姓のみ）", "生年月日（略したもの）"}
