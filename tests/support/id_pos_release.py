"""A realistic release to write documents about: the customer master of an ID-POS file, 21,971 people."""

from __future__ import annotations

import math
from typing import Any

from tokumei.schemas.policy import Policy
from tokumei.schemas.report import (
    Bar,
    ColumnReport,
    Picture,
    RejectCount,
    Report,
    StepReport,
    TableReport,
)
from tokumei.schemas.report_recoding import LevelReport, ModelReport, Recoding
from tokumei.schemas.report_risk import PopulationUniqueness, Risk, SizeBar

PEOPLE = 21_971
OUT = 21_934
BANDS = {
    "20歳未満": 402,
    "20代": 2_871,
    "30代": 3_905,
    "40代": 4_688,
    "50代": 4_210,
    "60代": 3_127,
    "70歳以上": 2_731,
}
TOWNS = [
    *(f"神奈川県横浜市{ward}区" for ward in ("鶴見", "神奈川", "西", "中", "港北")),
    *(f"神奈川県川崎市{ward}区" for ward in ("川崎", "幸", "中原")),
    *(f"神奈川県{town}市" for town in ("横須賀", "平塚", "鎌倉", "藤沢", "小田原", "茅ヶ崎", "逗子")),
]
JOBS = ["会社員", "パート・アルバイト", "専業主婦・主夫", "無職", "公務員", "自営業", "学生", "会社役員"]
JOBS += ["団体職員", "医師・看護師", "教員", "農林漁業", "士業", "芸術家・作家"]


def spread(total: int, weights: list[float]) -> list[int]:
    """Deal a total by weights, exactly."""
    counts = [int(total * w / sum(weights)) for w in weights]
    counts[0] += total - sum(counts)
    return counts


def falling(total: int, labels: list[str]) -> tuple[Bar, ...]:
    counts = spread(total, [0.8**i for i in range(len(labels))])
    return tuple(Bar(label=label, records=n) for label, n in zip(labels, counts, strict=True))


def step(criterion: int, method: str, sentence: str, **counts: int) -> StepReport:
    return StepReport(criterion=criterion, method=method, sentence=sentence, counts=counts)


DELETED = "項目の全部を削除した。"
TOO_MANY = Picture(note="値の種類が多いため、図を省略した。")


def id_pos_columns() -> tuple[ColumnReport, ...]:
    """Eleven columns: the treatments of domain.md's ID-POS case."""
    ages = spread(PEOPLE, [math.exp(-(((age - 47) / 21) ** 2)) for age in range(16, 97)])
    people_of_age = tuple(
        Bar(label=f"{age}歳", records=n) for age, n in zip(range(16, 97), ages, strict=True)
    )
    joined = tuple(
        Bar(label=f"{2010 + i // 12}年{i % 12 + 1}月", records=n)
        for i, n in enumerate(spread(PEOPLE, [60 + 25 * math.sin(i / 5) + i / 4 for i in range(192)]))
    )
    years = tuple(
        Bar(label=f"{2010 + y}年", records=sum(b.records for b in joined[12 * y : 12 * y + 12]))
        for y in range(16)
    )
    spent = ["1万円未満", "1〜3万円", "3〜10万円", "10〜30万円", "30〜100万円", "100万円以上"]
    money = spread(PEOPLE, [18, 27, 31, 17, 6, 1])
    jobs = falling(PEOPLE, JOBS)
    common = falling(OUT, [*JOBS[:10], "その他"])
    sexes = falling(PEOPLE, ["女性", "男性", "回答なし"])
    return (
        ColumnReport(
            name="member_id",
            title="会員番号",
            type="string",
            released=True,
            item="会員番号",
            sensitive=False,
            steps=(
                step(
                    3,
                    "pseudonym",
                    "実行ごとに新しい鍵で計算した仮IDに置き換えた。",
                    cells_changed=PEOPLE,
                ),
            ),
            before=Picture(note="一人ずつ異なる番号のため、図を省略した。"),
            after=Picture(note="一人ずつ異なる仮IDのため、図を省略した。"),
        ),
        ColumnReport(
            name="name",
            title="氏名",
            type="string",
            released=False,
            sensitive=False,
            steps=(step(1, "delete", DELETED, cells_blanked=PEOPLE),),
            before=TOO_MANY,
        ),
        ColumnReport(
            name="birth_date",
            title="生年月日",
            type="date",
            released=True,
            item="生年月日",
            sensitive=False,
            steps=(
                step(1, "age_band", "年齢を7区分（20歳未満～70歳以上）に置き換えた。", cells_changed=PEOPLE),
                step(
                    5,
                    "generalize",
                    "準識別子として、同じ組合せの人が5人以上になる段階まで一般化した。",
                    cells_changed=0,
                ),
            ),
            before=Picture(bars=people_of_age, ordered=True),
            after=Picture(bars=tuple(Bar(label=b, records=n) for b, n in BANDS.items()), ordered=True),
        ),
        ColumnReport(
            name="sex",
            title="性別",
            type="string",
            released=True,
            item="性別",
            sensitive=False,
            steps=(
                step(
                    5,
                    "generalize",
                    "準識別子として、同じ組合せの人が5人以上になる段階まで一般化した。",
                    cells_changed=0,
                ),
            ),
            before=Picture(bars=sexes),
            after=Picture(bars=falling(OUT, ["女性", "男性", "回答なし"])),
        ),
        ColumnReport(
            name="address",
            title="住所",
            type="string",
            released=True,
            item="住所",
            sensitive=False,
            steps=(
                step(
                    1,
                    "address",
                    "住所を市区町村までにした。判別できない住所は空欄にした。",
                    cells_changed=21_958,
                    cells_blanked=13,
                ),
                step(
                    5,
                    "generalize",
                    "準識別子として、同じ組合せの人が5人以上になる段階まで一般化した。",
                    cells_changed=0,
                ),
            ),
            before=TOO_MANY,
            after=Picture(bars=falling(OUT, TOWNS)),
        ),
        ColumnReport(
            name="phone",
            title="電話番号",
            type="string",
            released=False,
            sensitive=False,
            steps=(step(1, "delete", DELETED, cells_blanked=20_410),),
            before=TOO_MANY,
        ),
        ColumnReport(
            name="licence",
            title="運転免許証番号（入会時の本人確認）",
            type="string",
            released=False,
            sensitive=False,
            steps=(step(2, "delete", DELETED, cells_blanked=9_127),),
            before=TOO_MANY,
        ),
        ColumnReport(
            name="job",
            title="職業",
            type="string",
            released=True,
            item="職業",
            sensitive=False,
            steps=(
                step(
                    5,
                    "rare_categories",
                    "300人未満にしか現れない値を「その他」に置き換えた。（残した区分は10種類）",
                    cells_changed=1_022,
                ),
            ),
            before=Picture(bars=jobs),
            after=Picture(bars=common),
        ),
        ColumnReport(
            name="spent",
            title="年間購入額",
            type="number",
            released=True,
            item="年間購入額",
            sensitive=False,
            steps=(
                step(
                    4,
                    "top_code",
                    "5000000以上の値を「500万円以上」にまとめた（トップコーディング）。",
                    cells_changed=9,
                    records_dropped=0,
                ),
            ),
            before=Picture(
                bars=tuple(Bar(label=b, records=n) for b, n in zip(spent, money, strict=True)), ordered=True
            ),
            after=Picture(
                bars=tuple(Bar(label=b, records=n) for b, n in zip(spent, money, strict=True)), ordered=True
            ),
        ),
        ColumnReport(
            name="joined",
            title="入会日",
            type="date",
            released=True,
            item="入会日",
            sensitive=False,
            steps=(step(1, "year", "月日を削除し、年に置き換えた。", cells_changed=PEOPLE),),
            before=Picture(bars=joined, ordered=True),
            after=Picture(bars=years, ordered=True),
        ),
        ColumnReport(
            name="mail",
            title="メール配信の希望",
            type="boolean",
            released=False,
            sensitive=False,
            because="購買分析には用いないため",
            before=Picture(bars=falling(PEOPLE, ["希望する", "希望しない"])),
        ),
    )


def level_report(*, level: int, loss: float = 0.0, **fields: Any) -> LevelReport:
    """A column whose records are all at one level."""
    return LevelReport(level=level, finest=level, coarsest=level, loss=loss, **fields)


def id_pos_report(**changes: Any) -> Report:
    """The report of the customer master; ``changes`` replace its fields."""
    before = Risk(
        records=PEOPLE,
        people=PEOPLE,
        classes=17_846,
        unique_people=15_202,
        people_below_k=21_118,
        smallest_class=1,
        highest_risk=1.0,
        lowest_risk=1 / 16,
        average_risk=17_846 / PEOPLE,
        at_risk=21_118 / PEOPLE,
        sample_uniqueness=15_202 / PEOPLE,
        population_uniqueness=PopulationUniqueness(
            population=215_000, uniqueness=0.35, estimator="zayatz", pitman=None, zayatz=0.35, snb=0.0004
        ),
        capped=False,
        sizes=(
            SizeBar(label="1人", classes=15_202, people=15_202, below_k=True),
            SizeBar(label="2–4人", classes=2_521, people=5_916, below_k=True),
            SizeBar(label="5–9人", classes=118, people=790, below_k=False),
            SizeBar(label="10–19人", classes=5, people=63, below_k=False),
        ),
    )
    after = Risk(
        records=OUT,
        people=OUT,
        classes=308,
        unique_people=0,
        people_below_k=0,
        smallest_class=5,
        highest_risk=0.2,
        lowest_risk=1 / 512,
        average_risk=308 / OUT,
        at_risk=0.0,
        sample_uniqueness=0.0,
        population_uniqueness=PopulationUniqueness(
            population=215_000, uniqueness=0.0, estimator=None, pitman=0.0, zayatz=0.0, snb=0.0
        ),
        capped=False,
        sizes=(
            SizeBar(label="5–9人", classes=31, people=214, below_k=False),
            SizeBar(label="10–19人", classes=44, people=620, below_k=False),
            SizeBar(label="20–49人", classes=97, people=3_190, below_k=False),
            SizeBar(label="50–99人", classes=71, people=4_822, below_k=False),
            SizeBar(label="100人以上", classes=65, people=13_088, below_k=False),
        ),
    )
    recoding = Recoding(
        k=5,
        metric="loss",
        levels=(
            level_report(column="birth_date", title="生年月日", level=0, levels=3, label="7区分の年代"),
            level_report(column="sex", title="性別", level=0, levels=2, label="一般化なし"),
            level_report(column="address", title="住所", level=1, levels=4, label="市区町村", loss=0.0412),
        ),
        loss=0.0137,
        costs={
            "loss": 0.0137,
            "precision": 0.0833,
            "entropy": 31_204.5,
            "normalized_entropy": 0.0415,
            "discernibility": 2_310_400.0,
            "average_class_size": 61.9,
        },
        optimum="生年月日は「7区分の年代」、性別は「一般化なし」、住所は「市区町村」",
        proven=True,
        gap=0.0,
        lattice_nodes=24,
        nodes_checked=7,
        suppressed_records=37,
        suppressed_people=37,
        suppression_limit=0.01,
        models=(
            ModelReport(
                model="k=5",
                title="k-匿名性",
                column=None,
                meaning="同じ組合せの人が5人以上いる。",
                before="1",
                after="5",
            ),
        ),
    )
    table = TableReport(
        name="customers",
        title="顧客",
        records_in=21_973,
        records_rejected=2,
        records_dropped=0,
        records_suppressed=37,
        records_out=OUT,
        people_in=PEOPLE,
        people_out=OUT,
        people_check="一人に一つのレコードであることを、会員番号の重なりがないことを全件数えて確かめた。",
        columns=id_pos_columns(),
        recoding=recoding,
        risk_before=before,
        risk_after=after,
    )
    fields: dict[str, Any] = {
        "release_id": "id-pos-20261123-7f3a91c2",
        "created_at": "2026-11-23T13:44:11+00:00",
        "regime": "private",
        "file_name": "ポイント会員購買ファイル",
        "body": "株式会社みなとストア",
        "department": "営業本部データ分析課",
        "purpose": "ポイントの付与、商品のお届け及び売場づくりのための購買傾向の分析",
        "work_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "requirements_because": "提供先が会員の居住地域を把握している可能性を考え、同種の提供の例にならった",
        "k": 5,
        "people": OUT,
        "tables": (table,),
        "rejects": (RejectCount(table="customers", column="birth_date", reason="date", records=2),),
        "reject_limit": 10,
        "secrets": "仮IDの鍵はこの実行の中で乱数から作り、保存せずに破棄した。対応表は作成していない。",
        "order": "各ファイルの中でレコードを無作為に並べ替え、ファイルには無作為な名前を付けた。",
        "limits": ("機微な項目の値の偏り（l-多様性など）は測定していない。",),
        "versions": {"tokumei": "0.1.0", "apache-beam": "2.77.0", "python": "3.11.9"},
    }
    return Report(**(fields | changes))


COLUMNS: dict[str, Any] = {
    "member_id": {"title": "会員番号", "treat": ({"method": "pseudonym", "criterion": 3, "link": "member"},)},
    "name": {"title": "氏名", "treat": ({"method": "delete", "criterion": 1},)},
    "birth_date": {
        "title": "生年月日",
        "type": "date",
        "treat": ({"method": "age_band", "criterion": 1, "preset": "id_pos_7"},),
    },
    "sex": {"title": "性別", "keep": True, "because": "年代と地域を粗くしたため"},
    "address": {"title": "住所", "treat": ({"method": "address", "criterion": 1, "level": "city"},)},
    "phone": {"title": "電話番号", "treat": ({"method": "delete", "criterion": 1},)},
    "licence": {"title": "運転免許証番号", "treat": ({"method": "delete", "criterion": 2},)},
    "job": {
        "title": "職業",
        "treat": ({"method": "rare_categories", "criterion": 5, "people": 300, "action": "group"},),
    },
    "spent": {
        "title": "年間購入額",
        "type": "number",
        "treat": ({"method": "top_code", "criterion": 4, "at": 5_000_000, "label": "500万円以上"},),
    },
    "joined": {"title": "入会日", "type": "date", "treat": ({"method": "year", "criterion": 1},)},
    "mail": {
        "title": "メール配信の希望",
        "type": "boolean",
        "drop": True,
        "because": "購買分析には用いないため",
    },
}
OFFICES: dict[str, Any] = {
    "scope": "ポイントカードの交付を受けた者（平成22年4月以降）",
    "collection": "本人からの交付申請書による",
    "request_office": {"name": "みなと市 総務局 情報公開課", "address": "神奈川県みなと市本町1丁目1番地"},
    "call_for_proposals": True,
    "proposal_office": {
        "name": "みなと市 総務局 デジタル推進課",
        "address": "神奈川県みなと市本町1丁目1番地",
    },
    "product_office": {"name": "みなと市 総務局 デジタル推進課", "address": "神奈川県みなと市本町1丁目1番地"},
    "product_period": {"start": "2026-12-01", "end": "2028-11-30"},
}


def id_pos_policy(regime: str = "private", **file: Any) -> Policy:
    """The policy of the same file; ``file`` replaces register items."""
    items: dict[str, Any] = {
        "name": "ポイント会員購買ファイル",
        "body": "株式会社みなとストア" if regime == "private" else "みなと市長",
        "department": "営業本部データ分析課" if regime == "private" else "経済局商業振興課",
        "purpose": "ポイントの付与、商品のお届け及び売場づくりのための購買傾向の分析",
        "how_provided": "暗号化したファイルを、利用者認証のあるサーバーからダウンロードする方法",
        **({} if regime == "private" else OFFICES),
        **file,
    }
    table = {
        "source": {"path": "customers.csv", "format": "csv"},
        "title": "顧客",
        "person": "member_id",
        "rows_per_person": "one",
        "columns": COLUMNS,
    }
    return Policy.model_validate(
        {
            "version": 1,
            "regime": regime,
            "file": items,
            "reference_date": "2026-04-01",
            "tables": {"customers": table},
            "requirements": {"k": 5, "because": "同種の提供の例にならった"},
        },
        strict=False,
    )
