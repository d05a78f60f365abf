"""The floor: pyarrow reads the file and writes it again, and nothing else.

Run: ``python by_copy.py IN.parquet|IN.csv OUT.parquet [ENCODING]``.
"""

import sys

import pyarrow.csv
import pyarrow.parquet as pq


def main(source, target, encoding="utf-8"):
    """Copy batch by batch."""
    if source.endswith(".parquet"):
        file = pq.ParquetFile(source)
        schema, batches = file.schema_arrow, file.iter_batches(batch_size=262_144)
    else:
        file = pyarrow.csv.open_csv(source, read_options=pyarrow.csv.ReadOptions(encoding=encoding))
        schema, batches = file.schema, file
    with pq.ParquetWriter(target, schema, compression="zstd", compression_level=1) as out:
        for batch in batches:
            out.write_batch(batch)


if __name__ == "__main__":
    main(*sys.argv[1:])
