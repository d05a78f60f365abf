"""Who is told of in sentences: what is found, what is left, where it stood, and how much of it."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from support.news import PERSON, PLACE, covered, sentences

from tokumei.transforms.detect.described import described_in
from tokumei.transforms.detect.romaji import katakana_of
from tokumei.transforms.detect.spans import SpanLabel
from tokumei.transforms.detect.words import dictionary_version

LABELS = {"人": SpanLabel.PERSON, "所": SpanLabel.PLACE, "日": SpanLabel.DATE, "歳": SpanLabel.AGE}


def stood(texts):
    """Return what was found of each text, as (label, text)."""
    merged = described_in(pa.array(texts, pa.string())).spans.merged()
    found = [[] for _ in texts]
    for owner, start, end, kind in zip(*(column.tolist() for column in merged), strict=True):
        found[owner].append((SpanLabel(kind), texts[owner][start:end]))
    return found


def by_text(spans, label):
    found = {}
    for owner, start, end, kind in zip(*(column.tolist() for column in spans), strict=True):
        if kind == label:
            found.setdefault(owner, []).append((start, end))
    return found


# A sentence, and what must be covered in it, each behind the sign of its kind.
TOLD = [
    ("担当 Nakamura、wife is Emily Johnson, phone later", "人Nakamura 人Emily_Johnson"),
    ("氏名：Emily Watson、Mr. Hall", "人Emily_Watson 人Hall"),
    ("担当：王、ケアマネ王へ書類、金に連絡済み。", "人王 人王 人金"),
    ("王→田中へ引継ぎ、阿部→林へ、森より入電", "人王 人田中 人阿部 人林 人森"),
    ("Dr.ヤマダの指示、Dr.タカナシの指示", "人ヤマダ 人タカナシ"),
    ("患者の山田太郎様は佐藤医師の診察を受けた。", "人山田太郎 人佐藤"),
    ("氏名：髙橋　一郎", "人髙橋　一郎"),
    ("担当：森 茂、連絡先は母の渡邉恵子。", "人森_茂 人渡邉恵子"),
    ("次女のさくらちゃんと健太君が転倒", "人さくら 人健太"),
    ("林さん、原さん、関さん、李さん、王さん", "人林 人原 人関 人李 人王"),
    ("中村師長、山本課長へ連絡", "人中村 人山本"),
    ("武豊騎手と宮下瞳騎手", "人武豊 人宮下瞳"),
    ("佐藤退院。山本より電話。", "人佐藤 人山本"),
    ("（伊藤）、【加藤】、「山崎」", "人伊藤 人加藤 人山崎"),
    ("O様とK.S.さん", "人O 人K.S."),
    ("勅使河原様、伊集院様、小鳥遊様", "人勅使河原 人伊集院 人小鳥遊"),
    ("名城信男と河北義次郎と舞城王太郎", "人河北義次郎 人王太郎"),
    ("ジョン・スミス氏とグエン・ヴァン・アンさん", "人ジョン・スミス 人グエン・ヴァン・アン"),
    ("ジョン・F・ケネディはモンゴメリーを訪ねた", "人ジョン・F・ケネディ"),
    ("マリック・ベルカンヌ校長は、ベルカンヌが言うには", "人マリック・ベルカンヌ 人ベルカンヌ"),
    ("ﾔﾏﾀﾞ ﾀﾛｳ 様", "人ﾔﾏﾀﾞ_ﾀﾛｳ"),
    ("ヤマダ　タロウ、エンドウ ヤスヒロ", "人ヤマダ　タロウ 人エンドウ_ヤスヒロ"),
    ("シミズユイは来院", "人シミズユイ"),
    ("担当はこばやし みかこです", "人こばやし_みかこ"),
    ("きのしたひろこは来院", "人きのしたひろこ"),
    ("おのゆいさん", "人おのゆい"),
    ("Yamada Taro, SHIMIZU Yui, Kenichi Satoさん", "人Yamada_Taro 人SHIMIZU_Yui 人Kenichi_Sato"),
    ("Dr. Tanaka and Mr. John Smith, William Normark", "人Tanaka 人John_Smith 人William_Normark"),
    ("馬渕健一（まぶち・けんいち、82）が死去", "人馬渕健一 人まぶち・けんいち 歳82"),
    ("吉田さんの夫（吉田一郎、65歳）", "人吉田 人吉田一郎 歳65歳"),
    ("東京都港区芝公園4丁目2番8号 メゾン芝101号室", "所東京都港区芝公園4丁目2番8号_メゾン芝101号室"),
    ("仙台市青葉区木町通2の3の13で", "所仙台市青葉区木町通2の3の13"),
    ("札幌市中央区北1条西2丁目", "所札幌市中央区北1条西2丁目"),
    ("京都市中京区寺町通御池上る上本能寺前町488番地", "所京都市中京区寺町通御池上る上本能寺前町488番地"),
    ("長野県北佐久郡軽井沢町大字長倉123", "所長野県北佐久郡軽井沢町大字長倉123"),
    ("〒105-0011 大阪市北区梅田三丁目1番3号", "所〒105-0011 所大阪市北区梅田三丁目1番3号"),
    ("山口県の知床半島、渋谷駅、コイバ国立公園", "所山口県 所知床半島 所渋谷駅 所コイバ国立公園"),
    ("西ノルウェーとブリティッシュコロンビア州", "所西ノルウェー 所ブリティッシュコロンビア州"),
    ("東京都内で、旧富谷町にて", "所東京都内 所富谷町"),
]  # fmt: skip

LEFT = [
    "森田療法とモロー反射、山口大学式の評価",
    "取引先は株式会社東海林製作所",
    "王国と森林に関する書類、金属に注意",
    "高橋商店で買い物をし、田中クリニックを紹介受診。株式会社山田製作所の製品。",
    "橋本病、川崎病、高安動脈炎、パーキンソン病、アルツハイマー型認知症、クローン病。",
    "アムロジピン錠5mgを1日1回朝食後に内服。ロキソニンとムコスタを頓用。",
    "バルサルタン・アムロジピン配合錠、カンデサルタン・ヒドロクロロチアジド、オルメサルタン、エリキュース。",
    "葛根湯、小青竜湯、芍薬甘草湯、抑肝散、大建中湯、牛車腎気丸、防已黄耆湯。",
    "発熱、咳嗽を主訴に来院。本人の希望で入院となった。血圧120/80、SpO2 98%。",
    "左大腿骨頸部骨折に対し人工骨頭置換術を施行。胸部X線で右下肺野に浸潤影。",
    "母は乳癌、父は脳梗塞で死亡。独居だが息子が近くに住む。",
    "皆さん、お客さん、患者さん、業者さん、お母さん、お子さん、奥さん。お疲れ様です。",
    "看護師が訪室。医師に報告。店長に確認。先生に相談。主治医の指示。",
    "ポイントカードの再発行を依頼。商品が届かないとの問い合わせ。ありがとうございます。",
    "MRI, CT and PET were normal. The patient was discharged. Take with food. New Year Sale.",
    "ビタミン・ミネラル、サーモン・アボカド・チーズのサラダ、ノート・ペン・消しゴム。",
    "緑茶 500ml、ヨーグルト（プレーン）、トヨタの車、ソニーのテレビ、セブンイレブン。",
    "森の中を歩く。川で遊ぶ。春の桜、夏の海。光と影。愛と希望。",
    "3日分、7日間、16日、3か月、2年間、5年生存率、4/5、1-2-3、192.168.10.10、R2、H2受容体",
    "80歳代、65歳以上、6歳未満、3歳児健診、40代、年齢制限",
]

DATES = [
    "2005年7月14日",
    "2005年",
    "2005年度",
    "平成17年7月14日",
    "平成元年",
    "令和六年十二月三日",
    "二〇〇五年七月十四日",
    "S55.1.2",
    "S55.1.2生",
    "昭和55年1月2日生まれ",
    "H30/4/1",
    "昭55.1.2",
    "㍻17年7月",
    "2005/7/14",
    "2005-07-14",
    "2005.7.14",
    "２００５年７月１４日",
    "14/7/2005",
    "2005／07／14",
    "05/07/14",
    "20050714",
    "7月14日",
    "七月十四日",
    "7月下旬",
    "7月",
    "7/14(木)",
    "西暦2005年7月",
    "平成17（2005）年7月14日",
    "2005（平成17）年7月14日",
    "千九百八十年",
    "昭和五十五年一月二日",
    "'05.7.14",
    "明治45年7月30日",
    "2005年7月14日（木曜日）",
]
BORN = {"生年月日：800102": "800102", "誕生日は7.14": "7.14", "DOB 1980-01-02": "1980-01-02"}
AGES = [
    "42歳",
    "満42歳",
    "４２歳",
    "四十二歳",
    "42才",
    "42さい",
    "42y/o",
    "生後3か月",
    "百二歳",
    "5歳3ヶ月",
    "42-year-old",
]


@pytest.mark.parametrize(("text", "told"), TOLD, ids=[text for text, _ in TOLD])
def test_told(text, told):
    spans = described_in(pa.array([text])).spans
    for one in told.split(" "):
        label, what = LABELS[one[0]], one[1:].replace("_", " ")
        assert covered([(0, text.index(what), text.index(what) + len(what))], by_text(spans, label)) == [
            True
        ], what


@pytest.mark.parametrize("text", LEFT)
def test_left(text):
    assert stood([text]) == [[]]


def test_a_place_that_is_a_surname_too_is_a_person_where_it_stands_like_one():
    texts = ["松本に連絡済み。", "異常なし。（松本）", "Dr.ヤマダの指示", "山田→山口へ引継ぎ"]
    labels = [[label for label, _ in found] for found in stood(texts)]
    assert labels == [*([SpanLabel.PERSON] for _ in range(3)), [SpanLabel.PERSON] * 2]


def test_dates():
    texts = [f"彼は{date}に来た。" for date in (*DATES, "July 14, 2005", "14 Jul 2005")]
    assert stood(texts) == [[(SpanLabel.DATE, text[2:-4])] for text in texts]
    assert stood(list(BORN)) == [[(SpanLabel.DATE, date)] for date in BORN.values()]


def test_ages():
    texts = [f"患者は{age}、男性。" for age in AGES]
    assert stood(texts) == [[(SpanLabel.AGE, age)] for age in AGES]
    assert stood(["年齢：42", "享年81"]) == [[(SpanLabel.AGE, "42")], [(SpanLabel.AGE, "81")]]


def test_places_are_those_of_the_text_as_given():
    """What nobody sees is passed over; old forms of kanji are read as new ones; nulls and equal texts."""
    texts = ["山\u200b田太\u200b郎様", None, "髙\U000e0100橋様", "無し", "山\u200b田太\u200b郎様", ""]
    for column in (pa.array(texts), pa.array(texts).dictionary_encode(), pa.array(["x", *texts])[1:]):
        spans = described_in(column).spans.merged()
        found = list(zip(spans.owner.tolist(), spans.start.tolist(), spans.end.tolist(), strict=True))
        assert found == [(0, 0, 6), (2, 0, 3), (4, 0, 6)]
    assert not len(described_in(pa.array([], pa.string())).spans.owner)


def test_the_column_does_not_matter():
    texts = [text for text, _ in TOLD]
    together = stood(texts)
    assert [stood([text])[0] for text in texts] == together
    assert stood(texts[::-1])[::-1] == together


def test_long_texts_are_cut_at_sentence_ends():
    """The tokenizer refuses long texts. Time is linear, whatever the text: no cell stalls the job."""
    text = "患者の山田太郎様が来た。" * 20_000
    spans = described_in(pa.array([text])).spans.merged()
    assert len(spans.owner) == 20_000
    assert np.array_equal(spans.start, np.arange(20_000) * 12 + 3)
    for char in ("ﷺ", "あ", "山田", "1/", "ア・", "港区1番", "。", "\u200b"):
        start = time.process_time()
        described_in(pa.array([char * (100_000 // len(char))]))
        assert time.process_time() - start < 10, char


def test_threads_find_the_same():
    texts = [text for text, _ in TOLD] * 3
    found = {}
    threads = [
        threading.Thread(target=lambda n=n: found.__setitem__(n, stood(texts[n:]) + stood(texts[:n])))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {n: found[n][-n:] + found[n][:-n] if n else found[n] for n in found} == dict.fromkeys(
        range(4), stood(texts)
    )


def test_marks_on_sentences_that_the_rules_were_not_made_on():
    """The rules were tuned on the first half of the corpus; this is the other half.

    A share of 0.90 and 0.85 of whole names is what was set as a goal. Precision is told, so that a change
    which redacts everything is seen too.
    """
    told = sentences()[250:]
    spans = described_in(pa.array([text for text, _ in told])).spans.merged()
    for kind, label, least, sure in (
        (PERSON, SpanLabel.PERSON, 0.90, 0.8),
        (PLACE, SpanLabel.PLACE, 0.85, 0.8),
    ):
        marked = [(n, a, b) for n, (_, marks) in enumerate(told) for a, b, of in marks if of == kind]
        found = by_text(spans, label)
        assert np.mean(covered(marked, found)) >= least
        hit = [
            any(n == number and a < end and start < b for n, a, b in marked)
            for number, ranges in found.items()
            for start, end in ranges
        ]
        assert np.mean(hit) >= sure


def test_names_of_customers():
    """Of 500 dummy customers, as a register writes them and inside a sentence: at least 95 of 100 whole."""
    file = Path(__file__).parents[3] / "pipelines" / "example" / "customer.csv"
    names = pl.read_csv(file, infer_schema=False)["customer_name"].unique(maintain_order=True)[:500].to_list()
    for before, behind in (("", ""), ("担当は", "です。"), ("", "に連絡した。")):
        spans = described_in(pa.array([before + name + behind for name in names])).spans
        marked = [(n, len(before), len(before + name)) for n, name in enumerate(names)]
        assert np.mean(covered(marked, by_text(spans, SpanLabel.PERSON))) >= 0.95


def test_products_are_nobody():
    """Of 3,150 articles in English capitals at most one in a hundred is taken for a name."""
    file = Path(__file__).parents[3] / "pipelines" / "example" / "online_retail.parquet"
    articles = pl.read_parquet(file)["Description"].drop_nulls().unique().sort()
    found = by_text(described_in(articles.to_arrow()).spans, SpanLabel.PERSON)
    assert len(found) <= len(articles) / 100


def test_proper_nouns_that_are_left_are_told():
    """What a policy's owner judges: proper nouns that no span covers."""
    text = "トヨタの車とソニーのテレビを山田様に売った。"
    told = described_in(pa.array([text]))
    assert [text[a:b] for a, b in zip(told.proper.start, told.proper.end, strict=True)] == [
        "トヨタ",
        "ソニー",
        "山田",
    ]
    assert stood([text]) == [[(SpanLabel.PERSON, "山田")]]


def test_romaji():
    assert {"タロウ", "タロ"} <= set(katakana_of("taro"))
    assert "ケンイチ" in katakana_of("kenichi")
    assert "イッペイ" in katakana_of("ippei")
    assert "ショウタ" in katakana_of("syota")
    assert "ホンマ" in katakana_of("homma")
    assert katakana_of("smith") == katakana_of("the") == katakana_of("x" * 99) == []


def test_the_version_names_the_dictionary():
    assert dictionary_version().startswith("SudachiPy 0.7")
    assert "SudachiDict-core 20" in dictionary_version()


def test_the_dictionary_is_loaded_when_needed():
    code = (
        "import sys, tokumei.transforms.detect.described; print([m for m in sys.modules if 'sudachi' in m])"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout == "[]\n"
