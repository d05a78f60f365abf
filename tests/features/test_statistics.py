"""`tokumei statistics` and `tokumei synthesize agencies` as a user meets them."""

import json

import pytest
from support.ledgers import write_ledgers

from tokumei.pipelines.cli import main
from tokumei.transforms.ledger.journal import journals
from tokumei.transforms.storage.places import open_store
from tokumei.transforms.synthesis.agencies import agencies, events_of_agency


@pytest.fixture
def out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    few = [body for body in agencies(40, seed=1) if body.files < 6 and not body.desk][:4]
    write_ledgers(tmp_path / "out", few, seed=1)
    return tmp_path / "out"


def statistics(*words):
    return main(["statistics", *map(str, words)])


def pages(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


def test_the_same_ledgers_give_the_same_bytes(out, capsys):
    words = ("out", "--year", "2018", "--as-of", "2019-03-31")
    assert statistics(*words) == 0 and statistics(*words, "--pages", "again") == 0
    assert (
        "figures of fiscal 2018, 4 bodies, as of 2019-03-31: statistics/index.html" in capsys.readouterr().out
    )
    first, again = pages(out.parent / "statistics"), pages(out.parent / "again")
    assert first == again and {"index.html", "calls.html", "register.csv", "figures.json"} < set(first)
    assert statistics(*words) == 0  # over what is there
    assert pages(out.parent / "statistics") == first


def test_registers_of_several_directories_are_counted_together(out):
    (one,) = [body for body in agencies(40, seed=1) if body.desk]
    write_ledgers(out.parent / "desk", [one], seed=1)
    assert statistics("out", "desk", "--year", "2017", "--as-of", "2018-03-31") == 0
    rows = json.loads((out.parent / "statistics" / "figures.json").read_text())["rows"]
    found = {row["key"]: row["value"] for row in rows}
    asked = [found[f"2017/inquiries/{by}/計"] for by in ("agency", "local", "private")]
    assert asked == [92, 23, 29] and found["2017/inquiries//計"] == 144
    assert found["2017/bodies_called//計"] == 5


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("out", "--year", "2016"), 2, "usage.year"),
        (("out", "--year", "2019", "--as-of", "2019-03-31"), 2, "usage.year"),
        (("out", "--year", "2017", "--as-of", "31.3.2018"), 2, "usage"),
        (("nowhere", "--year", "2017"), 3, "figures.no_ledger"),
        (("out", "out", "--year", "2017"), 3, "figures.body_twice"),
        (("out", "--year", "2017", "--as-of", "2017-04-02"), 3, "figures.nothing"),
        (("out", "--year", "2017", "--yaer=1"), 2, "usage.option"),
    ],
)
def test_what_cannot_be_counted_is_refused(out, words, status, code, capsys):
    assert statistics(*words) == status
    assert f"[{code}]" in capsys.readouterr().err
    assert not (out.parent / "statistics").exists()


def test_a_ledger_that_was_changed_is_refused(out, capsys):
    store = open_store(str(out))
    folder = journals(store, str(out / "register"))[0].folder
    (segment,) = out.glob(f"register/{folder.split('/')[-2]}/ledger/*.avro")
    segment.write_bytes(segment.read_bytes()[:-40])
    assert statistics("out", "--year", "2017") == 3
    assert "ledger.damaged" in capsys.readouterr().err


def test_synthetic_ledgers_are_written_once(tmp_path, capsys):
    words = ["synthesize", "agencies", "--rows", "5", "--output", str(tmp_path / "a")]
    assert main(words) == 0
    assert "141 ledgers" in capsys.readouterr().out and len(list(tmp_path.glob("a/register/*/ledger"))) == 141
    assert main(words) == 2 and "[synthesize.exists]" in capsys.readouterr().err
    assert main([*words[:2], "--format", "jsonl", "--output", str(tmp_path / "b")]) == 2


def test_synthetic_ledgers_are_seeded():
    a, b, c = ([list(events_of_agency(body, seed)) for body in agencies(30, seed)[:3]] for seed in (3, 3, 4))
    assert a == b != c
