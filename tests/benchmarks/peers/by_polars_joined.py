"""What a data engineer would write by hand in polars (streaming) for the policy of ``id_pos.yaml``.

Run: ``python by_polars_joined.py FOLDER OUT WIDTH PLACE``: the files' folder, where two files are written, the
width of age bands in years, and how much of the address is left: city or prefecture. The same
work as the job, the levels chosen beforehand: age and its tail, the address, months, half hours, rare products,
tails of quantity and amount by people, keyed hashes; the members' classes over both tables, of whom are left
those in classes of 5 or more people, in both; receipts in random order. It proves nothing, recounts nothing,
reports nothing.
"""

import secrets
import sys
from datetime import date
from pathlib import Path

import polars as pl
import polars_hash as plh

K, TAIL, HIGHEST = 5, 100, 20
TODAY = date(2026, 4, 1)
CLASS = ("性別", "年齢", "住所")
PLACES = {
    "city": r"^((?:東京都|北海道|京都府|大阪府|.{2,3}県)(?:.+?郡.+?[町村]|.+?市.+?区|.+?[市区町村]))",
    "prefecture": r"^(東京都|北海道|京都府|大阪府|.{2,3}県)",
}
PACKED = {"compression": "zstd", "compression_level": 1}


def hashed(name, key):
    """Return a keyed hash of a column, in 32 hexadecimal digits."""
    return plh.concat_str(pl.lit(key), pl.col(name)).chash.blake3().str.head(32).alias(name)


def highest(receipts, name):
    """Return from which value on a column is coded: where ``HIGHEST`` people have one as high."""
    of_person = receipts.group_by("会員ID").agg(pl.col(name).max())
    return of_person.select(pl.col(name).top_k(HIGHEST).min()).collect(engine="streaming").item()


def capped(name, top):
    """Return a column with its tail coded."""
    return pl.when(pl.col(name) >= top).then(pl.lit(f"{top}以上")).otherwise(pl.col(name).cast(pl.String))


def main(folder, target, width, place):
    """Read members twice and receipts four times; write the released rows of both."""
    folder, target, width, key = Path(folder), Path(target), int(width), secrets.token_hex(16)
    target.mkdir(parents=True, exist_ok=True)
    birth = pl.col("生年月日")
    not_yet = (birth.dt.month() * 100 + birth.dt.day()) > TODAY.month * 100 + TODAY.day
    age = (TODAY.year - birth.dt.year() - not_yet.cast(pl.Int32)).alias("年齢")
    receipts = pl.scan_parquet(folder / "receipts.parquet")
    buyers = receipts.select("会員ID").unique().with_columns(buys=pl.lit(value=True))
    people = (
        pl.scan_parquet(folder / "members.parquet")
        .select(
            "会員ID",
            "性別",
            age,
            pl.col("住所").str.extract(PLACES[place]),
            pl.col("入会日").dt.strftime("%Y-%m"),
        )
        .join(buyers, on="会員ID", how="left")
        .collect(engine="streaming")
    )
    top = people["年齢"].top_k(TAIL).min()
    band = pl.col("年齢") // width * width
    kept = people.with_columns(
        pl.when(pl.col("年齢") >= top)
        .then(pl.lit(f"{top}以上"))
        .otherwise(band.cast(pl.String))
        .alias("年齢")
    ).filter(pl.len().over(*CLASS, "buys") >= K)
    kept.sample(fraction=1, shuffle=True).select(hashed("会員ID", key), *CLASS, "入会日").write_parquet(
        target / "members.parquet", **PACKED
    )
    products = receipts.group_by("商品名").agg(pl.col("会員ID").n_unique()).filter(pl.col("会員ID") < K)
    rare = products.select("商品名").collect(engine="streaming")["商品名"].implode()
    tops = {name: highest(receipts, name) for name in ("数量", "金額")}
    (
        receipts.join(kept.lazy().select("会員ID"), on="会員ID", how="semi")
        .select(
            hashed("取引ID", key[::-1]),
            hashed("会員ID", key),
            pl.col("利用日時").dt.truncate("30m"),
            "店舗ID",
            pl.when(pl.col("商品名").is_in(rare)).then(pl.lit("その他")).otherwise("商品名").alias("商品名"),
            *(capped(name, top).alias(name) for name, top in tops.items()),
        )
        .collect(engine="streaming")
        .sample(fraction=1, shuffle=True)
        .write_parquet(target / "receipts.parquet", **PACKED)
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
