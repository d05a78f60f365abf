"""What only a word beside it tells, in shadows: no cheap look before the rules may pass over any of it."""

import polars as pl
import pytest

from tokumei.transforms.detect.spans import SpanLabel
from tokumei.transforms.detect.told_by_word import told_by_word


@pytest.mark.parametrize(
    ("text", "told", "label"),
    [
        ("LINE ID: HANAKO_X", "HANAKO_X", SpanLabel.ACCOUNT),
        ("連絡は HANAKO_X (LINE)", "HANAKO_X", SpanLabel.ACCOUNT),
        ("HANAKO.0412(INSTAGRAM)まで", "HANAKO.0412", SpanLabel.ACCOUNT),
        ("HANAKO_X (PAYPAY)", "HANAKO_X", SpanLabel.ACCOUNT),
        ("X: TANAKA88", "TANAKA88", SpanLabel.ACCOUNT),
        ("暗証番号は1192", "1192", SpanLabel.ACCOUNT),
        ("下4桁は1234", "1234", SpanLabel.NUMBER),
        ("診察券 00059", "00059", SpanLabel.NUMBER),
        ("電話 68-9635", "68-9635", SpanLabel.TELEPHONE),
        ("内線 2345", "2345", SpanLabel.TELEPHONE),
        ("TARO アット EXAMPLE.JP", "TARO アット EXAMPLE.JP", SpanLabel.MAIL),
        ("EXAMPLE.COM/TARO", "EXAMPLE.COM/TARO", SpanLabel.URL),
    ],
)
def test_it_is_told(text, told, label):
    found = {(text[start:end], kind) for _, start, end, kind in told_by_word(pl.Series([text]))}
    assert (told, int(label)) in found


@pytest.mark.parametrize(
    "text",
    ["HANAKO", "LINE", "5(LINE)", "(LINE)", "会議(LINE)", "X線(検査)", "AB (LINE)", "費用は (PAYPAY) で払う"],
)
def test_a_service_alone_is_no_account(text):
    assert not [*told_by_word(pl.Series([text]))]


@pytest.mark.parametrize("service", ["LINE", "INSTA", "ライン", "DISCORD", "SNS", "ZOOM", "カカオト-ク"])
@pytest.mark.parametrize("between", ["", " "])
def test_an_account_stands_before_its_service_in_brackets(service, between):
    text = f"HANAKO_X{between}({service})"
    assert "HANAKO_X" in {text[start:end] for _, start, end, _ in told_by_word(pl.Series([text]))}
