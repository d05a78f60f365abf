"""How online_retail and sparkov_cards became smaller: ``python tests/data/trim.py FOLDER``, which holds them whole.

Lines and columns are left out; no value is changed. Online Retail: the receipt lines of April to June 2011, with
cancellations and with lines without a customer, all eight columns. Sparkov: all members; of the uses the columns
that a card company has of a use, without those of the member, which every use repeats. The hierarchy of merchants
is made from the uses.
"""

import gzip
import io
import sys
from pathlib import Path

import polars as pl

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "pipelines" / "example"
MONTHS = ["2011-04", "2011-05", "2011-06"]
USE = ["trans_num", "cc_num", "trans_date", "trans_time", "merchant", "category", "amt"]


def online_retail(folder):
    lines = pl.read_parquet(folder / "online_retail" / "onlineretail.parquet")
    lines = lines.filter(pl.col("InvoiceDate").str.slice(0, 7).is_in(MONTHS))
    lines.write_parquet(EXAMPLE / "online_retail.parquet", compression="zstd", compression_level=19)


def sparkov_cards(folder):
    place, target = folder / "sparkov_cards", HERE / "sparkov_cards"
    for name, columns in {"customers": None, "transactions_20cards": USE}.items():
        lines = pl.read_csv(place / f"{name}.csv", separator="|", infer_schema=False, columns=columns)
        text = io.BytesIO()
        lines.select(columns or lines.columns).write_csv(text, separator="|")
        # No time in the header: the same lines give the same bytes.
        (target / f"{name}.csv.gz").write_bytes(gzip.compress(text.getvalue(), 9, mtime=0))
        if "merchant" in lines.columns:
            hierarchy(lines)


def hierarchy(uses):
    """A merchant, and the category in which it sells most."""
    sold = (
        uses.group_by("merchant", "category")
        .len()
        .sort("merchant", "len", "category", descending=[False, True, False])
    )
    lines = sold.unique("merchant", keep="first").sort("merchant")
    text = "".join(f"{merchant};{category};*\n" for merchant, category, _ in lines.iter_rows())
    (HERE / "sparkov_cards" / "merchants.csv").write_text(text)


if __name__ == "__main__":
    online_retail(Path(sys.argv[1]))
    sparkov_cards(Path(sys.argv[1]))
