"""Names of people of the files in sentences: found however they are written, and told from words."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from tokumei.transforms.detect import hash_set
from tokumei.transforms.detect.hash_set import HashSet
from tokumei.transforms.detect.name_forms import full_names, joined_names
from tokumei.transforms.detect.name_set import NameSet, NameSign
from tokumei.transforms.detect.shadow import shadow

KEY = bytes(range(32))
WHOLE = [
    "佐藤 太郎",
    "渡邊　花子",
    "金子 大",
    "原 のぞみ",
    "高橋 さくら（世帯主）",
    "鈴木 一郎、鈴木 良子",
    "五十嵐 健一様",
    "ｻﾄｳ ﾀﾛｳ",
    "すずき いちろう",
    "SATO TARO",
    "Abe, Shinichiro",
    "ジョン・スミス",
]
APART = joined_names(pa.array(["長谷川", "林", None]), pa.array(["剛", "真由美", "健"]))
NAMES = NameSet.of([*full_names(pa.array(WHOLE)), *APART], KEY)


def found(text):
    """The stretches of a text's shadow that are a name, with the evidence."""
    read = shadow(pa.array([text], pa.string()))
    hits = NAMES.find(read)
    names = ~hits.decoy
    return {
        read[0][start:end]: NameSign(best)
        for start, end, best in zip(hits.start[names], hits.end[names], hits.evidence[names], strict=True)
    }


SURE = [
    "配偶者佐藤太郎のDV相談",
    "佐藤太郎様",
    "佐藤 太郎さんから電話",
    "佐藤　太郎",
    "佐藤・太郎",
    "佐藤/太郎",
    "佐藤，太郎",
    "佐\u200b藤太郎が来庁",
    "太郎 佐藤さん",
    "太郎佐藤氏",
    "渡辺花子様",
    "渡邉花子が転入",
    "渡 邊 花 子",
    "金子大様",
    "金子 大",
    "（金子大氏）",
    "原のぞみさんへ",
    "高橋さくら様",
    "鈴木良子が同席",
    "鈴木一郎夫妻",
    "五十嵐健一宅",
    "長谷川剛と面談",
    "長谷川　剛",
    "剛 長谷川",
    "林真由美の妹",
    "サトウ タロウ様",
    "さとう たろう",
    "サトウタロウさん",
    "ｻﾄｳ ﾀﾛｳ",
    "タロウ サトウ",
    "すずき いちろうさん",
    "スズキイチロウ様",
    "Taro SATO",
    "SATO, Taro",
    "ＳＡＴＯ　ＴＡＲＯ",
    "Shinichiro Abe",
    "ジョン・スミスさん",
    r"\u4f50\u85e4\u592a\u90ce\u69d8",  # as JSON writes it
    "&#20304;&#34276;&#22826;&#37070;様",
    "%E4%BD%90%E8%97%A4%E5%A4%AA%E9%83%8E様",
]


@pytest.mark.parametrize("text", SURE)
def test_a_name_is_found_in_every_spelling(text):
    assert max(found(text).values()) >= NameSign.SURE


@pytest.mark.parametrize(
    "text",
    ["佐藤太郎", "佐藤太郎転出", "世帯主佐藤太郎死亡", "鈴木一郎。", "スズキイチロウ", "SATOTARO", "金子大"],
)
def test_a_name_without_anything_that_tells_is_likely(text):
    assert [*found(text).values()] == [NameSign.LIKELY]


@pytest.mark.parametrize(
    "text", ["金子大臣が答弁", "東金子大学前", "高原のぞみ号", "ジョンスミス", "サトウタロウ"]
)
def test_what_may_well_be_a_word_is_weak(text):
    assert [*found(text).values()] == [NameSign.WEAK]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "佐藤",
        "佐藤様",
        "太郎さん",
        "佐藤次郎様",
        "鈴木花子様",
        "山口県千葉市",
        "アサトウタロウ",
        "サトウタロウズ",
        "わさとうたろう",
        "SATOTAROX",
        "XSATO TARO",
        "SATO TAROU7",
        "長谷川市",
        "世帯主様",
        "佐藤健様",
        "佐藤太",
        "藤太郎様",
        "Abe said",
    ],
)
def test_other_words_are_no_names(text):
    assert not found(text)


def test_of_names_that_are_none_nothing_is_looked_for():
    nobody = [
        "該当なし",
        "氏名不明",
        "株式会社佐藤商店",
        "テスト太郎",
        "同上",
        "匿名希望",
        "12345",
        "林一",
        "アベシ",
        "x" * 300,
        None,
    ]
    assert not len(NameSet.of(full_names(pa.array(nobody)), KEY).names.known)


def test_hits_tell_which_text_and_where_in_it():
    texts = shadow(pa.array(["無し", "配偶者佐藤 太郎のこと", None, "鈴木一郎様と鈴木良子様"]))
    hits = NAMES.find(texts)
    told = [(o, texts[int(o)][s:e]) for o, s, e in zip(hits.owner, hits.start, hits.end, strict=True)]
    assert sorted(told) == [(1, "佐藤 太郎"), (3, "鈴木一郎"), (3, "鈴木良子")]


def test_in_whatever_pieces_names_are_gathered_the_set_is_the_same_but_for_decoys():
    names = pl.concat(full_names(pa.array(WHOLE)))
    whole = NameSet.of([names], KEY)
    pieces = NameSet.merged([NameSet.of([names[i : i + 3]], KEY) for i in range(0, len(names), 3)])
    assert np.array_equal(whole.names.known, pieces.names.known)
    assert whole.lengths == pieces.lengths
    assert not np.isin(whole.names.known, NameSet.of([names], KEY[::-1]).names.known).any()  # keyed


def test_decoys_are_words_by_chance_as_often_as_names_are():
    """In texts of letters at random, of few different ones: many hits, so that little is left to chance."""
    draw = np.random.default_rng(1)
    kanji = np.array(list("佐藤高田山川中村小林"))
    names = ["".join(draw.choice(kanji, 4)) for _ in range(3000)]
    texts = pl.Series(["".join(draw.choice(kanji, 60)) for _ in range(1000)])
    made = NameSet.of([pl.Series(names)], KEY)
    hits = made.find(texts)
    assert made.a_decoy > 1.2 and hits.decoy.sum() > 5000  # three in ten are the name of somebody else
    assert 0.9 < (~hits.decoy).sum() / (hits.decoy.sum() * made.a_decoy) < 1.1


def test_beyond_its_size_a_set_is_a_filter_that_misses_nothing(monkeypatch):
    monkeypatch.setattr(hash_set, "MOST_HASHES", 1000)
    draw = np.random.default_rng(2)
    put, others = (draw.integers(0, 2**64, n, dtype=np.uint64) for n in (5000, 100_000))
    exact, filtered = (
        HashSet.of(put[:900]),
        HashSet.merged([HashSet.of(put[i : i + 900]) for i in range(0, 5000, 900)]),
    )
    assert exact.bits is None and exact.holds(put[:900]).all() and not exact.holds(others).any()
    assert filtered.bits is not None and filtered.holds(put).all()
    assert exact.error < 1e-15 and filtered.error < 1e-9 and not filtered.holds(others).any()
    assert HashSet.merged([filtered, exact]).holds(put).all()
    assert filtered.nbytes == 1 << 25
