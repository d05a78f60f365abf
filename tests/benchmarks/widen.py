"""Widen a folder's residents to 200 columns, and write the policy that keeps the new ones.

Run: ``python widen.py FOLDER``.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = 200


def main(folder):
    """Add numbers of five sizes, row group by row group."""
    source, target = folder / "residents.parquet", folder / "wide.parquet"
    file = pq.ParquetFile(source)
    names = [f"数値{i:03d}" for i in range(COLUMNS - len(file.schema_arrow))]
    rng = np.random.default_rng(1)
    schema = pa.schema([*file.schema_arrow, *(pa.field(name, pa.int64()) for name in names)])
    with pq.ParquetWriter(target, schema, compression="zstd", compression_level=1) as out:
        for batch in file.iter_batches(batch_size=65_536):
            numbers = [pa.array(rng.integers(0, 10 ** (1 + i % 5), len(batch))) for i in range(len(names))]
            out.write_batch(pa.RecordBatch.from_arrays([*batch.columns, *numbers], schema=schema))
    policy = Path(__file__).with_name("residents.yaml").read_text(encoding="utf-8")
    policy = policy.replace("residents.parquet", "wide.parquet")
    kept = "".join(f"      {name}: {{type: integer, keep: true, because: 試験}}\n" for name in names)
    (folder / "policy.yaml").write_text(
        policy.replace("requirements:", kept + "requirements:"), encoding="utf-8"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
