"""What only the word beside it tells: where it stands."""

import polars as pl
import pytest

from tokumei.transforms.detect.told_by_word import told_by_word


def told(text):
    return {text[start:end] for _, start, end, _ in told_by_word(pl.Series([text]))}


@pytest.mark.parametrize("service", ["LINE", "INSTA", "ライン", "DISCORD", "SNS", "ZOOM", "カカオト-ク"])
@pytest.mark.parametrize("between", ["", " "])
def test_an_account_stands_before_its_service_in_brackets(service, between):
    assert "HANAKO_X" in told(f"HANAKO_X{between}({service})")


@pytest.mark.parametrize("text", ["HANAKO", "LINE", "5(LINE)", "(LINE)"])
def test_a_service_alone_is_no_account(text):
    assert told(text) == set()
