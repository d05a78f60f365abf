"""Synthetic agency files: seeded, vectorised, any size.

Every preset of files is one module naming them as `TABLES`; a file is generated chunk by chunk, so that its
size never meets the memory. `agencies` makes ledgers of registers instead, body by body.
"""

from __future__ import annotations

# Those of the input formats that files can be made in.
SYNTHETIC_FORMATS = ("csv", "tsv", "parquet", "avro", "jsonl")
PRESETS: dict[str, str] = {
    "residents": "住民の台帳: one row a person, households together",
    "tax": "住民税の課税台帳: one row a taxpayer",
    "claims": "診療報酬明細: several rows an insured person",
    "id_pos": "ID-POS: members and their receipts, two files",
    "cards": "credit cards: members and their uses, two files",
}
# What is made into ledgers, not files.
LEDGERS: dict[str, str] = {
    "agencies": "公的機関の台帳: ledgers of 141 bodies with 1,932 files (fiscal 2017), and cases"
}
