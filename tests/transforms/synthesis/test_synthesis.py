"""The pieces of the synthesizer: digits, draws, people, places and the tables of each preset."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.jp import in_

from tokumei.transforms.synthesis import PRESETS, digits, people, places
from tokumei.transforms.synthesis.sampling import Weighted, permute, pick_rows, run_starts, stream
from tokumei.transforms.synthesis.table import Plant, PresetFile, Span, plant

NONE = np.array([], dtype=np.int64)
TABLES = [
    (name, table)
    for name in PRESETS
    for table in import_module(f"tokumei.transforms.synthesis.{name}").TABLES
]
ROWS = 20_000


def span(size: int = ROWS, *, seed: int = 1, start: int = 0, planted: np.ndarray = NONE) -> Span:
    return Span(
        rng=stream(seed, "test", start),
        seed=seed,
        start=start,
        size=size,
        total=start + size,
        requested=10 * size,
        planted=planted,
        shuffled=False,
    )


def matrix(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), dtype=np.uint8).reshape(1, -1)


def table(name: str) -> PresetFile:
    return next(t for _, t in TABLES if t.name == name)


@pytest.mark.parametrize("number", ["621498320257", "983205673214", "123456789018"])
def test_my_number_check_digit_of_published_examples(number: str) -> None:
    assert digits.column(digits.with_my_number_check(matrix(number[:11])))[0] == number


def test_my_number_check_digit_agrees_with_stdnum() -> None:
    base = np.random.default_rng(3).integers(0, 10**11, 500)
    for number in digits.column(digits.with_my_number_check(digits.ascii_digits(base, 11))):
        assert in_.is_valid(number)
    # Remainders 0 and 1 both give the digit 0; both must have been met.
    totals = (digits.ascii_digits(base, 11) - 48).astype(int) @ [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]
    assert {0, 1} <= set(totals % 11)


@pytest.mark.parametrize("number", ["33120015", "06130017", "4111111111111111", "371449635398431"])
def test_luhn_digit_of_published_insurers_and_cards(number: str) -> None:
    assert digits.column(digits.with_luhn_check(matrix(number[:-1])))[0] == number


def test_luhn_digit_agrees_with_stdnum() -> None:
    for width in (7, 15, 18):
        base = np.random.default_rng(width).integers(0, 10**width, 200)
        base[0] = 10**width - 1
        assert all(
            luhn.is_valid(n) for n in digits.column(digits.with_luhn_check(digits.ascii_digits(base, width)))
        )


@given(st.lists(st.integers(0, 10**12 - 1), min_size=1, max_size=20), st.integers(1, 14))
@settings(max_examples=50, deadline=None)
def test_numbers_keep_their_leading_zeros(values: list[int], width: int) -> None:
    got = digits.numerals(np.array(values), width).to_list()
    assert got == [f"{value % 10**width:0{width}d}" for value in values]


@given(st.integers(1, 3000), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_permutation_is_one_to_one(size: int, seed: int) -> None:
    assert sorted(permute(np.arange(size), size, seed, "x")) == list(range(size))


def test_permutation_depends_on_seed_and_name_and_looks_random() -> None:
    rows = np.arange(10_000)
    one = permute(rows, 10_000, 1, "x")
    assert (one != permute(rows, 10_000, 2, "x")).mean() > 0.9
    assert (one != permute(rows, 10_000, 1, "y")).mean() > 0.9
    assert abs(np.corrcoef(rows, one)[0, 1]) < 0.05
    assert len(np.unique(np.diff(one))) > 5_000


def test_a_piece_of_a_permutation_equals_the_whole() -> None:
    whole = permute(np.arange(1000), 1000, 4, "x")
    assert (permute(np.arange(300, 400), 1000, 4, "x") == whole[300:400]).all()


def test_weighted_draws_follow_their_weights() -> None:
    got = np.bincount(Weighted([3, 0, 1]).draw(stream(1, "w", 0), 100_000), minlength=3) / 100_000
    assert got[1] == 0
    assert got[0] == pytest.approx(0.75, abs=0.01)


def test_picked_rows_are_distinct_and_avoid_the_taken() -> None:
    taken = pick_rows(1, "a", 50, 20)
    other = pick_rows(1, "b", 50, 30, avoid=taken)
    assert sorted([*taken, *other]) == list(range(50))


def test_runs_start_where_lengths_and_force_say() -> None:
    got = run_starts(10, np.array([3, 4, 5]), np.array([5, 10]))
    assert got.tolist() == [0, 3, 5, 7]


# First two digits of the postal codes of a prefecture, as 日本郵便 hands them out.
AREAS = {
    "北海道": "00-09", "秋田県": "01-01", "岩手県": "02-02", "青森県": "03-03", "東京都": "10-20",
    "神奈川県": "21-25", "千葉県": "26-29", "茨城県": "30-31", "栃木県": "32-32", "埼玉県": "33-36",
    "群馬県": "37-37", "長野県": "38-39", "山梨県": "40-40", "静岡県": "41-43", "愛知県": "44-49",
    "岐阜県": "50-50", "三重県": "51-51", "滋賀県": "52-52", "大阪府": "53-59", "京都府": "60-62",
    "奈良県": "63-63", "和歌山県": "64-64", "兵庫県": "65-67", "鳥取県": "68-68", "島根県": "69-69",
    "岡山県": "70-71", "広島県": "72-73", "山口県": "74-75", "香川県": "76-76", "徳島県": "77-77",
    "高知県": "78-78", "愛媛県": "79-79", "福岡県": "80-83", "佐賀県": "84-84", "長崎県": "85-85",
    "熊本県": "86-86", "大分県": "87-87", "宮崎県": "88-88", "鹿児島県": "89-89", "沖縄県": "90-90",
    "石川県": "92-92", "富山県": "93-93", "新潟県": "94-95", "福島県": "96-97", "宮城県": "98-98",
    "山形県": "99-99", "福井県": "91-91",
}  # fmt: skip


def test_postal_codes_belong_to_the_prefecture_of_the_address() -> None:
    homes = places.homes(stream(1, "homes", 0), 50_000)
    pairs = {(code, address) for code, address in zip(homes.postal, homes.address, strict=True)}
    for code, address in pairs | {(places.RARE_TOWN["郵便番号"], places.RARE_TOWN["住所"])}:
        prefecture = next(p for p in AREAS if address.startswith(p))
        low, high = AREAS[prefecture].split("-")
        assert len(code) == 7
        assert low <= code[:2] <= high, (code, address)


def test_towns_are_skewed_and_none_is_the_rare_one() -> None:
    homes = places.homes(stream(1, "homes", 0), 100_000)
    counts = homes.postal.value_counts(sort=True)["count"]
    assert counts[0] > 20 * counts[-1]
    assert places.RARE_TOWN["郵便番号"] not in set(homes.postal)


def ages(birthdays: pl.Series) -> pl.Series:
    return (pl.Series([people.TODAY] * len(birthdays)) - birthdays).dt.total_days() / 365.2425


@pytest.mark.parametrize("draw", ["individuals", "families"])
def test_ages_resemble_the_japanese_pyramid(draw: str) -> None:
    rng = stream(1, "ages", 0)
    who = people.individuals(rng, 60_000) if draw == "individuals" else people.families(rng, 60_000, NONE)
    got = ages(who.birthdays)
    assert 0.24 < (got >= 65).mean() < 0.34
    assert 0.08 < (got < 15).mean() < 0.15
    assert got.max() < 106
    assert got.min() >= -0.01
    assert 0.46 < who.sex.mean() < 0.56


def test_youngest_is_kept() -> None:
    assert ages(people.individuals(stream(1, "a", 0), 20_000, youngest=18).birthdays).min() >= 17.99


def test_households_hold_together() -> None:
    frame = table("residents").generate(span())
    role = pl.col("続柄")
    homes = frame.group_by("世帯ID").agg(
        role.first().alias("first"),
        (role == "世帯主").sum().alias("heads"),
        role.is_in(["妻", "夫"]).sum().alias("spouses"),
        pl.struct("住所", "郵便番号").n_unique().alias("homes"),
        pl.col("氏名").str.split(" ").list.first().n_unique().alias("surnames"),
    )
    assert set(homes["first"]) == {"世帯主"}
    assert set(homes["heads"]) == set(homes["homes"]) == set(homes["surnames"]) == {1}
    assert set(homes["spouses"]) == {0, 1}
    assert set(frame.filter(role == "妻")["性別"]) == {"女"}
    assert set(frame.filter(role == "夫")["性別"]) == {"男"}
    assert 1.8 < len(frame) / len(homes) < 2.6
    assert frame["世帯ID"].rle_id().n_unique() == len(homes)


def test_planted_rows_live_alone() -> None:
    planted = np.array([0, 7, 8, 400, ROWS - 1])
    frame = table("residents").generate(span(planted=planted))
    alone = frame.filter(pl.len().over("世帯ID") == 1)["宛名番号"].cast(pl.Int64).to_list()
    assert set(planted + 1) <= set(alone)
    assert set(frame[planted.tolist()]["続柄"]) == {"世帯主"}


def test_residents_have_distinct_valid_numbers() -> None:
    first, second = table("residents").generate(span()), table("residents").generate(span(start=ROWS))
    frame = pl.concat([first, second])
    assert frame.width == 12
    for name in ("宛名番号", "住民票コード", "個人番号"):
        assert frame[name].n_unique() == 2 * ROWS
    assert all(in_.is_valid(n) for n in frame["個人番号"][:500])
    assert frame["宛名番号"].is_sorted()
    assert set(first["世帯ID"]).isdisjoint(second["世帯ID"])


def test_names_and_readings_go_together() -> None:
    frame = table("residents").generate(span())
    for place in (0, 1):
        part = frame.select(
            pl.col("氏名").str.split(" ").list.get(place).alias("k"),
            pl.col("氏名カナ").str.split(" ").list.get(place).alias("r"),
        ).unique()
        assert part["k"].n_unique() == len(part)
        assert part["k"].n_unique() > 40
        assert part["r"].str.contains(r"^[ァ-ヴー]+$").all()


@pytest.mark.parametrize(("preset", "made"), TABLES, ids=[t.name for _, t in TABLES])
def test_every_table_is_deterministic_and_encodable(preset: str, made: PresetFile) -> None:
    one = made.generate(span())
    assert one.height == ROWS
    assert one.equals(made.generate(span()))
    assert not one.equals(made.generate(span(seed=2)))
    assert made.date in one.columns
    assert made.number is None or one[made.number].dtype == pl.Int64
    assert sum(one.null_count().row(0)) == 0
    for column in one.select(pl.col(pl.String)):
        text = "\n".join([*column.unique(), column.name])
        assert text.encode("cp932").decode("cp932") == text
        assert text.encode("euc_jp").decode("euc_jp") == text


@pytest.mark.parametrize(("preset", "made"), TABLES, ids=[t.name for _, t in TABLES])
def test_planted_values_occur_nowhere_else(preset: str, made: PresetFile) -> None:
    frame = made.generate(span())
    for what in made.plants:
        lines = [
            {name: value[line] if isinstance(value, tuple) else value for name, value in what.values.items()}
            for line in range(what.lines)
        ]
        held = [
            set(
                frame.filter(
                    pl.all_horizontal(pl.col(name) == pl.lit(value) for name, value in line.items())
                )[made.person]
            )
            for line in lines
        ]
        assert not set.intersection(*held), what.kind  # a person may have one of two, but not both
        for value in (value for line in lines for value in line.values()):
            str(value).encode("cp932")
            str(value).encode("euc_jp")


def test_plants_follow_a_person_only_when_asked() -> None:
    frame = pl.DataFrame({"id": ["a", "b", "b", "b", "c"], "x": [1, 1, 1, 1, 1]})
    assert plant(frame, {1: Plant("k", {"x": 9}, person="id")})["x"].to_list() == [1, 9, 9, 9, 1]
    assert plant(frame, {1: Plant("k", {"x": 9})})["x"].to_list() == [1, 9, 1, 1, 1]
    two = Plant("k", {"x": (7, 8)}, lines=2, same=("id",))
    assert plant(frame, {0: two}).rows() == [("a", 7), ("a", 8), ("b", 1), ("b", 1), ("c", 1)]
    assert frame["x"].to_list() == [1] * 5


def test_claims_have_several_rows_a_person_who_stays_the_same() -> None:
    frame = table("claims").generate(span())
    person = ["保険者番号", "記号", "氏名", "性別", "生年月"]
    by = frame.group_by("番号").agg(pl.len(), *[pl.col(c).n_unique() for c in person])
    assert 3 < by["len"].mean() < 8  # type: ignore[operator]
    assert by["len"].max() == 12
    assert (by.select(person).max_horizontal() == 1).all()
    assert (frame["診療年月"] >= frame["生年月"]).all()
    assert all(luhn.is_valid(n) for n in frame["保険者番号"].unique())
    assert frame["保険者番号"].str.starts_with("06").all()
    assert frame["点数"].min() >= 30  # type: ignore[operator]


def test_tax_columns_agree() -> None:
    from tokumei.transforms.synthesis.tax import assess

    # 給与収入 500万円 gives 給与所得 356万円 in the table of the tax office.
    one = assess(np.array([5_000_000]), np.array([0]), np.array([1]))
    assert one["所得金額"][0] == 3_560_000
    assert one["課税標準額"][0] == 3_560_000 - 750_000 - 330_000 - 430_000
    frame = table("tax").generate(span())
    assert (frame["所得割額"] == frame["課税標準額"] // 10).all()
    assert (frame["課税標準額"] % 1000 == 0).all()
    assert (frame["所得金額"] <= frame["給与収入"]).all()
    assert all(in_.is_valid(n) for n in frame["個人番号"][:300])


def test_members_joined_after_birth_and_receipts_add_up() -> None:
    members = table("members").generate(span())
    assert ((members["入会日"] - members["生年月日"]).dt.total_days() >= 15 * 365).all()
    receipts = table("receipts").generate(span())
    prices = receipts.select("商品名", pl.col("金額") // pl.col("数量")).unique()
    assert prices["商品名"].n_unique() == len(prices)
    assert set(receipts["利用日時"].dt.year()) == {2024}
    assert receipts["利用日時"].dt.hour().is_between(9, 21).all()


def test_card_numbers_are_valid_and_distinct() -> None:
    numbers = table("card_members").generate(span())["カード番号"]
    assert numbers.n_unique() == ROWS
    assert set(numbers.str.len_chars()) == {16}
    assert all(luhn.is_valid(n) for n in numbers[:1000])


def test_receipts_are_of_habits() -> None:
    """Members come again to their shops for their products, products go together, and some have a season."""
    lines = table("receipts").generate(span(50_000))
    shuffled = lines.with_columns(pl.col("商品ID", "店舗ID").shuffle(seed=1))
    for real, random in zip(habits(lines), habits(shuffled), strict=True):
        assert real > 1.2 * random
    feast = lines.filter(pl.col("商品名").str.starts_with("おせち"))["利用日時"].dt.month() == 12
    assert (
        len(feast) > 50 and feast.mean() > 0.3
    )  # a twelfth of the year, and of a hundred choices 15 elsewhere
    chosen = lines["商品ID"].value_counts(sort=True)["count"]
    assert chosen[0] > 50 * chosen.median()  # type: ignore[operator]


def habits(lines: pl.DataFrame) -> tuple[float, float, int]:
    """How much loyal members repeat products, how few shops they go to, how often two products are together."""
    loyal = lines.filter(pl.len().over("会員ID") >= 20).group_by("会員ID")
    of_loyal = loyal.agg(pl.col("商品ID").n_unique() / pl.len(), shops=pl.n_unique("店舗ID"))
    pairs = lines.join(lines, on="取引ID").filter(pl.col("商品ID") < pl.col("商品ID_right"))
    together = pairs.group_by("商品ID", "商品ID_right").len()["len"].max()
    return 1 - of_loyal["商品ID"].mean(), 1 / of_loyal["shops"].mean(), together  # type: ignore[operator,return-value]
