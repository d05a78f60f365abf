"""Pass 1 and 2 over chunks, without an engine."""

import json

import pyarrow as pa
from support.helpers import policy_of
from support.kernels import KEY

from tokumei.schemas.policy import Policy
from tokumei.schemas.splits import SourceFile, Split, Stretch
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, Chunk, Work
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.planning.plan_tables import plan_tables
from tokumei.transforms.profile.fit import fit, tables_to_count
from tokumei.transforms.profile.profile import merge_profiles, profile_chunk
from tokumei.transforms.recode.choose import choose
from tokumei.transforms.recode.count import count_chunk, merge_histograms

GENERALIZE = {"method": "generalize", "criterion": 5}


COLUMNS = {
    "id": {"treat": [{"method": "delete", "criterion": 3}]},
    "age": {
        "type": "integer",
        "treat": [
            {"method": "tail", "criterion": 4, "people": 2},
            {**GENERALIZE, "hierarchy": {"kind": "intervals", "widths": [5, 10]}},
        ],
    },
    "sex": {"treat": [{**GENERALIZE, "hierarchy": {"kind": "suppress"}}]},
    "illness": {
        "treat": [{"method": "rare_values", "criterion": 4, "values": ["希少疾患"], "action": "record"}],
        "sensitive": True,
    },
}
SCHEMA = pa.schema([("id", pa.string()), ("age", pa.int64()), ("sex", pa.string()), ("illness", pa.string())])
SPLIT = Split("t", (Stretch(SourceFile("data.csv", 0, ""), 0, 1),), "s")


def planned(data):
    """Return the plan of a policy, given as data."""
    policy = Policy.model_validate_json(json.dumps(data))
    return Plan(
        policy=policy,
        tables=plan_tables(policy, ""),
        populations={},
        output="out",
        release_id="r",
        work="w",
        attempt="a",
    )


def plan_of(*, rows, k, limit, columns=COLUMNS):
    return planned(policy_of(columns, k=k, limit=limit, person="id", rows=rows))


def chunks_of(pieces, decision=NOTHING_LEFT_OUT):
    for number, piece in enumerate(pieces):
        batch = pa.RecordBatch.from_pylist(
            [dict(zip(SCHEMA.names, row, strict=True)) for row in piece], SCHEMA
        )
        work = Work(SPLIT, KEY, decision)
        yield Chunk(
            work=work,
            number=number,
            last=number == len(pieces) - 1,
            records=len(piece),
            rejects={},
            rejected=(),
            batch=batch,
        )


def decide(plan, pieces):
    """Pass 1 and 2, their chunks merged in reverse."""
    table = plan.tables["t"]
    profile = merge_profiles(plan.tables, [profile_chunk(table, c) for c in chunks_of(pieces)][::-1])
    people = len({row[0] for piece in pieces for row in piece})
    fitted = fit(plan, profile, dict.fromkeys(tables_to_count(plan.tables, profile), people), KEY)
    counted = [count_chunk(table, c) for c in chunks_of(pieces, fitted["t"])]
    return choose(plan, fitted, merge_histograms(counted[::-1]), KEY)
