"""Where somebody works or learns; words for kinds of places alone tell nothing."""

import time

import pytest

from tokumei.transforms.detect.employers import employer_spans
from tokumei.transforms.redaction.own import OwnValues
from tokumei.transforms.redaction.redact import Layers, redact


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("株式会社山田商店に勤務", "株式会社山田商店"),
        ("○○病院勤務", "○○病院"),
        ("本人は山田病院に勤めている。", "山田病院"),
        ("勤務先は山田病院です", "山田病院"),
        ("勤務先：トヨタ自動車", "トヨタ自動車"),
        ("職場は日立製作所", "日立製作所"),
        ("（株）サンプルのアルバイトとして", "（株）サンプル"),
        ("○○株式会社の部長", "○○株式会社"),
        ("Ｓｏｎｙ株式会社に入社", "Ｓｏｎｙ株式会社"),
        ("パート先は丸久スーパー。", "丸久スーパー"),
        ("妻は丸山クリニックで働いている", "丸山クリニック"),
        ("市立第三中学校に通学", "市立第三中学校"),
        ("東都大学卒業", "東都大学"),
        ("三菱銀行新宿支店に勤務", "三菱銀行新宿支店"),
    ],
)
def test_who_is_told_by_the_words_around(text, name):
    assert [text[start:end] for _, start, end in employer_spans([text])] == [name]
    left = redact([text], Layers(own=OwnValues([], {}))).texts[0]
    assert name not in left and "〔" in left


@pytest.mark.parametrize(
    "text",
    [
        *(
            "当社の社員",
            "会社に勤務",
            "大学を卒業",
            "病院職員より連絡",
            "市役所職員が訪問",
            "勤務先へ電話した",
            "勤務先に連絡",
        ),
        *(
            "職場の同僚と来所",
            "職場は不明。",
            "学校に通学できない",
            "病院に行き、会社に勤務していると話す",
            "勤務先が倒産した",
        ),
        *(
            "小学校入学前の子",
            "事務所の職員に確認",
            "株式会社山田商店の商品",
            "山田病院を受診",
            "高血圧で内服中",
        ),
    ],
)
def test_places_of_which_nobody_is_told(text):
    assert list(employer_spans([text])) == []


def test_it_is_linear():
    def took(n):
        text = "山病院" * n + "勤"
        start = time.process_time()
        assert list(employer_spans([text])) == []
        return time.process_time() - start

    took(100)
    assert took(20_000) < 40 * max(took(2_000), 0.01)
