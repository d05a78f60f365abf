"""Texts that repeat are read from Parquet as dictionaries; the release is the one of the same file as CSV."""

import csv
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.helpers import policy_of

PEOPLE, VISITS = 20, 40
COLUMNS = {
    "id": {"treat": [{"criterion": 1, "method": "delete"}]},
    "name": {"treat": [{"criterion": 1, "method": "delete"}]},
    "ward": {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]},
    "disease": {"treat": [{"criterion": 4, "method": "rare_categories", "action": "group"}]},
    "day": {"type": "date", "keep": True, "because": "試験"},
    "kept": {"keep": True, "because": "試験"},
}
ROWS = [
    {
        "id": f"p{i % PEOPLE:02}",
        "name": f"名前{i % PEOPLE}",
        "ward": "北" if i % PEOPLE < 2 else "南東西"[i % 3],
        "disease": f"d{i % 7}" if i % 101 else "rare",
        "day": f"2026-0{1 + i % 9}-01",
        "kept": ["x", "y", ""][i % 3],
    }
    for i in range(PEOPLE * VISITS)
]


def as_csv():
    text = io.StringIO()
    out = csv.DictWriter(text, COLUMNS)
    out.writeheader()
    out.writerows(ROWS)
    return text.getvalue().encode()


def as_parquet(types):
    sink = io.BytesIO()
    table = pa.Table.from_pylist(ROWS).cast(pa.schema([(name, types) for name in COLUMNS]))
    pq.write_table(table, sink, row_group_size=300)
    return sink.getvalue()


@pytest.mark.parametrize("types", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_the_release_is_that_of_a_csv_file(run, types):
    policy = policy_of(COLUMNS, person="id", rows="several", k=3)
    expected = run(policy, {"data.csv": as_csv()}, output="csv")
    assert expected.status == 0, expected.err
    table = policy["tables"]["t"]
    table["source"] = {"path": "data.parquet", "format": "parquet"}
    found = run(policy, {"data.parquet": as_parquet(types)}, output="parquet")
    assert found.status == 0, found.err

    def lines(done):
        return sorted(str(sorted(row.items())) for row in done.rows())

    assert len(expected.rows()) == len(ROWS) and lines(found) == lines(expected)
    assert {row["kept"] for row in found.rows()} == {"x", "y", None}


def test_a_person_code_that_repeats_is_refused_where_people_have_one_row(run):
    policy = policy_of(COLUMNS, path="data.parquet", source={"format": "parquet"}, person="id", k=3)
    refused = run(policy, {"data.parquet": as_parquet(pa.string())})
    assert refused.status == 3 and "[input.several_rows]" in refused.err
