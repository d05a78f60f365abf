"""Reading files whose bits were flipped, in a process that may die of it."""

import json
from pathlib import Path

from support.reading import read


def survive(path):
    """Flip bits of the footer, one after the other, and read."""
    import random
    from collections import Counter

    from fuzz.seeds import KINDS

    from tokumei.schemas.errors import InputError

    good, ended, rng = Path(path).read_bytes(), Counter(), random.Random(1)
    at = len(good) - int.from_bytes(good[-8:-4], "little") - 8
    for _ in range(300):
        bad = bytearray(good)
        bad[rng.randrange(at, len(good) - 8)] ^= 1 << rng.randrange(8)
        Path(path).write_bytes(bad)
        try:
            read(Path(path), "parquet", KINDS, target=400)
            ended["taken"] += 1
        except InputError as error:
            ended[error.code] += 1
    print(json.dumps(ended))
