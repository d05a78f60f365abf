"""What a data engineer would write by hand in DuckDB for the policy of ``residents.yaml``; see ``by_polars.py``.

Run: ``python by_duckdb.py IN.parquet OUT``.
"""

import secrets
import sys

import duckdb

K, TAIL = 5, 100
CITY = "^((?:東京都|北海道|京都府|大阪府|.{2,3}県)(?:.+?郡.+?[町村]|.+?市.+?区|.+?[市区町村]))"


def main(source, target):
    """Classes, then the released rows."""
    key = secrets.token_hex(16)
    db = duckdb.connect()
    db.execute("set preserve_insertion_order = false")
    db.execute(
        f"""create view rows as select 宛名番号, 性別, 世帯ID, 続柄,
            date_diff('year', 生年月日, date '2026-04-01')
                - (strftime(生年月日, '%m%d') > '0401')::int as 年齢,
            regexp_extract(住所, '{CITY}', 1) as 住所,
            regexp_extract(電話番号, '^(0[5789]0|0\\d{{1,4}})', 1) as 電話番号
            from read_parquet('{source}')"""
    )
    db.execute("create table classes as select 性別, 年齢, 住所, 続柄, count(*) as n from rows group by all")
    (top,) = db.execute(
        f"""select max(年齢) from (select 年齢, sum(sum(n)) over (order by 年齢 desc) as reached
            from classes group by 年齢) where reached >= {TAIL}"""
    ).fetchone()
    coded = f"case when 年齢 >= {top} then '{top}以上' else 年齢::varchar end"
    db.execute(
        f"""create table kept as select 性別, {coded} as 年齢, 住所 from classes
            group by all having sum(n) >= {K}"""
    )
    db.execute(f"create table rare as select 続柄 from classes group by 続柄 having sum(n) < {K}")
    db.execute(
        f"""copy (select substr(sha256('{key}' || 宛名番号), 1, 32) as 宛名番号, 性別,
            {coded} as 年齢, 住所, 電話番号,
            substr(sha256('{key[::-1]}' || 世帯ID), 1, 32) as 世帯ID,
            case when 続柄 in (from rare) then 'その他' else 続柄 end as 続柄
            from rows where (性別, {coded}, 住所) in (select (性別, 年齢, 住所) from kept))
            to '{target}' (format parquet, compression zstd, compression_level 1)"""
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
