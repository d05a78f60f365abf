import contextlib
import json
import random

import pytest
from support.events import event
from support.payloads import case_payloads

from tokumei.schemas.body_events import Annulled, InquiryAnswered, InquiryReceived
from tokumei.schemas.errors import InputError
from tokumei.schemas.events import id_of
from tokumei.transforms.ledger import segments
from tokumei.transforms.ledger.fold import Refused, fold_events
from tokumei.transforms.ledger.journal import Reached, journal_of, journals, the_only_body
from tokumei.transforms.ledger.segments import decoded_segment, encoded_segment, segment_before
from tokumei.transforms.storage.local import LocalStore


def inquiry(number):
    return event(InquiryReceived(by="local", about="制度の概要"), f"問{number}", release="r", corrects=None)


@pytest.fixture
def journal(tmp_path):
    return journal_of(LocalStore(), str(tmp_path), "見本市")


def test_what_is_appended_is_read(journal, tmp_path):
    assert journal.read() == ([], Reached())
    assert journals(LocalStore(), str(tmp_path)) == []
    one = journal.append([inquiry(1), inquiry(2)], Reached())
    two = journal.append([inquiry(3)], one)
    assert journal.read() == ([inquiry(1), inquiry(2), inquiry(3)], two)
    assert journal.read(one) == ([inquiry(3)], two)
    assert the_only_body(LocalStore(), str(tmp_path)) == "見本市"


def test_whoever_comes_late_appends_nothing(journal):
    one = journal.append([inquiry(1)], Reached())
    assert journal.append([inquiry(2)], Reached()) is None
    assert journal.read() == ([inquiry(1)], one)


def test_the_same_events_give_the_same_bytes():
    data = encoded_segment([inquiry(1), inquiry(2)], "0" * 64)
    assert data == encoded_segment([inquiry(1), inquiry(2)], "0" * 64)
    assert segment_before(data, "x") == "0" * 64
    assert decoded_segment(data, "x") == [inquiry(1), inquiry(2)]


@pytest.mark.parametrize("number", [1, 2])
def test_a_segment_that_is_gone_or_changed_is_told(journal, number, tmp_path):
    head = Reached()
    for n in (1, 2, 3):
        head = journal.append([inquiry(n)], head)
    path = next(tmp_path.rglob(f"*{number}-events.avro"))
    good = path.read_bytes()
    path.unlink()
    with pytest.raises(InputError, match="missing"):
        journal.read()
    path.write_bytes(encoded_segment([inquiry(9)], segment_before(good, "x")))
    with pytest.raises(InputError, match="does not follow"):
        journal.read()
    path.write_bytes(good[:-20])
    with pytest.raises(InputError, match="cut short"):
        journal.read()


def test_the_loss_of_the_end_is_told(journal, tmp_path):
    head = journal.append([inquiry(1)], Reached())
    head = journal.append([inquiry(2)], head)
    (note,) = tmp_path.rglob("reached.txt")
    assert note.read_text() == f"2 {head.digest}\n"
    note.write_text("1\n")  # as a killed writer leaves it
    assert len(journal.read()[0]) == 2
    journal.append([inquiry(3)], journal.read()[1])
    assert note.read_text().startswith("3 ")
    next(tmp_path.rglob("*3-events.avro")).unlink()
    with pytest.raises(InputError, match="once had it"):
        journal.read()
    note.write_text("x")
    with pytest.raises(InputError, match="how far"):
        journal.read()


def test_a_change_of_the_end_is_told(journal, tmp_path):
    head = journal.append([inquiry(1)], Reached())
    last = journal.append([inquiry(2)], head)
    path = next(tmp_path.rglob("*2-events.avro"))
    path.write_bytes(encoded_segment([inquiry(9)], head.digest))
    with pytest.raises(InputError, match="was changed"):
        journal.read()
    assert journal.read(last) == ([], last)  # nobody reads again what they have read
    (note,) = tmp_path.rglob("reached.txt")
    note.write_text("2\n")  # as notes were written once
    assert len(journal.read()[0]) == 2


def test_an_event_of_before_a_field_came_is_read(monkeypatch):
    one = event(case_payloads()[1], "案")
    said = one.model_dump(mode="json", exclude={"event_id"})
    del said["payload"]["officers"]
    row = {**said, "event_id": id_of(said), "kind": one.kind, "payload": json.dumps(said["payload"])}
    monkeypatch.setattr(segments, "_row", lambda _: row)
    (read,) = decoded_segment(encoded_segment([one], "0" * 64), "x")
    assert read.payload == one.payload and read.event_id == row["event_id"] != one.event_id
    row["payload"] = row["payload"].replace('"people"', '"officers": 3, "people"')
    with pytest.raises(InputError):
        decoded_segment(encoded_segment([one], "0" * 64), "x")


def test_whatever_is_broken_is_told_as_such():
    said = [event(payload, f"案{n}") for n, payload in enumerate(case_payloads())]
    data, draw = encoded_segment(said, "0" * 64), random.Random(1)
    assert segment_before(data, "x") == "0" * 64 and decoded_segment(data, "x") == said
    for _ in range(400):
        broken = bytearray(data)
        broken[draw.randrange(len(data))] = draw.randrange(256)
        with contextlib.suppress(InputError):
            decoded_segment(bytes(broken[: draw.choice([len(data), draw.randrange(len(data))])]), "x")


def test_corrections_take_the_place_of_what_they_correct():
    first, answer = inquiry(1), event(InquiryAnswered(), "問1")
    other = event(InquiryReceived(by="private", about="手数料"), "問1", corrects=first.event_id)
    body = fold_events([first, answer, other])
    assert body.inquiries["問1"].received.by == "private" and body.inquiries["問1"].state == "answered"
    gone = event(Annulled(because="二重"), "問1", corrects=answer.event_id)
    assert fold_events([first, answer, other, gone]).inquiries["問1"].state == "open"
    with pytest.raises(Refused, match="annulled already"):
        fold_events(
            [first, answer, other, gone, event(Annulled(because="また"), "問1", corrects=answer.event_id)]
        )
    with pytest.raises(Refused):  # an answer to nothing
        fold_events([first, answer, event(Annulled(because="誤"), "問1", corrects=first.event_id)])
