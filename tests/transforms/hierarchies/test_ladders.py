"""Ladders: every label has one parent, whatever the hierarchy; files are checked before anything is read."""

import datetime as dt
import re
from fractions import Fraction
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.kernels import chain_of, fit, treat

from tokumei.schemas.errors import InputError, PolicyError
from tokumei.schemas.hierarchies import (
    AddressHierarchy,
    DateHierarchy,
    FileHierarchy,
    Hierarchy,
    IntervalHierarchy,
    MaskHierarchy,
    PrefixHierarchy,
    SuppressHierarchy,
)
from tokumei.schemas.hierarchy_base import TableHierarchy
from tokumei.schemas.tables import address_hierarchy, regions
from tokumei.transforms.hierarchies.bound import BoundHierarchy
from tokumei.transforms.hierarchies.files import read_hierarchy_file
from tokumei.transforms.hierarchies.ladders import BUILDERS, build_ladder
from tokumei.transforms.hierarchies.steps import Between, NotInHierarchyError

ADULT = Path(__file__).parents[2] / "data" / "arx_adult"
CITIES = [city for city, _, _ in address_hierarchy()]


def at(ladder, level):
    """value → label at a level."""
    texts = [ladder.labels[level][code] for code in ladder.codes[level]]
    return dict(zip(ladder.values, texts, strict=True))


def check(ladder):
    """What every ladder is."""
    assert ladder.levels == len(ladder.labels) == len(ladder.leaves) == len(ladder.titles)
    assert at(ladder, 0) == {v: v for v in ladder.values}
    assert set(at(ladder, ladder.levels - 1).values()) <= {"*"}
    for level in range(ladder.levels):
        assert len(set(ladder.labels[level])) == len(ladder.labels[level])
        assert set(ladder.codes[level].tolist()) == set(range(len(ladder.labels[level])))
        assert ladder.leaves[level].min(initial=1) >= 1
        assert ladder.leaves[level].max(initial=1) <= ladder.domain_size
        if None in ladder.values and level < ladder.levels - 1:
            assert at(ladder, level)[None] is None
            assert [v for v, text in at(ladder, level).items() if text is None] == [None]
        if level:
            pairs = set(zip(ladder.codes[level - 1].tolist(), ladder.codes[level].tolist(), strict=True))
            assert len(pairs) == len(ladder.labels[level - 1])  # exactly one parent each


def test_every_declared_hierarchy_is_built():
    kinds, _ = get_args(Hierarchy)
    assert {*BUILDERS, FileHierarchy, TableHierarchy} == {*get_args(kinds)}


def distinct(values):
    return st.lists(st.one_of(st.none(), values), unique=True, max_size=25)


NUMBERS = st.one_of(
    st.integers(-60, 60).map(str),
    st.integers(-(10**20), 10**20).map(str),
    st.decimals(-50, 50, places=2).map(lambda d: format(d, "f")),
    st.sampled_from(["90歳以上", "その他", "1e+15", "1.5e+16", "nan", "-0"]),
    st.tuples(st.integers(-20, 20), st.integers(1, 9)).map(lambda b: f"{b[0]}以上{b[0] + b[1]}未満"),
)
WIDTHS = st.tuples(st.integers(1, 7), st.integers(2, 3), st.integers(2, 3)).map(
    lambda w: (w[0], w[0] * w[1], w[0] * w[1] * w[2])
)
DATES = st.one_of(
    st.dates(dt.date(1900, 1, 1), dt.date(2030, 1, 1)).map(str),
    st.dates(dt.date(1900, 1, 1), dt.date(2030, 1, 1)).map(lambda d: str(d)[:7]),
    st.integers(1900, 2030).map(str),
    st.datetimes(dt.datetime(2023, 12, 1), dt.datetime(2024, 3, 9)).map(lambda t: f"{t:%Y-%m-%d %H:%M}"),
    st.sampled_from(
        ["その他", "90歳以上", "2024-02-30", "2024-02-30 x", "2024-13-01", "2024-02-00", "2024-02-1"]
    ),
    st.sampled_from(
        ["2024-02-22～29", "2024-02-08～14", "2024-02-08 18時台", "2024-02-08 18:30", "2024-02-081"]
    ),
)
PERIODS = ("hour", "day", "week", "year_month", "quarter", "year", "decade")
LEVELS = st.sets(st.sampled_from(PERIODS), min_size=1).map(
    lambda chosen: tuple(n for n in PERIODS if n in chosen)
)
CODES = st.text(st.sampled_from("01Aあ"), max_size=5)
LENGTHS = st.sets(st.integers(1, 5), min_size=1, max_size=3).map(sorted)
BUILT_IN = {
    "intervals": st.tuples(
        distinct(NUMBERS),
        st.builds(IntervalHierarchy, kind=st.just("intervals"), widths=WIDTHS, origin=st.integers(-9, 9)),
    ),
    "dates": st.tuples(distinct(DATES), st.builds(DateHierarchy, kind=st.just("dates"), levels=LEVELS)),
    "prefix": st.tuples(
        distinct(CODES),
        LENGTHS.map(lambda n: PrefixHierarchy(kind="prefix", keep=tuple(reversed(n)))),
    ),
    "mask": st.tuples(distinct(CODES), LENGTHS.map(lambda n: MaskHierarchy(kind="mask", hide=tuple(n)))),
    "suppress": st.tuples(distinct(CODES), st.just(SuppressHierarchy(kind="suppress"))),
    "address": st.tuples(
        distinct(st.sampled_from([*CITIES[::40], *regions()])), st.just(AddressHierarchy(kind="address"))
    ),
}


@pytest.mark.parametrize("kind", BUILT_IN)
@given(data=st.data())
def test_every_label_has_one_parent(kind, data):
    values, spec = data.draw(BUILT_IN[kind])
    ladder = build_ladder(values, spec, None)
    check(ladder)
    # the domain of a built-in hierarchy is the data's own
    assert ladder.domain_size == max(len(values), 1)
    for level in range(ladder.levels if values else 0):
        texts = list(at(ladder, level).values())
        assert ladder.leaves[level].tolist() == [texts.count(t) for t in ladder.labels[level]]


def test_a_text_written_like_an_interval_goes_where_its_numbers_go():
    spec = IntervalHierarchy(kind="intervals", widths=(5, 10))
    ladder = build_ladder(["3", "0以上5未満", "3以上8未満", "8以上12未満"], spec, None)
    assert list(at(ladder, 1).values()) == ["0以上5未満"] * 2 + ["3以上8未満", "8以上12未満"]
    assert list(at(ladder, 2).values()) == ["0以上10未満"] * 3 + ["8以上12未満"]


@pytest.mark.parametrize("text", ["1e5000", "1e9999999999", "9" * 5000, "0." + "3" * 5000])
def test_texts_no_number_can_be_keep_to_themselves(text):
    spec = IntervalHierarchy(kind="intervals", widths=(5, 10))
    assert [at(build_ladder([text, "7"], spec, None), level)[text] for level in range(4)] == [text] * 3 + [
        "*"
    ]


@given(st.lists(st.integers(-(10**18), 10**18).map(str), unique=True), st.integers(1, 9), st.integers(-5, 5))
def test_an_interval_holds_its_number_exactly(values, width, origin):
    spec = IntervalHierarchy(kind="intervals", widths=(width,), origin=origin)
    for value, label in at(build_ladder(values, spec, None), 1).items():
        low, high = (int(n) for n in label.removesuffix("未満").split("以上"))
        assert low <= int(value) < high == low + width and (low - origin) % width == 0


def numeric(label):
    """The ends of an interval label."""
    start, end = re.fullmatch(r"(.+)(?:以上|超)(.+)未満", label).groups()
    return Fraction(start), Fraction(end)


@given(
    st.lists(st.integers(-60, 60), unique=True, min_size=1),
    WIDTHS,
    st.integers(-9, 9),
    st.integers(-120, 120).map(lambda n: n / 2),
    st.integers(1, 120).map(lambda n: n / 2),
)
def test_no_interval_reaches_beyond_a_code_and_cut_ones_nest(values, widths, origin, above, size):
    left = [str(v) for v in values if above < v < above + size]
    spec = IntervalHierarchy(kind="intervals", widths=widths, origin=origin)
    ladder = build_ladder([*left, "code"], spec, None, Between(above, above + size))
    check(ladder)
    for level, width in enumerate(widths, 1):
        for value, label in at(ladder, level).items():
            if value != "code":
                low, high = numeric(label)
                assert above <= low <= int(value) < high <= above + size and high - low <= width
                assert low == above if "超" in label else low > above
                for end in {low, high} - {Fraction(above), Fraction(above + size)}:
                    assert (end - origin) % width == 0


def test_a_top_code_cuts_the_interval_it_falls_into():
    spec = IntervalHierarchy(kind="intervals", widths=(5, 20))
    top = build_ladder(["79", "80", "89", "90歳以上", None], spec, None, Between(below=90.0))
    assert list(at(top, 2).values()) == ["60以上80未満", "80以上90未満", "80以上90未満", "90歳以上", None]
    assert at(top, 1)["89"] == "85以上90未満"
    bottom = build_ladder(["18歳以下", "18.5", "19", "20"], spec, None, Between(above=18))
    assert list(at(bottom, 1).values()) == ["18歳以下", "18超20未満", "18超20未満", "20以上25未満"]
    like = IntervalHierarchy(kind="intervals", widths=(10, 20))
    ladder = build_ladder(
        ["89", "90以上100未満", "0以上18未満", "19"], like, None, Between(above=18, below=90)
    )
    assert list(at(ladder, 2).values()) == ["80以上90未満", "90以上100未満", "0以上18以下", "18超20未満"]
    check(ladder)
    edge = build_ladder(["20", "21"], spec, None, Between(above=19.5, below=21.5))
    assert list(at(edge, 2).values()) == ["20以上21.5未満"] * 2


AT_90 = {"criterion": 4, "method": "top_code", "at": 90, "label": "90歳以上"}
TWENTIES = {"kind": "intervals", "widths": [5, 20]}


@pytest.mark.parametrize(
    ("coded", "label", "code"),
    [
        (AT_90, "80以上90未満", "90歳以上"),
        ({**AT_90, "method": "bottom_code", "at": 86, "label": "86以下"}, "86超100未満", "86以下"),
        ({"criterion": 4, "method": "tail", "people": 5}, "80以上90未満", "90以上"),
        (
            {"criterion": 4, "method": "fence", "people": 5, "action": "code", "factor": 0.1},
            "80以上87.1未満",
            "87.1以上",
        ),
    ],
)
def test_codes_and_intervals_of_one_column_do_not_overlap(coded, label, code):
    """The bound comes from the policy or from the data, and before a search or before one fixed level."""
    ages = pa.array([*range(80, 95), *[86, 87] * 20], pa.int64())
    chain = chain_of("integer", coded, {"criterion": 5, "method": "generalize", "hierarchy": TWENTIES})
    assert {label, code} <= set(at(chain.ladder(fit(chain, [ages])), 2).values())
    rare = {"criterion": 4, "method": "rare_categories", "people": 2, "action": "group", "label": "他"}
    fixed = {"criterion": 4, "method": "recode", "hierarchy": TWENTIES, "level": 2}
    for rest in [(fixed,), (fixed, rare)] if coded["method"].endswith("code") else [(fixed,)]:
        assert {label, code} <= set(treat(chain_of("integer", coded, *rest), ages))


def test_interval_labels():
    spec = IntervalHierarchy(kind="intervals", widths=(5, 10))
    values = ["-1", "-5", "-0.5", "0", "4.99", "5", "1e+3", "1.25e-5", "90歳以上", None]
    ladder = build_ladder(values, spec, None)
    assert list(at(ladder, 1).values()) == [
        "-5以上0未満",
        "-5以上0未満",
        "-5以上0未満",
        "0以上5未満",
        "0以上5未満",
        "5以上10未満",
        "1000以上1005未満",
        "0以上5未満",
        "90歳以上",
        None,
    ]
    assert at(ladder, 2)["-5"] == "-10以上0未満" and at(ladder, 2)["90歳以上"] == "90歳以上"
    assert ladder.titles == ("一般化なし", "5ごとの区間", "10ごとの区間", "全て「*」")


def test_dates_prefixes_and_masks():
    dates = build_ladder(
        ["1984-12-31", "1985-01", "1985"],
        DateHierarchy(kind="dates", levels=("quarter", "year", "decade")),
        None,
    )
    assert list(at(dates, 1).values()) == ["1984年第4四半期", "1985年第1四半期", "1985"]
    assert list(at(dates, 2).values()) == ["1984", "1985", "1985"]
    assert list(at(dates, 3).values()) == ["1980年代"] * 3
    icd = build_ladder(["E119", "E11", "I10", ""], PrefixHierarchy(kind="prefix", keep=(3, 1)), None)
    assert list(at(icd, 1).values()) == ["E11", "E11", "I10", ""]
    assert list(at(icd, 2).values()) == ["E", "E", "I", ""]
    mask = build_ladder(["2591113", "259", "1"], MaskHierarchy(kind="mask", hide=(2, 4)), None)
    assert list(at(mask, 1).values()) == ["25911**", "2**", "*"]
    assert list(at(mask, 2).values()) == ["259****", "***", "*"]


@given(st.lists(st.datetimes(dt.datetime(1899, 1, 1), dt.datetime(2101, 1, 1)), unique=True, min_size=1))
def test_a_week_is_seven_days_of_one_month_and_the_last_goes_to_its_end(times):
    values = [f"{t:%Y-%m-%d %H:%M}" for t in times]
    ladder = build_ladder(
        list(dict.fromkeys(values)), DateHierarchy(kind="dates", levels=PERIODS[:4]), None, content="times"
    )
    check(ladder)
    for value, day in zip(values, times, strict=True):
        assert at(ladder, 1)[value] == f"{day:%Y-%m-%d %H}時台"
        assert at(ladder, 2)[value] == f"{day:%Y-%m-%d}"
        first, last = (int(n) for n in at(ladder, 3)[value][8:].split("～"))
        assert at(ladder, 3)[value][:7] == at(ladder, 4)[value] == f"{day:%Y-%m}"
        assert first in {1, 8, 15, 22} and first <= day.day <= last
        after = dt.date(day.year, day.month, last) + dt.timedelta(1)
        assert last == first + 6 if first < 22 else after.day == 1


def test_weeks_of_dates_months_and_other_texts():
    values = [
        "2011-03-08",
        "2011-03-14",
        "2011-03-15",
        "2012-02-29",
        "2011-02-28",
        "2011-03",
        "2011",
        "他",
        None,
    ]
    ladder = build_ladder(values, DateHierarchy(kind="dates", levels=("week", "year_month", "quarter")), None)
    weeks = ["2011-03-08～14", "2011-03-08～14", "2011-03-15～21", "2012-02-22～29", "2011-02-22～28"]
    assert list(at(ladder, 1).values()) == [*weeks, *values[5:]]
    assert ladder.titles[1] == "月の中の週（1・8・15・22日から）"
    check(ladder)


def test_periods_follow_what_truncate_time_leaves():
    times = pa.array(
        [dt.datetime(2011, 3, 8, 18, 47), dt.datetime(2011, 3, 31, 0, 0), None], pa.timestamp("s")
    )
    levels = {
        "hour": ["2011-03-08 18時台", "2011-03-31 00時台", None],
        "day": ["2011-03-08", "2011-03-31", None],
        "week": ["2011-03-08～14", "2011-03-22～31", None],
        "year_month": ["2011-03", "2011-03", None],
    }
    for unit in ("minute", "30min", "hour"):
        floor = {"method": "truncate_time", "criterion": 1, "unit": unit}
        for i, expected in enumerate(levels.values(), 1):
            recode = {"method": "recode", "criterion": 5, "level": i}
            recode["hierarchy"] = {"kind": "dates", "levels": [*levels]}
            assert treat(chain_of("datetime", floor, recode), times) == expected


def test_addresses():
    ladder = build_ladder(
        ["神奈川県伊勢原市", "神奈川県", "東京都江東区", None, "大阪府大阪市"],
        AddressHierarchy(kind="address"),
        None,
    )
    assert list(at(ladder, 1).values()) == ["神奈川県", "神奈川県", "東京都", None, "大阪府"]
    assert list(at(ladder, 2).values()) == ["関東", "関東", "関東", None, "近畿"]
    with pytest.raises(NotInHierarchyError) as error:
        build_ladder(["神奈川県", "どこか", "その他", None], AddressHierarchy(kind="address"), None)
    assert error.value.count == 2 and "どこか" not in str(error.value)


def file(name, **more):
    return FileHierarchy(kind="file", path=name, **more)


@pytest.mark.parametrize(
    ("name", "values", "levels", "middle"),
    [
        ("age", 99, 5, ("17", ["15-19", "10-19", "0-19"])),
        ("education", 16, 4, ("Bachelors", ["Undergraduate", "Higher education"])),
        ("native-country", 41, 3, ("England", ["Europe"])),
        ("sex", 2, 2, ("Male", [])),
        ("occupation", 14, 3, ("Tech-support", ["Technical"])),
    ],
)
def test_the_hierarchies_of_adult(name, values, levels, middle):
    spec = file(f"adult_hierarchy_{name}.csv")
    rows = read_hierarchy_file(spec, str(ADULT), "here")
    some = [*sorted(rows)[::3], middle[0], None]
    ladder = build_ladder(list(dict.fromkeys(some)), spec, rows)
    check(ladder)
    assert (ladder.domain_size, ladder.levels) == (len(rows), levels)
    assert abs(len(rows) - values) <= 1
    value, between = middle
    assert [at(ladder, level)[value] for level in range(1, levels - 1)] == between
    # leaves come from the file, also for values that do not occur
    for level in range(levels):
        code = ladder.labels[level].index(at(ladder, level)[value])
        label = at(ladder, level)[value]
        assert ladder.leaves[level][code] == sum((v, *path)[level] == label for v, path in rows.items())
    assert ladder.leaves[0][ladder.labels[0].index(None)] == 1


def test_values_outside_the_file_are_counted_not_told():
    spec = file("adult_hierarchy_sex.csv")
    rows = read_hierarchy_file(spec, str(ADULT), "here")
    with pytest.raises(NotInHierarchyError) as error:
        build_ladder(["Male", "秘密", "密", None], spec, rows)
    assert error.value.count == 2 and "秘密" not in str(error.value) and "漢漢 × 1" in str(error.value)


def test_the_star_is_added_where_it_is_missing(tmp_path):
    (tmp_path / "h.csv").write_text("\ufeffa,A\nb,A\nc,C\n", "utf-8")
    rows = read_hierarchy_file(file("h.csv", delimiter=","), str(tmp_path), "here")
    assert rows == {"a": ("A", "*"), "b": ("A", "*"), "c": ("C", "*")}
    (tmp_path / "sjis.csv").write_bytes("きゅうり;野菜;*\r\n\r\n".encode("cp932"))
    assert read_hierarchy_file(file("sjis.csv", encoding="cp932"), str(tmp_path), "x") == {
        "きゅうり": ("野菜", "*")
    }


def test_lines_that_say_the_same_count_once(tmp_path):
    (tmp_path / "h.csv").write_bytes(b"a;A;*\nb;B;*\na;A;*;\n")
    found = read_hierarchy_file(file("h.csv"), str(tmp_path), "x")
    assert found == {"a": ("A", "*"), "b": ("B", "*")}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        (b"", "empty"),
        (b"a;A;*\nb;B\n", "field"),
        (b"a;A;*\na;B;*\n", "twice"),
        (b"a;A;X;*\nb;A;Y;*\n", "two parents, \u300cX\u300d above and \u300cY\u300d here: \u300cA\u300d"),
        (b"a;;*\n", "empty"),
        (b"a;A;\nb;B;*\n", "field"),
        (b"a;\xff\n", "not utf-8"),
        (b"a\n", "field"),
    ],
)
def test_unusable_files_are_refused_without_their_values(tmp_path, content, told):
    if content is not None:
        (tmp_path / "h.csv").write_bytes(content)
    with pytest.raises(PolicyError) as error:
        read_hierarchy_file(file("h.csv"), str(tmp_path), "tables.t.columns.c")
    assert told in error.value.what and error.value.where.startswith("tables.t.columns.c (h.csv")


@pytest.mark.parametrize(
    ("content", "lines", "pairs"),
    [
        (
            "string",
            ["営業〜企画", "ｹﾞﾝﾊﾞ", "A−1", "事務"],
            {"営業～企画": 0, "ゲンバ": 1, "A-1": 2, "事務 ": 3, "Ａ‐１": 2},
        ),
        ("integer", ["007", "5.0", "１２", "-3"], {"7": 0, "5": 1, "12": 2, "-3": 3}),
        ("number", ["1", "2.50", "1000000"], {"1.0": 0, "2.5": 1, "1e+06": 2}),
        ("coded numbers", ["05", "90歳以上"], {"5": 0, "90歳以上 ": 1}),
        ("boolean", ["TRUE", "0"], {"true": 0, "false": 1}),
    ],
)
def test_spellings_of_one_value_have_one_line(tmp_path, content, lines, pairs):
    (tmp_path / "h.csv").write_text("".join(f"{line};区{i};*\n" for i, line in enumerate(lines)))
    rows = read_hierarchy_file(file("h.csv"), str(tmp_path), "here")
    ladder = build_ladder([*pairs], file("h.csv"), rows, content=content)
    assert at(ladder, 1) == {value: f"区{i}" for value, i in pairs.items()}
    check(ladder)


@pytest.mark.parametrize(
    ("content", "line", "value"), [("string", "05", "5"), ("string", "TRUE", "true"), ("integer", "5", "6")]
)
def test_what_is_another_value_has_no_line(tmp_path, content, line, value):
    (tmp_path / "h.csv").write_text(f"{line};区;*\n")
    rows = read_hierarchy_file(file("h.csv"), str(tmp_path), "here")
    with pytest.raises(NotInHierarchyError):
        build_ladder([value], file("h.csv"), rows, content=content)


def test_lines_that_only_their_spelling_tells_apart_are_nobody_elses(tmp_path):
    (tmp_path / "h.csv").write_text("A-1;甲;*\nA−1;乙;*\nB-1;丙;*\nB−1;丙;*\n")
    rows = read_hierarchy_file(file("h.csv"), str(tmp_path), "here")
    assert at(build_ladder(["A-1", "A−1", "Ｂ－１"], file("h.csv"), rows), 1) == {
        "A-1": "甲",
        "A−1": "乙",
        "Ｂ－１": "丙",
    }
    with pytest.raises(NotInHierarchyError) as error:
        build_ladder(["Ａ－１"], file("h.csv"), rows)
    assert error.value.patterns == "Ａ?９ × 1"


def test_what_a_spreadsheet_adds_is_left_out(tmp_path):
    text = "\ufeff医師;医療;*;;\r\n看護師;医療;*\r\n;;;\r\n \r\n;不明;*;\r\n;;\r\n"
    (tmp_path / "h.csv").write_text(text, "utf-8", newline="")
    rows = read_hierarchy_file(file("h.csv"), str(tmp_path), "here")
    assert rows == {"医師": ("医療", "*"), "看護師": ("医療", "*"), "": ("不明", "*")}
    ladder = build_ladder(["医師", None], file("h.csv"), rows)
    assert (at(ladder, 0)[None], at(ladder, 1)[None], ladder.null_code(1)) == (None, "不明", -1)


def test_titles_tell_levels_that_merge_nothing_and_values_that_stand_alone(tmp_path):
    (tmp_path / "h.csv").write_text("a;A;X;M;*\nb;B;X;M;*\nc;C;Y;M;*\nd;D;Z;M;*\n")
    rows = read_hierarchy_file(file("h.csv", other="Z"), str(tmp_path), "here")
    assert build_ladder(["a"], file("h.csv"), rows).titles[1:4] == (
        "階層ファイルの第1段階（この段階では、どの値も他の値とまとめていない）",
        "階層ファイルの第2段階（1区分は、値が一つだけ）",
        "階層ファイルの第3段階",
    )


def test_other_is_the_label_of_what_is_not_listed(tmp_path):
    (tmp_path / "h.csv").write_text("医師;医療;専門;*\n雑役;その他;一般;*\n")
    spec = file("h.csv", other="その他")
    rows = read_hierarchy_file(spec, str(tmp_path), "here")
    ladder = build_ladder(["医師", "宇宙飛行士", "雑役"], spec, rows)
    assert at(ladder, 1) == {"医師": "医療", "宇宙飛行士": "その他", "雑役": "その他"}
    assert at(ladder, 2) == {"医師": "専門", "宇宙飛行士": "一般", "雑役": "一般"}
    check(ladder)
    (tmp_path / "g.csv").write_text("医師;医療;専門;*\n")
    rows = read_hierarchy_file(file("g.csv", other="他"), str(tmp_path), "here")
    assert [at(build_ladder(["x"], spec, rows), level)["x"] for level in (1, 2, 3)] == ["他", "他", "*"]


@given(st.lists(st.one_of(st.none(), st.sampled_from(["医師", "医師 ", "ｲｼ", "05", "5"])), max_size=9))
def test_one_level_is_what_the_ladder_says_of_it(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("h")
    (folder / "h.csv").write_text("医師;医療;*\nイシ;石;*\n05;五;*\n;不明;*\n")
    bound = BoundHierarchy(file("h.csv", other="他"), str(folder), "here", 1)
    ladder = bound.ladder(list(dict.fromkeys(values)))
    found = bound.labels(pa.array(values, pa.string()))[0].to_pylist()
    assert found == [at(ladder, 1)[value] for value in values]


def test_a_quasi_identifier_that_is_not_in_its_file_stops_the_run():
    generalize = {
        "method": "generalize",
        "criterion": 5,
        "hierarchy": {"kind": "file", "path": "adult_hierarchy_sex.csv"},
    }
    chain = chain_of("string", generalize, base=ADULT)
    assert chain.generalize.hierarchy.ladder(("Female", "Male", None)).levels == 2
    with pytest.raises(InputError) as error:
        chain.generalize.hierarchy.ladder(("Male", "秘密"))
    assert error.value.code == "input.not_in_hierarchy"
    assert "1 distinct" in error.value.what and "秘密" not in str(error.value.as_dict())


def test_an_empty_domain_has_a_ladder():
    ladder = build_ladder([], IntervalHierarchy(kind="intervals", widths=(5,)), None)
    assert ladder.levels == 3 and all(
        isinstance(codes, np.ndarray) and len(codes) == 0 for codes in ladder.codes
    )
