"""What is left of a name or an address when it is cut: a family name in Latin letters, a town with its numbers."""

import pyarrow as pa
import pytest

from tokumei.transforms.detect.described import described_in
from tokumei.transforms.detect.spans import SpanLabel

PEOPLE = (
    ("Mrs. YAMADA より電話", "YAMADA"),
    ("Mr. SMITH", "SMITH"),
    ("Prof. Kobayashiに依頼", "Kobayashi"),
    ("Mx. Sato", "Sato"),
    ("Sir Tanaka", "Tanaka"),
    ("Madam Mori が来所", "Mori"),
    ("mr tanaka", "tanaka"),
    ("ＤＲ．ＭＯＲＩ", "ＭＯＲＩ"),
    ("Frau Müllerの件", "Müller"),
    ("SATO-san came", "SATO"),
    ("Tanaka-sama", "Tanaka"),
    ("suzuki san", "suzuki"),
    ("tanakaさんへ", "tanaka"),
    ("tanaka 様", "tanaka"),
    ("患者Watanabe", "Watanabe"),
    ("妻：hanako", "hanako"),
    ("担当者 ogawaより", "ogawa"),
)
PLACES = (
    ("芝浦三丁目二番の三に転居", "芝浦三丁目二番の三"),
    ("下山字北123", "下山字北123"),
    ("大字下山456の自宅", "大字下山456"),
    ("上野原字南12番地", "上野原字南12番地"),
    ("中央5-5 ハイツ山田203", "中央5-5 ハイツ山田203"),
    ("元町12-5コーポ桜101号室", "元町12-5コーポ桜101号室"),
    ("〒105-0014 芝3-4-5", "〒105-0014 芝3-4-5"),
    ("〒1050014芝公園3-4", "〒1050014芝公園3-4"),
    ("北5条西7丁目2-1", "北5条西7丁目2-1"),
    ("札幌南12条東3丁目", "札幌南12条東3丁目"),
)
NOBODY = (
    "Dear Sir Madam",
    "miss the bus",
    "dr evil",
    "Prof. evaluation",
    "iPadさん",
    "sanは母音である",
    "文字列123を入力",
    "漢字検定2級",
    "赤字拡大3件",
    "数字北123",
    "会議室5-5 ホール2",
    "北5条例",
)


@pytest.mark.parametrize(
    ("text", "what", "label"),
    [*((*told, SpanLabel.PERSON) for told in PEOPLE), *((*told, SpanLabel.PLACE) for told in PLACES)],
)
def test_what_is_cut_is_found_whole(text, what, label):
    spans = described_in(pa.array([text])).spans
    found = zip(spans.start, spans.end, spans.kind, strict=True)
    assert what in {text[start:end] for start, end, kind in found if kind == label}


@pytest.mark.parametrize("text", NOBODY)
def test_what_only_looks_so_is_left(text):
    spans = described_in(pa.array([text])).spans
    assert not [
        text[a:b]
        for a, b, kind in zip(spans.start, spans.end, spans.kind, strict=True)
        if kind != SpanLabel.DATE
    ]
