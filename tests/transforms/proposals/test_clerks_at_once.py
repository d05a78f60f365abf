"""Fifty clerks over one ledger at once: nothing is lost, nothing is doubled, each is told what became of theirs."""

import os
import traceback
from collections import Counter

import pytest
from support.clerks import enter
from support.events import WHEN

from tokumei.transforms.ledger.fold import Refused, fold_events
from tokumei.transforms.ledger.journal import journal_of
from tokumei.transforms.proposals.commands import COMMANDS
from tokumei.transforms.proposals.execute import execute
from tokumei.transforms.proposals.occasion import Occasion
from tokumei.transforms.proposals.records import GivenRecord
from tokumei.transforms.storage.local import LocalStore

CLERKS = 50


def record(name, about):
    model = COMMANDS["inquire"]["receive"].model
    said = {"inquiry": name, "by": "local", "about": about}
    return GivenRecord(1, model.model_validate_strings(said, strict=False), f"{name} {about}")


def as_child(work):
    """Run in a fork; return its process id."""
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        status = work()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


@pytest.mark.parametrize("same", [False, True], ids=["each its own", "all the same number"])
def test_clerks_at_once(tmp_path, same):
    occasion = Occasion(body="見本省", kind="行政機関", as_of=WHEN, registered={})
    journal = journal_of(LocalStore(), str(tmp_path), "見本省")

    def work(clerk):
        row = record("問" if same else f"問{clerk}", f"{clerk}")
        try:
            return 0 if execute(journal, COMMANDS["inquire"]["receive"], [row], occasion).events else 1
        except Refused:
            return 4

    children = [as_child(lambda clerk=clerk: work(clerk)) for clerk in range(CLERKS)]
    ends = Counter(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children)
    events, head = journal.read()
    assert ends == ({0: 1, 4: CLERKS - 1} if same else {0: CLERKS})
    assert len(events) == head.number == (1 if same else CLERKS)
    assert set(fold_events(events).inquiries) == ({"問"} if same else {f"問{n}" for n in range(CLERKS)})


def test_a_register_of_two_bodies_keeps_their_ledgers_apart(tmp_path):
    store, register = LocalStore(), str(tmp_path / "register")
    for body in ("見本省", "見本県"):
        enter(store, register, "名簿", body=body)
        kind = "行政機関" if body == "見本省" else "都道府県"
        occasion = Occasion(body=body, kind=kind, as_of=WHEN, registered={})
        execute(
            journal_of(store, register, body), COMMANDS["inquire"]["receive"], [record("問", body)], occasion
        )
        assert fold_events(journal_of(store, register, body).read()[0]).kind == kind
