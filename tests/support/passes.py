"""All passes of a run over records in memory, without an engine: from a policy as data to what was written."""

from __future__ import annotations

import io
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
from support.choosing import SPLIT, planned
from support.kernels import KEY

from tokumei.transforms.combinations.count import count_combined, merge_combined
from tokumei.transforms.combinations.decide import removals
from tokumei.transforms.counting.headcount import add_headcounts, count_bucket
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, Chunk, Work
from tokumei.transforms.formats.convert import ARROW_TYPES
from tokumei.transforms.histories.recount import CountedFacts
from tokumei.transforms.profile.fit import fit, tables_to_count
from tokumei.transforms.profile.profile import merge_profiles, profile_chunk
from tokumei.transforms.promises.count import count_released, merge_released
from tokumei.transforms.promises.scope import unsettled
from tokumei.transforms.promises.settle import promise_all, settle_all
from tokumei.transforms.recode.choose import choose
from tokumei.transforms.recode.count import count_chunk, merge_histograms
from tokumei.transforms.release.anonymize import anonymize_chunk
from tokumei.transforms.release.dealing import gather, parts_of
from tokumei.transforms.release.part_recount import Count, part_terms
from tokumei.transforms.release.parts import encode_chunk, encode_dealt
from tokumei.transforms.release.verify import verify
from tokumei.transforms.release.written import merge_written, written_of
from tokumei.transforms.report.account import build_report


def dealt(plan, table, decision, done):
    """The parts to which the rows of chunks were dealt."""
    found = {}
    for (_, part), rows in (pair for chunk in done[::-1] for pair in chunk.slices):
        found.setdefault(part, []).append(rows)
    terms = part_terms(plan.tables["t"], decision, KEY)
    return [encode_dealt(plan, table, terms, gather(part, slices)) for part, slices in found.items()]


def released(policy, pieces):
    """Run a policy over the records of one table ``t``, in pieces that become parts.

    Args:
        policy: as `policy_of` makes it.
        pieces: lists of records, each a dict of typed values.

    Returns:
        The rows read back from the bytes of the parts; and the report.

    Raises:
        TokumeiError: the run is refused.
    """
    plan = planned({**policy, "output": {"format": "parquet"}})
    table, tables = plan.tables["t"], plan.tables
    schema = pa.schema([(n, ARROW_TYPES[c.type]) for n, c in table.table.columns.items()])

    def chunks(decision):
        for number, piece in enumerate(pieces):
            yield Chunk(
                work=Work(SPLIT, KEY, decision),
                number=number,
                last=number == len(pieces) - 1,
                records=len(piece),
                rejects={},
                rejected=(),
                batch=pa.RecordBatch.from_pylist(piece, schema),
            )

    profile = merge_profiles(tables, [profile_chunk(table, c) for c in chunks(NOTHING_LEFT_OUT)])
    people = len({row["id"] for piece in pieces for row in piece})
    fits = fit(plan, profile, dict.fromkeys(tables_to_count(tables, profile), people), KEY)
    if table.combined:
        found = merge_combined([count_combined(table, c) for c in chunks(fits["t"])])
        fits = removals(tables, fits, found)
    classes = [count_chunk(table, c) for c in chunks(fits["t"])] if table.quasi_identifiers else []
    chosen = promise_all(choose(plan, fits, merge_histograms(classes) if classes else {}, KEY), tables, KEY)
    counted = []
    if unsettled(table, chosen.accounts["t"]):
        counted = [count_released(table, c) for c in chunks(chosen.decisions["t"])]
    chosen = settle_all(chosen, tables, merge_released(tables, counted[::-1]), KEY)
    head = "t" in plan.headcount
    decision = replace(chosen.decisions["t"], parts=parts_of(table, chosen.accounts["t"]))
    done = [encode_chunk(plan, table, anonymize_chunk(table, c, people=head)) for c in chunks(decision)]
    parts = [chunk.part for chunk in done if chunk.part] + dealt(plan, table, decision, done)
    buckets = {}
    for bucket, hashes in (pair for part in parts for name, pair in part.told if name == Count.PEOPLE):
        buckets.setdefault(bucket, []).append(hashes)
    heads = add_headcounts([count_bucket(b) for b in buckets.values()])
    total = merge_written([written_of(made.summary) for made in (*done, *parts)])
    left = verify(plan, chosen, total, heads, facts=CountedFacts(), totals={}, fingerprint=KEY.fingerprint)
    report = build_report(
        plan, chosen, total, heads.by_table, left, facts=CountedFacts(), joined=(), totals={}
    )
    rows = [
        row for part in parts for data in part.data for row in pq.read_table(io.BytesIO(data)).to_pylist()
    ]
    return rows, report
