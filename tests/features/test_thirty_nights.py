"""Thirty nights by cron: complete, late, partial, repeated, touched, corrected and bad deliveries, kills, backfills."""

import contextlib
import io
import json
import sys
from pathlib import Path

import pytest
from support.helpers import policy_of
from support.nights import (
    CANARY,
    COLUMNS,
    NIGHTS,
    PARTS,
    Inbox,
    date_of,
    kill_halfway,
    releases_of,
    releases_told,
    said,
)

from tokumei.pipelines.cli import main
from tokumei.schemas.register import Book


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Every night played, one after the other: the folder, and what each call said."""
    folder = tmp_path_factory.mktemp("nights")
    (folder / "policy.yaml").write_text(json.dumps(policy_of(COLUMNS, **PARTS)))
    inbox, log = Inbox(folder), []
    with pytest.MonkeyPatch.context() as patch:
        for day, night in NIGHTS.items():
            if night.kind == "asleep":
                inbox.happens("whole", day)
            for call in night.calls:
                inbox.happens(call.happens, day)
                log.append((day, call, cron(folder, call, day, patch)))
    return folder, log


def cron(folder, call, day, patch):
    """What a line of a crontab does; its output is appended to a log."""
    first, last = call.days or (day, day)
    date = date_of(first) if first == last else f"{date_of(first)}..{date_of(last)}"
    args = ["anonymize", str(folder / "policy.yaml"), "--output", str(folder / "out"), "--date", date]
    if "killed" in call.happens:
        kill_halfway([str(Path(sys.executable).with_name("tokumei")), *args], folder / "out")
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        main(args)
    with (folder / "cron.log").open("a") as log:
        log.write(out.getvalue() + err.getvalue())
    return said(out.getvalue(), err.getvalue())


def test_every_call_says_what_the_table_says(played):
    _, log = played
    assert [(day, call.happens, words) for day, call, words in log] == [
        (day, call.happens, [*call.says]) for day, night in NIGHTS.items() for call in night.calls
    ]


def test_thirty_nights_of_every_kind():
    assert len(NIGHTS) == 30
    kinds = {night.kind for night in NIGHTS.values()}
    assert {
        "complete",
        "late",
        "partial",
        "repeated",
        "touched",
        "corrected",
        "bad",
        "killed",
        "backfill",
    } <= kinds


def test_the_releases_are_those_of_the_table(played):
    folder, _ = played
    assert releases_of(folder) == releases_told()


def test_the_register_tells_of_every_release_in_the_order_of_publication(played, capsys):
    folder, _ = played
    book = Book.model_validate_json((folder / "out/register/book.json").read_text())
    published = []
    for day, night in NIGHTS.items():
        for call in night.calls:
            first = (call.days or (day, day))[0]
            published += [
                (date_of(first + i), word)
                for i, word in enumerate(call.says)
                if word in {"released", "replaces"}
            ]
    reports = {
        path.parent.name: json.loads(path.read_text())
        for path in (folder / "out/releases").glob("*/report.json")
    }
    told = [(reports[e.release_id]["parameters"][0]["value"], e) for e in book.entries]
    assert [date for date, _ in told] == [date for date, _ in published]
    assert [e.version for e in book.entries] == [*range(1, len(published) + 1)]
    (current,) = book.current
    assert current.product_people == NIGHTS[30].people
    replaced = {w.release_id: w.replaced_by for w in current.withdrawn}
    assert {name: reports[name]["replaces"] for name in replaced.values()} == {
        b: [a] for a, b in replaced.items()
    }
    assert len(replaced) == sum(night.withdrawn for night in NIGHTS.values())
    assert main(["verify", str(folder / "out")]) == 0
    assert main(["register", "check", str(folder / "out")]) == 0
    assert capsys.readouterr().out.count(": whole") == len(published)


def test_no_value_stands_in_what_is_left(played):
    folder, _ = played
    texts = [p for p in (folder / "out").rglob("*") if p.is_file()] + [folder / "cron.log"]
    assert not [p for p in texts if CANARY.encode() in p.read_bytes()]
