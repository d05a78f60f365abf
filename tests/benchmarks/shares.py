"""Benchmark of what a part of the job costs: whole jobs with it and without, in turn, by processor seconds.

Run: ``python tests/benchmarks/shares.py exposures --rows 4000000 --rounds 3``; the parts are those of `without.py`.
The residents of the other benchmarks, as they are and with a sentence of 40 characters each that is kept. A
table gives the least of the rounds, since the machine may be shared: what else runs can only add.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import job
import measure
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import without

WITHOUT = Path(without.__file__)
SENTENCES = "residents_sentences.parquet"
BATCH = 131_072
NOTED = (
    ("residents.parquet", SENTENCES),
    (
        "      続柄:",
        "      窓口対応: {keep: true, because: 試験}\n      続柄:",
    ),
)
HEADS = ["窓口で", "電話で", "郵送で", "来庁し", "訪問し", "代理人が", "係員が", "後日"]
PARTS = [
    "転入の届出を",
    "証明書の交付を",
    "住所の変更を",
    "世帯の変更を",
    "手数料の納付を",
    "資格の喪失を",
    "書類の不備を",
]
TAILS = [
    "受け付け内容を確認して説明した",
    "申請したので控えを渡して案内した",
    "相談し必要な手続と期限を伝えた",
    "確認し次回の来庁の予定を聞いた",
]


def sentences(rng, size):
    """Return sentences of 40 characters; of three in ten the middle is a number."""
    parts = [
        pa.array(texts).take(pa.array(rng.integers(0, len(texts), size))) for texts in (HEADS, PARTS, TAILS)
    ]
    number = pa.array(rng.integers(1000, 10**8, size).astype(str))
    number = pc.if_else(pa.array(rng.random(size) < 0.3), number, "")
    kanji = np.array(list("区役所課係長窓口書類確認済再度連絡予定対応者男女本日昨"), dtype="<U1")
    filler = pa.array(kanji[rng.integers(0, len(kanji), (size, 40))].view("<U40").ravel())
    joined = pc.binary_join_element_wise(parts[0], parts[1], number, parts[2], filler, "")
    return pc.utf8_slice_codeunits(joined, 0, 40)


def with_sentences(folder):
    """Write the residents once more, a sentence beside each."""
    rng = np.random.default_rng(17)
    source = pq.ParquetFile(folder / "residents.parquet")
    schema = source.schema_arrow.append(pa.field("窓口対応", pa.string()))
    with pq.ParquetWriter(folder / SENTENCES, schema) as writer:
        for batch in source.iter_batches(BATCH):
            noted = sentences(rng, batch.num_rows)
            writer.write_batch(pa.RecordBatch.from_arrays([*batch.columns, noted], schema=schema))


def main():
    """Measure both files, with the part and without."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=without.PARTS)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        job.synthesize(folder, "residents", args.rows, "--format", "parquet")
        with_sentences(folder)
        job.policy(folder, "residents.yaml")
        job.policy(folder, "residents.yaml", *NOTED, to="sentences.yaml")
        print(f"{args.rows:,} residents, least of {args.rounds} rounds, load {os.getloadavg()[0]:.1f}\n")
        print(
            f"| | CPU s with | without | {args.part} | peak MiB with | without |\n|---|---|---|---|---|---|"
        )
        for name, by in (("as they are", "policy.yaml"), ("with a sentence", "sentences.yaml")):
            command = ["anonymize", folder / by, "--output", folder / "out"]
            contestants = {
                "with": [job.TOKUMEI, *command],
                "without": [sys.executable, WITHOUT, args.part, *command],
            }
            found = measure.in_turn(
                contestants, args.rounds, lambda: shutil.rmtree(folder / "out", ignore_errors=True)
            )
            cpu = {way: min(f.cpu for f in figures) for way, figures in found.items()}
            peak = {way: max(f.peak for f in figures) for way, figures in found.items()}
            print(
                f"| {name} | {cpu['with']:.1f} | {cpu['without']:.1f} |"
                f" {1 - cpu['without'] / cpu['with']:.1%} of the job |"
                f" {peak['with']:,.0f} | {peak['without']:,.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
