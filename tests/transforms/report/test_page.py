"""report.html and notice.md say what the report says, to people, and nothing that does not follow from it."""

from __future__ import annotations

import re

import pytest
from support.hostile import HOSTILE

from tokumei.schemas.public_report import public_part
from tokumei.schemas.report import Bar, LeakScan, Match, Picture
from tokumei.schemas.report_classes import ExampleClass, ExampleLabel
from tokumei.schemas.report_rehearsal import Rehearsal
from tokumei.schemas.report_risk import SizeBar
from tokumei.transforms.pages.environment import large
from tokumei.transforms.report.notice import render_notice
from tokumei.transforms.report.page import render_public_report, render_report
from tokumei.transforms.report.sections import risk, summary
from tokumei.transforms.report.sections.bars import side_by_side
from tokumei.transforms.risk.population import SMALL_FRACTION

CLAIMS = re.compile(
    "再識別(は)?(でき|され)(ない|ません)|識別(でき|され)ません|復元(は)?(不可能|でき(ない|ません))"
    "|適法(です|である)|法令に適合して(いる。|います)|安全(です|である)|完全に匿名|匿名(性|化)[をが]保証"
    "|cannot be re-?identified"
)


def with_table(make_report, **changes):
    base = make_report()
    return make_report(tables=(base.tables[0].model_copy(update=changes),))


def with_columns(make_report, change):
    return with_table(make_report, columns=tuple(map(change, make_report().tables[0].columns)))


def test_the_summary_tells_what_who_how_many_and_when(report, parse):
    summary = parse(render_report(report)).text("summary")
    for said in (
        "株式会社みなとストア（営業本部データ分析課）",
        "「ポイント会員購買ファイル」",
        "元の11項目のうち、4項目は全て削除し（うち1項目は提供先に不要なため）、7項目は値を加工した。",
        "37人の37レコードは除いた",
        "一般化の前には最も少ない組合せで1人、一般化の後には5人であった",
        report.requirements_because,
    ):
        assert said in summary
    assert "2026年11月23日 22時44分" in parse(render_report(report)).text()


def test_people_and_records_are_those_of_the_report(make_report, parse):
    page = parse(render_report(make_report(people=1_234_567)))
    assert "本人の数1,234,567人" in page.text("summary").replace(" ", "")
    flow = page.cells("summary")
    assert flow["読み込んだレコード読み取れたレコードの本人 21,971人"] == ["21,973件"]
    assert flow["読み取れず除いたレコード"] == ["2件"]
    assert flow["組合せが条件を満たさないため除いたレコード（五号）"] == ["37件"]
    assert flow["加工後のレコード本人 21,934人"] == ["21,934件"]


def test_every_column_is_listed_with_its_fate(report, parse):
    rows = {row[1].strip(): row for row in parse(render_report(report)).rows["items"][1:]}
    assert list(rows) == [c.title for c in report.tables[0].columns]
    assert rows["氏名"][2] == "削除"
    assert rows["メール配信の希望"][2:] == ["不要のため削除", "購買分析には用いないため"]
    assert rows["生年月日"][2] == "加工"


def test_each_criterion_lists_its_columns_sentences_and_counts(report, parse):
    page = parse(render_report(report))
    for number in range(1, 6):
        expected = {
            column.title: step
            for column in report.tables[0].columns
            for step in column.steps
            if step.criterion == number
        }
        rows = page.cells(f"c{number}")
        assert set(rows) == {*expected, "項目"}
        for title, step in expected.items():
            assert rows[title][0] == step.sentence
            for count in step.counts.values():
                assert f"{count:,}" in rows[title][1]
    assert page.cells("c1")["住所"][1] == "値が変わったセル21,958件空欄にしたセル13件"


def test_the_summary_names_no_deletion_where_there_was_none(make_report, parse):
    report = with_columns(make_report, lambda c: c.model_copy(update={"released": True}))
    assert "元の11項目のうち、10項目は値を加工した。" in parse(render_report(report)).text("summary")


def test_the_list_of_items_goes_by_criterion(make_report, parse):
    def turned(column):
        return column.model_copy(update={"steps": column.steps[::-1]})

    for report in (make_report(), with_columns(make_report, turned)):
        rows = parse(render_report(report)).rows["items"][1:]
        marks = ["".join(re.findall("([一二三四五])号　", row[3])) for row in rows]
        assert all(mark == "".join(sorted(mark, key="一二三四五".index)) for mark in marks)
        assert max(map(len, marks)) > 1


def test_the_pictures_say_whose_values_before_they_show(report, parse):
    said = "「加工前」は、加工後に残ったレコードの、加工する前の値であり、数値は上2桁に、日付は年に切り捨てて示している。"
    assert parse(render_report(report)).text("pictures").count(said) == 1


def test_a_criterion_without_work_says_so(make_report, parse):
    report = with_columns(make_report, lambda c: c.model_copy(update={"steps": ()}))
    page = parse(render_report(report))
    assert all("この基準により加工した項目はない。" in page.text(f"c{n}") for n in range(1, 6))


@pytest.mark.parametrize(
    ("regime", "cited"),
    [
        ("private", "個人情報の保護に関する法律第43条第1項、施行規則第34条"),
        ("public", "個人情報の保護に関する法律第116条第1項、施行規則第62条"),
        ("public_2022", "個人情報の保護に関する法律第114条第1項、施行規則第62条"),
        ("public_2017", "行政機関の保有する個人情報の保護に関する法律第44条の10第1項"),
    ],
)
def test_the_regime_decides_the_articles(make_report, parse, regime, cited):
    assert cited in parse(render_report(make_report(regime=regime))).text("criteria")


def test_pictures_show_both_sides_of_every_changed_column(report, parse):
    page = parse(render_report(report))
    for i, column in enumerate(report.tables[0].columns, 1):
        text = page.text(f"t1c{i}")
        assert text.startswith(column.title)
        drawn = any(picture and picture.bars for picture in (column.before, column.after))
        assert ("加工前" in text and "加工後" in text) == drawn
        assert ("全て削除" in text) == (not column.released)
        assert drawn or text.endswith("。")  # why there is nothing to see
    bands = page.cells("t1c3")
    assert bands["40代"] == ["", "4,688", "21.4%"]
    assert page.cells("t1c4")["女性"] == [
        "",
        f"{report.tables[0].columns[3].after.bars[0].records:,}",
        "41.0%",
    ]


def test_a_kept_column_has_a_reason_and_no_picture(make_report, parse):
    kept = {"steps": (), "because": "粗い区分のため"}
    report = with_columns(make_report, lambda c: c.model_copy(update=kept) if c.name == "sex" else c)
    page = parse(render_report(report))
    assert "t1c4" not in page.texts
    assert page.cells("unneeded")["性別"] == ["粗い区分のため"]
    assert "1項目は元の値のままとした" in page.text("summary")


def test_both_sides_share_a_scale_unless_one_becomes_too_short():
    def picture(*records):
        return Picture(bars=tuple(Bar(label=str(i), records=n) for i, n in enumerate(records)), ordered=True)

    before, after, differ = side_by_side(picture(50, 50), picture(100))
    assert ([r.width for r in before.rows], [r.width for r in after.rows], differ) == ([50, 50], [100], False)
    before, after, differ = side_by_side(picture(*[1] * 10), picture(100))
    assert ({r.width for r in before.rows}, [r.width for r in after.rows], differ) == ({100}, [100], True)


def test_a_long_ordered_picture_becomes_a_strip_with_labels(report, parse):
    page = parse(render_report(report))
    assert "81区分。最も長い棒は" in page.text("t1c3")
    assert "16歳" in page.text("t1c3") and "棒の長さは、左と右で縮尺が異なる" in page.text("t1c3")
    strip = next(attrs for tag, attrs in page.tags if tag == "path")
    assert strip["d"].count("M0 ") == 81


def test_a_long_unordered_picture_keeps_every_record():
    bars = tuple(Bar(label=f"v{i}", records=100 - i) for i in range(60))
    side = side_by_side(Picture(bars=bars), None)[0]
    assert sum(row.records for row in side.rows) == sum(bar.records for bar in bars) == side.records
    assert side.rows[-1].label == "上記以外の43区分"


def test_classes_below_k_are_marked_in_words(report, parse):
    rows = parse(render_report(report)).cells("risk")
    assert rows["1人k未満"] == ["15,202", "15,202人", "", "0", "0人", ""]
    assert rows["2–4人k未満"][:2] == ["2,521", "5,916人"]
    assert rows["100人以上"] == ["0", "0人", "", "65", "13,088人", ""]


def test_a_class_too_rare_for_its_bar_still_shows_one(make_report):
    """102 people of four million are what the officer must see."""
    table = make_report().tables[0]
    sizes = (
        *table.risk_after.sizes[:1],
        SizeBar(label="100人以上", classes=9, people=4_000_000, below_k=False),
    )
    after = table.risk_after.model_copy(update={"people": 4_000_214, "sizes": sizes})
    html = render_report(with_table(make_report, risk_after=after))
    assert html.count('<span class="bar after" style="width:0.0%">') == 1


def risk_rows(page):
    """The rows of the table of measures by caption, without what each means in a word."""
    rows = page.cells("risk")
    captions = (
        "本人の数",
        "グループの数",
        "1人だけのグループにいる人",
        "5人未満のグループにいる人",
        "最も小さいグループ",
        "最大リスク（検察官リスク）",
        "平均リスク（マーケターリスク）",
        "母集団でも1人だけの人（推定）",
        "Pitmanの方法",
        "Zayatzの方法",
        "SNBの方法",
    )
    return {c: cells for text, cells in rows.items() for c in captions if text.strip("　").startswith(c)}


def test_the_risk_table_holds_the_measured_values(report, parse):
    page = parse(render_report(report))
    found = risk_rows(page)
    assert found["本人の数"] == ["21,971人", "21,934人"]
    assert found["グループの数"] == ["17,846", "308"]
    assert found["1人だけのグループにいる人"] == ["15,202人（69.2%）", "0人（0.0%）"]
    assert found["5人未満のグループにいる人"] == ["21,118人（96.1%）", "0人（0.0%）"]
    assert found["最も小さいグループ"] == ["1人", "5人"]
    assert found["最大リスク（検察官リスク）"] == ["100.0%", "20.0%"]
    assert found["平均リスク（マーケターリスク）"] == ["81.2%", "1.4%"]
    assert found["母集団でも1人だけの人（推定）"] == ["35.0%（約75,000人）", "0.0%（0人）"]
    assert found["Pitmanの方法"] == ["当てはまらない", "0.0%"]
    assert found["Zayatzの方法"] == ["35.0%（採用）", "0.0%"]
    assert found["SNBの方法"] == ["0.1%未満", "0.0%"]
    assert "215,000人の母集団から無作為に選んだものとみなしたとき" in page.text("risk")
    assert "0であることは、個人が識別され得ないことを意味しない" in page.text("risk")


def test_every_measure_has_its_meaning_beside_it(report):
    html = render_report(report)
    table = html[html.index('<table class="risks">') :]
    rows = table[: table.index("</table>")].split("<tr>")[2:]
    assert len(rows) == 13 and all(re.search(r'<small class="meaning">[^<]+</small>', row) for row in rows)


def test_without_a_population_nothing_is_said_about_one(make_report, parse):
    table = make_report().tables[0]
    none = {"population_uniqueness": None}
    page = parse(
        render_report(
            with_table(
                make_report,
                risk_before=table.risk_before.model_copy(update=none),
                risk_after=table.risk_after.model_copy(update=none),
            )
        )
    )
    assert "母集団" not in page.text("risk") and len(risk_rows(page)) == 7


def test_capped_counts_are_never_shown_as_exact(make_report, parse):
    """With several records a person, classes of k and more were counted up to k only."""
    table = make_report().tables[0]
    capped = {
        "capped": True,
        "at_risk": None,
        "sample_uniqueness": None,
        "population_uniqueness": None,
    }
    report = with_table(
        make_report,
        risk_before=table.risk_before.model_copy(update=capped),
        risk_after=table.risk_after.model_copy(update=capped),
    )
    page = parse(render_report(report))
    rows, found = page.cells("risk"), risk_rows(page)
    assert rows["100人以上"][3:5] == ["65", "―"]
    assert rows["1人k未満"][:2] == ["15,202", "延べ15,202人"]
    assert found["1人だけのグループにいる人"] == ["延べ15,202人", "延べ0人"]
    assert found["最も小さいグループ"] == ["1人", "5人以上"]
    assert found["最大リスク（検察官リスク）"] == ["100.0%", "20.0%以下"]
    assert all("%" in value for value in found["平均リスク（マーケターリスク）"])
    assert "母集団でも1人だけの人の推定は、示していない" in page.text("risk")
    assert "一般化の後には5人以上であった" in page.text("summary")


def test_the_recoding_says_what_is_proven(make_report, parse):
    page = parse(render_report(make_report()))
    assert page.cells("recoding")["住所"] == ["1（0〜3のうち）", "市区町村", "4.1%"]
    assert "除いたレコードは37件、除いたレコードの本人は37人" in page.text("recoding")
    assert "ないことを確かめた" in page.text("recoding")
    unproven = make_report().tables[0].recoding.model_copy(update={"proven": False, "gap": 0.01234})
    text = parse(render_report(with_table(make_report, recoding=unproven))).text("recoding")
    assert "損失の差は1.3%以下である" in text and "ないことを確かめた" not in text


def test_the_recoding_lists_every_model_and_metric(make_report, parse):
    page = parse(render_report(make_report()))
    cells = page.cells("recoding")
    assert cells["k-匿名性同じ組合せの人が5人以上いる。"] == ["1", "5"]
    values = [row[0] for row in cells.values() if len(row) == 1]
    assert values == [
        "値",
        "1.4%",
        "8.3%",
        "31,2041件当たり1.4ビット",
        "4.2%",
        "約231.0万1件当たり105.2件",
        "61.9",
    ]
    (minimized,) = [name for name in cells if "最も小さくするように" in name]
    assert minimized.startswith("損失")


def test_a_large_sum_is_told_in_few_digits_and_has_all_of_them_beside_it(report, parse):
    page = parse(render_report(report))
    (title,) = [attrs["title"] for tag, attrs in page.tags if tag == "span" and "title" in attrs]
    assert title == "2,310,400"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.0, "0"),
        (99_999, "99,999"),
        (100_000, "約10.00万"),
        (257_336, "約25.73万"),
        (30_102_135, "約3,010万"),
        (123_456_789, "約1.235億"),
        (12_345_678_901_234, "約12.35兆"),
    ],
)
def test_large_numbers_are_told_in_four_digits(value, told):
    assert large(value) == told


def test_a_column_that_stays_as_it_is_says_why_it_loses_something(make_report, parse):
    recoding = make_report().tables[0].recoding
    first, *rest = recoding.levels
    levels = (first.model_copy(update={"level": 0, "loss": 0.016}), *rest)
    report = with_table(make_report, recoding=recoding.model_copy(update={"levels": levels}))
    assert parse(render_report(report)).cells("recoding")[first.title][-1] == "1.6%除いたレコードの分"


def test_example_classes_stand_in_the_report_and_not_in_its_public_part(make_report, parse):
    labels = (ExampleLabel(title="年代", label="40代"), ExampleLabel(title="地域", label=None))
    examples = (
        ExampleClass(table="customers", title="会員", labels=labels, people=5, capped=False),
        ExampleClass(table="customers", title="会員", labels=labels[::-1], people=1_234, capped=True),
    )
    report = make_report(classes=examples)
    assert parse(render_report(report)).rows["classes"] == [
        ["年代", "地域", "人数"],
        ["40代", "（値なし）", "5人"],
        ["（値なし）", "40代", "1,234人以上"],
    ]
    assert "classes" not in public_part(report).model_dump()
    assert "（値なし）" not in render_public_report(public_part(report))


def test_what_was_not_done_is_one_section_and_no_empty_boxes(make_report, parse):
    page = parse(render_report(make_report()))
    absent = page.cells("absent")
    assert absent["表の結合"] == ["本人の仮IDで互いに結合できる表はない。"]
    sections = {attrs["id"] for tag, attrs in page.tags if tag == "section"}
    assert not sections & {name for name in page.texts if page.text(name).split("。")[0] in absent}
    assert {"joined", "earlier", "attacks"} <= {a["id"] for tag, a in page.tags if tag == "tr" and "id" in a}
    assert not {"joined", "earlier", "attacks"} & sections


def test_the_report_has_a_box_for_approval_and_a_rehearsal_has_none(make_report, parse):
    assert "決裁欄" in parse(render_report(make_report())).text()
    assert "決裁欄" not in parse(render_report(make_report(rehearsal=Rehearsal(sample=None)))).text()


def test_a_table_without_quasi_identifiers_says_nothing_was_measured(make_report, parse):
    page = parse(render_report(with_table(make_report, recoding=None, risk_before=None, risk_after=None)))
    assert "組合せの一般化は行っていない" in page.text("recoding")
    assert "測定していない" in page.text("risk")


def test_several_tables_are_told_apart(make_report, parse):
    first = make_report().tables[0]
    second = first.model_copy(
        update={"name": "sales", "title": "購買", "people_in": None, "people_out": None}
    )
    page = parse(render_report(make_report(tables=(first, second))))
    assert {"t1c1", "t2c1"} <= set(page.texts)
    assert "レコードの増減：購買" in page.text("summary")
    assert "元の22項目のうち" in page.text("summary")
    assert {"会員番号顧客", "会員番号購買"} <= set(page.cells("c3"))


def test_rejects_are_told_in_titles_and_words(make_report, parse):
    page = parse(render_report(make_report()))
    assert page.cells("rejects")["顧客"] == ["生年月日", "日付として読めない", "2件"]
    assert "読み取れなかったレコードはない" in parse(render_report(make_report(rejects=()))).text("rejects")


def test_the_leak_search_says_what_was_searched_and_what_was_left(make_report, parse):
    chance = Match(column="伝票番号", sought="個人番号", compared=1200, matched=118, because=None)
    known = Match(column="店舗名", sought="その人の氏名", compared=900, matched=2, because=HOSTILE)
    scan = LeakScan(
        sought=("氏名", "会員番号"),
        carriers=("伝票番号", "店舗名"),
        numbers=("伝票番号", "店舗名", "性別"),
        matches=(chance, known),
    )
    html = render_report(with_table(make_report, leak_scan=scan))
    page = parse(html)
    assert page.cells("leaks")["伝票番号"] == ["個人番号", "118件", "1,200件", "偶然の一致の範囲"]
    assert page.cells("leaks")["店舗名"] == ["その人の氏名", "2件", "900件", HOSTILE.replace("\n", " ")]
    assert "「氏名」「会員番号」の元の値が、2項目（伝票番号、店舗名）に" in page.text("leaks")
    assert "3項目（伝票番号、店舗名、性別）に" in page.text("leaks") and "<script" not in html.lower()
    clean = scan.model_copy(update={"matches": ()})
    text = parse(render_report(with_table(make_report, leak_scan=clean))).text("leaks")
    assert "一致したものはない" in text and "漏えいとしなかった" not in text
    nothing = LeakScan(sought=(), carriers=(), numbers=())
    text = parse(render_report(with_table(make_report, leak_scan=nothing))).text("leaks")
    assert "元の値は探していない" in text and "番号は探していない" in text and "一致" not in text


def test_secrets_order_limits_and_versions_are_stated(report, parse):
    page = parse(render_report(report))
    assert report.secrets in page.text("secrets") and report.order in page.text("secrets")
    assert all(limit in page.text("limits") for limit in report.limits)
    assert report.work_sha256 in page.text("record") and "2.77.0" in page.text("record")
    assert all(word in page.text("glossary") for word in ("準識別子", "k-匿名性", "仮ID", "個人識別符号"))


def test_the_page_needs_nothing_from_elsewhere(report, parse):
    html = render_report(report)
    assert not re.search(r"https?:|//|\bsrc=|@import|url\(", html)
    page = parse(html)
    assert {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "embed"} == set()
    hrefs = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    beside = {href for href in hrefs if not href.startswith("#")}
    assert beside == {"notice.html", "public-report.html", "../../register/index.html"}
    assert all(href[1:] in page.texts for href in hrefs if href not in beside)


def test_ids_are_unique_and_tables_have_headers(report, parse):
    page = parse(render_report(report))
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert all(attrs.get("scope") for tag, attrs in page.tags if tag == "th")
    assert (
        sum(tag == "figure" for tag, _ in page.tags) == sum(tag == "figcaption" for tag, _ in page.tags) == 7
    )


@pytest.mark.parametrize("regime", ["private", "public", "public_2022", "public_2017"])
def test_no_document_claims_more_than_was_measured(make_report, make_policy, parse, regime):
    report = make_report(regime=regime)
    for text in (parse(render_report(report)).text(), render_notice(make_policy(regime), report)):
        assert not CLAIMS.search(text)
    assert "法令は k の値を定めていない" in parse(render_report(report)).text("summary")


@pytest.mark.parametrize(
    "claim",
    ["再識別できない", "復元不可能", "復元できません", "適法です", "匿名性を保証", "個人は識別できません"],
)
def test_the_claim_words_are_found_where_they_stand(claim):
    assert CLAIMS.search(f"このデータは{claim}。")


def test_hostile_texts_are_escaped_everywhere(make_report, parse):
    def poison(column):
        picture = Picture(bars=(Bar(label=HOSTILE, records=3),), note=HOSTILE)
        steps = tuple(
            s.model_copy(update={"sentence": HOSTILE, "counts": {HOSTILE: 1}}) for s in column.steps
        )
        return column.model_copy(
            update={"name": HOSTILE, "title": HOSTILE, "because": HOSTILE, "steps": steps}
            | {"before": picture, "after": picture}
        )

    table = (
        with_columns(make_report, poison)
        .tables[0]
        .model_copy(update={"title": HOSTILE, "people_check": HOSTILE})
    )
    words = (
        "release_id",
        "file_name",
        "body",
        "department",
        "purpose",
        "requirements_because",
        "secrets",
        "order",
    )
    report = make_report(
        tables=(table,),
        rejects=(),
        limits=(HOSTILE,),
        versions={HOSTILE: HOSTILE},
        **dict.fromkeys(words, HOSTILE),
    )
    html = render_report(report)
    assert "<script" not in html.lower()
    page = parse(html)
    assert page.text().count("<script>alert(1)</script>") > 50
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)


def test_a_hundred_columns_stay_a_light_page(make_report, parse):
    columns = make_report().tables[0].columns
    many = tuple(columns[i % 11].model_copy(update={"title": f"{i}番目の{'長' * 80}"}) for i in range(100))
    html = render_report(with_table(make_report, columns=many))
    assert len(html.encode()) < 700_000
    assert {f"t1c{i}" for i in range(1, 101)} <= set(parse(html).texts)


def test_limits_are_said_from_the_constants(make_report, parse, monkeypatch):
    monkeypatch.setattr(summary, "SMALL_FILE", 2_345)
    small = make_report(people=396, small_file_ordinance="みなと市個人情報保護条例第5条")
    assert "2,345人未満。みなと市個人情報保護条例第5条による" in parse(render_report(small)).text("summary")
    share = f"{10 * SMALL_FRACTION:g}割"
    assert all(f"母集団の{share}" in meaning for meaning in risk._ESTIMATORS.values()) and share == "1割"
