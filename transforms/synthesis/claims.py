"""診療報酬明細: health-insurance claims, the rows of an insured person one after another."""

from __future__ import annotations

import numpy as np
import polars as pl

from tokumei.transforms.synthesis import digits, people
from tokumei.transforms.synthesis.digits import Ints
from tokumei.transforms.synthesis.people import OLDEST_BIRTHDAY
from tokumei.transforms.synthesis.sampling import Weighted, permute, run_starts, zipf
from tokumei.transforms.synthesis.table import Plant, PresetFile, Span, all_rows

# ICD-10 code, name, then the drugs given for it; the commonest first.
_DISEASES = """
I10 本態性（原発性）高血圧症 アムロジピンOD錠5mg オルメサルタン錠20mg
E785 高脂血症，詳細不明 ロスバスタチン錠2.5mg アトルバスタチン錠10mg
E11 ２型糖尿病 メトホルミン塩酸塩錠250mg シタグリプチン錠50mg
J069 急性上気道感染症，詳細不明 カルボシステイン錠500mg アセトアミノフェン錠200mg
J303 その他のアレルギー性鼻炎 フェキソフェナジン錠60mg 点鼻液50μg,28噴霧用
K210 食道炎を伴う胃食道逆流症 エソメプラゾール20mg ランソプラゾールOD錠15mg
M545 腰痛症 ロキソプロフェン錠60mg ケトプロフェンテープ20mg,7枚
L209 アトピー性皮膚炎，詳細不明 ヘパリン類似物質軟膏0.3% タクロリムス軟膏0.1%
J459 喘息，詳細不明 モンテルカスト錠10mg フルチカゾン吸入用,60ブリスター
G470 睡眠の導入及び維持の障害 ゾルピデム酒石酸塩錠5mg スボレキサント錠15mg
F329 うつ病エピソード，詳細不明 セルトラリン錠25mg エスシタロプラム錠10mg
M819 骨粗しょう症，詳細不明 アレンドロン酸錠35mg エルデカルシトール0.75μg
H409 緑内障，詳細不明 ラタノプロスト点眼液 チモロール点眼液0.5%
E039 甲状腺機能低下症，詳細不明 レボチロキシン錠50μg レボチロキシン錠25μg
I48 心房細動及び粗動 アピキサバン錠5mg ビソプロロール錠2.5mg
M0690 関節リウマチ，詳細不明 メトトレキサート2mg サラゾスルファピリジン500mg
G20 パーキンソン病 レボドパ・カルビドパ錠100mg プラミペキソール0.5mg
C189 結腸の悪性新生物，詳細不明 カペシタビン錠300mg オキサリプラチン100mg
F209 統合失調症，詳細不明 アリピプラゾール錠6mg リスペリドン錠1mg
B24 ヒト免疫不全ウイルス［ＨＩＶ］病 ビクテグラビル配合錠 ドルテグラビル錠50mg
"""
_ROWS = [line.split(maxsplit=3) for line in _DISEASES.strip().split("\n")]
_ICD10 = pl.Series([row[0] for row in _ROWS])
_NAMES = pl.Series([row[1] for row in _ROWS])
_DRUGS = pl.Series([drug for row in _ROWS for drug in row[2:]])
_DISEASE = Weighted(zipf(len(_ROWS)))
_LINES = Weighted([0, 10, 12, 14, 14, 12, 10, 8, 6, 5, 4, 3, 2])
_MAX_LINES = 12

_FIRST_YEAR, _LAST_YEAR = 1908, 2025
_MONTHS = pl.Series([f"{y}-{m:02d}" for y in range(_FIRST_YEAR, _LAST_YEAR + 1) for m in range(1, 13)])
_FIRST_TREATMENT = (2023 - _FIRST_YEAR) * 12
_TREATMENT_MONTHS = 24

_INSURERS = 200
# Of a hundred rows: of the person's own disease, of what comes with it, of what comes in the season.
_OWN, _TOGETHER, _SEASON = 60, 20, 8
# Disease by disease, what comes with it, by their places in the list.
_COMES_WITH = np.array([1, 0, 0, 8, 8, 0, 13, 4, 4, 10, 9, 6, 2, 1, 0, 11, 9, 5, 9, 3])
# January to December, what comes then: colds in winter, allergies in spring.
_COMES_IN = np.array([3, 4, 4, 4, 8, 7, 7, 7, 4, 8, 3, 3])
# Nobody has both of these, but who is planted; many have one.
_APART = np.array([16, 18])


def _insurers() -> pl.Series:
    """保険者番号 of 健康保険組合: 06, prefecture 01-47, three digits, 検証番号."""
    rank = np.arange(_INSURERS)
    payload = 6 * 10**5 + (rank % 47 + 1) * 10**3 + rank + 1
    return digits.column(digits.with_luhn_check(digits.ascii_digits(payload, 7)))


_INSURER_NUMBERS = _insurers()
_INSURER = Weighted(zipf(_INSURERS))


def _generate(span: Span) -> pl.DataFrame:
    """Make the rows of a span; a person has 1 to 12 rows, in order of the month of treatment."""
    rng, size = span.rng, span.size
    starts = run_starts(size, _LINES.draw(rng, size), span.planted)
    person = np.repeat(np.arange(len(starts)), np.diff(starts, append=size))
    who = people.individuals(rng, len(starts))
    birth = who.birthdays.dt.year().to_numpy() * 12 + who.birthdays.dt.month().to_numpy() - 1

    first = rng.integers(0, _TREATMENT_MONTHS - _MAX_LINES, len(starts))
    month = _FIRST_TREATMENT + first[person] + np.arange(size) - starts[person]
    # A child is not treated before its birth.
    month = np.maximum(month, (birth - _FIRST_YEAR * 12)[person])
    own = _DISEASE.draw(rng, len(starts))[person]
    chance = rng.integers(0, 100, size)
    disease = np.where(chance < _OWN, own, _DISEASE.draw(rng, size))
    disease = np.where(chance >= 100 - _TOGETHER, _COMES_WITH[own], disease)
    season = (chance >= _OWN) & (chance < _OWN + _SEASON)
    disease = np.where(season, _COMES_IN[month % 12], disease)
    disease = np.where(np.isin(disease, _APART), _APART[person % 2], disease)
    drug = disease * 2 + rng.integers(0, 2, size)
    points = np.maximum(30, np.exp(6.2 + 0.04 * disease + 0.8 * rng.standard_normal(size)))
    insured = permute(span.start + starts, 10**8, span.seed, "被保険者番号")
    return pl.DataFrame(
        {
            "明細番号": digits.numerals(span.numbers + 1, 12),
            "保険者番号": _INSURER_NUMBERS.gather(_INSURER.draw(rng, len(starts))[person]),
            "記号": digits.numerals(rng.integers(1, 1000, len(starts)), 4).gather(person),
            "番号": digits.numerals(insured, 8).gather(person),
            "氏名": who.name().gather(person),
            "性別": who.sex_name().gather(person),
            "生年月": _month(birth - _FIRST_YEAR * 12).gather(person),
            "診療年月": _month(month),
            "傷病名コード": _ICD10.gather(disease),
            "傷病名": _NAMES.gather(disease),
            "医薬品名": _DRUGS.gather(drug),
            "点数": pl.Series(points.astype(np.int64)),
        }
    )


def _month(index: Ints) -> pl.Series:
    return _MONTHS.gather(index)


TABLES = (
    PresetFile(
        name="claims",
        rows=all_rows,
        generate=_generate,
        plants=(
            Plant(
                "rare_disease",
                {
                    "傷病名コード": "E760",
                    "傷病名": "ムコ多糖（体蓄積）症Ｉ型",
                    "医薬品名": "ラロニダーゼ点滴静注用2.9mg",
                },
            ),
            Plant("oldest_person_116", {"生年月": f"{OLDEST_BIRTHDAY:%Y-%m}"}, person="番号"),
            Plant("extreme_points", {"点数": 9_800_000}),
            Plant(
                "two_diseases_of_nobody_else",
                {
                    "傷病名コード": tuple(_ICD10.gather(_APART)),
                    "傷病名": tuple(_NAMES.gather(_APART)),
                    "医薬品名": tuple(_DRUGS.gather(2 * _APART)),
                    "点数": 2_718,
                },
                lines=2,
                same=("保険者番号", "記号", "番号", "氏名", "性別", "生年月", "診療年月"),
            ),
        ),
        person="番号",
        date="診療年月",
        number="点数",
    ),
)
