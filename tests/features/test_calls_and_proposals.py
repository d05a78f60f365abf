"""`tokumei call`, `propose`, `complain`, `inquire`, `ledger` and `tick`, by their commands."""

import datetime as dt
import hashlib
import json

import pytest
from support.clerks import COMPANY, ITEMS, NO, PAPERS, Desk, call, enter, judged, proposal

from tokumei.schemas.japan_time import JST
from tokumei.schemas.register import body_folder
from tokumei.schemas.transitions import lines
from tokumei.transforms.storage.local import LocalStore


@pytest.fixture
def desk(tmp_path, capsys):
    return Desk(tmp_path, capsys)


@pytest.fixture
def called(desk):
    """A desk whose call R7-1 is announced over one file."""
    desk.file = desk.enter()
    assert desk("call", "files", judged(desk.file))[0] == 0
    assert desk("call", "announce", call())[0] == 0
    return desk


def events(desk):
    return [json.loads(line) for line in desk("ledger", "show")[1].splitlines()]


def kinds(desk):
    return [event["payload"]["kind"] for event in events(desk)]


def test_a_case_from_the_file_to_a_complete_proposal(called):
    assert called("propose", "receive", proposal(called.file), as_of="2025-11-21")[0] == 0
    assert kinds(called) == ["file_judged", "call_announced", "call_opened", "proposal_received"]
    assert "提案1  received" in called("propose", "list")[1]
    assert "窓口: 窓口, 千代田区, 03-0000-0000" in called("call", "list")[1]
    assert called("ledger", "check")[1].startswith("見本省: 4 events in 3 segments, 1 calls, 1 cases")
    received = events(called)[-1]
    assert received["basis"] == "法第112条" and received["regime"] == "public"
    assert received["at"] == "2025-11-20T10:00:00+09:00"
    told = json.dumps(events(called), ensure_ascii=False)
    assert "見本物流" not in told and "見本 太郎" not in told and COMPANY["corporate_number"] not in told


@pytest.mark.parametrize(("end", "status"), [("2025-11-30", 4), ("2025-12-01", 0)])
def test_a_call_is_thirty_days_or_more_from_its_first_day(desk, end, status):
    desk("call", "files", judged(desk.enter()))
    found, _, error = desk("call", "announce", call(end=end))
    assert found == status
    if error:
        assert "2025-12-01 at the earliest" in error["what"] and "法第111条" in error["what"]
        assert kinds(desk) == ["file_judged"]


@pytest.mark.parametrize(("as_of", "status"), [("2025-10-31", 0), ("2025-11-01", 4), ("2025-11-02", 4)])
def test_a_call_is_announced_before_its_first_day(desk, as_of, status):
    desk("call", "files", judged(desk.enter()))
    assert desk("call", "announce", call(), as_of=as_of)[0] == status


def test_only_eligible_files_are_called_for(desk):
    file = desk.enter()
    assert desk("call", "files", judged(file, unhindered=NO))[0] == 0
    status, _, error = desk("call", "announce", call(files=file))
    assert status == 4 and "not eligible" in error["what"] and "法第60条" in error["what"]
    assert desk("call", "files", judged("0" * 16))[0] == 4  # not in the register
    assert desk("call", "files", judged(file, people=999))[0] == 4  # too small for it


def test_a_file_is_called_for_once_its_entry_says_so(desk):
    file = desk.enter(call_for_proposals=False)
    assert desk("call", "files", judged(file))[0] == 0
    status, _, error = desk("call", "announce", call())
    assert status == 4 and "items 13 and 14" in error["what"] and "法第110条" in error["what"]
    assert file in error["what"]
    assert desk.enter() == file and desk("call", "announce", call())[0] == 0


def test_all_records_or_none(desk):
    file = desk.enter()
    desk("call", "files", judged(file))
    status, _, error = desk("call", "announce", call("a"), call("b", end="2025-11-02"), call("a", title="別"))
    assert status == 4 and error["where"].startswith("2 of 3 records")
    assert (
        "record 2" in error["what"] and "record 3" in error["what"] and "announced already" in error["what"]
    )
    assert kinds(desk) == ["file_judged"]
    status, _, error = desk("call", "announce", call("a"), {"call": "b", "titel": "x"})
    assert status == 3 and "record 2" in error["what"] and kinds(desk) == ["file_judged"]


def test_a_record_that_was_taken_in_before_changes_nothing(called):
    assert called("call", "announce", call(), as_of="2025-10-15") == (
        0,
        "taken in before, nothing to do: record 1\n",
        None,
    )
    assert kinds(called) == ["file_judged", "call_announced"]


@pytest.mark.parametrize(
    ("at", "kind"),
    [
        ("2025-12-01T23:59", "proposal_received"),
        ("2025-12-02T00:00", "proposal_late"),
        ("2025-12-01T14:59:59Z", "proposal_received"),
        ("2025-12-01T15:00:00Z", "proposal_late"),  # midnight in Japan
        ("2025-12-02T01:00+10:00", "proposal_late"),
        ("2025-12-02T00:59+10:00", "proposal_received"),
    ],
)
def test_late_is_after_midnight_of_the_last_day(called, at, kind):
    assert called("propose", "receive", proposal(called.file, at=at), as_of="2025-12-05")[0] == 0
    assert kinds(called)[2:] == ["call_opened", "call_closed", kind]
    assert f"file {called.file}" in called("propose", "list")[1]
    assert events(called)[-1]["at"].endswith("+09:00")


def test_a_day_that_has_not_begun_is_refused(called, monkeypatch):
    called("propose", "receive", proposal(called.file), as_of="2025-11-21")
    (event,) = [e["event_id"] for e in events(called) if e["payload"]["kind"] == "proposal_received"]
    path = called.folder / "annul.yaml"
    path.write_text(json.dumps([{"event": event, "because": "誤り"}]))
    monkeypatch.setattr(called, "clock_of", lambda _: dt.datetime(2025, 11, 21, 12, tzinfo=JST))
    for words in (("ledger", "annul", called.output, str(path)), ("tick", called.output)):
        status, _, error = called.run("--json", *words, "--as-of", "2062-12-02")
        assert (status, error["code"]) == (4, "ledger.not_yet") and "2025-11-21" in error["what"]
        assert called.run("--json", *words, "--as-of", "2025-11-22")[0] == 4
    assert called.run("--json", "tick", called.output, "--as-of", "2025-11-21")[0] == 0
    assert "R7-1" in called("call", "list")[1] and "(open)" in called("call", "list")[1]


def test_what_is_missing_is_asked_for_and_never_refused(called):
    items = {**ITEMS}
    del items["measures"]
    papers = {**PAPERS, "登記事項証明書": {**PAPERS["登記事項証明書"], "issued_on": "2025-05-19"}}
    said = proposal(called.file, items=items, papers=papers, proposer={**COMPANY, "representative": None})
    assert called("propose", "receive", said, as_of="2025-11-21")[0] == 0
    *_, received, asked = events(called)
    text = (called.folder / "papers" / "提案1-correction.txt").read_text()
    assert "補正" in text.replace(" ", "").replace("　", "") and "令和7年12月5日まで" in text
    assert (
        "令和7年11月20日に受け付けた" in text
        and "（2）漏えいの防止その他管理のための措置（法第112条第2項第7号）" in text
        and "見本物流" not in text
    )
    assert asked["papers"] == [
        {"name": "補正の依頼", "sha256": hashlib.sha256(text.encode()).hexdigest(), "issued_on": None}
    ]
    assert asked["payload"]["kind"] == "correction_asked" and asked["payload"]["until"] == "2025-12-05"
    assert (
        received["payload"]["missing"]
        == asked["payload"]["missing"]
        == [
            "1号 代表者の氏名",
            "7号 漏えいの防止その他管理のための措置",
            "登記事項証明書又は印鑑登録証明書（提案の日前6月以内に作成されたもの）",
        ]
    )
    done = called(
        "propose",
        "complete",
        {"case": "提案1", "items": {"measures": "鍵をかける"}, "proposer": COMPANY, "papers": PAPERS},
        as_of="2025-11-25",
    )
    assert done[0] == 0
    assert events(called)[-1]["payload"]["missing"] == []
    assert "提案1  received" in called("propose", "list")[1]
    assert (
        called("propose", "complete", {"case": "提案1", "items": {"use": "別"}}, as_of="2025-11-26")[0] == 4
    )


@pytest.mark.parametrize(
    ("issued", "missing"), [("2025-05-20", 0), ("2025-05-19", 1), ("2025-11-20", 0), ("2025-11-21", 1)]
)
def test_a_paper_of_registration_is_six_months_old_at_most(called, issued, missing):
    papers = {**PAPERS, "登記事項証明書": {**PAPERS["登記事項証明書"], "issued_on": issued}}
    called("propose", "receive", proposal(called.file, papers=papers), as_of="2025-11-21")
    found = next(e for e in events(called) if e["payload"]["kind"] == "proposal_received")
    assert len(found["payload"]["missing"]) == missing


def test_what_comes_after_the_day_named_is_taken_by_decision(called):
    said = proposal(called.file, items={**ITEMS, "measures": None}, correct_until="2025-12-05")
    assert called("propose", "receive", said, as_of="2025-11-21")[0] == 0
    mended = {"case": "提案1", "items": {"measures": "鍵をかける"}, "at": "2025-12-06T00:00"}
    status, _, error = called("propose", "complete", mended, as_of="2025-12-06")
    assert status == 4 and "was 2025-12-05" in error["what"] and "法第112条" in error["what"]
    late = {**mended, "late": {"by": "課長 甲", "because": "郵便の遅れ"}}
    assert called("propose", "complete", late, as_of="2025-12-06")[0] == 0
    assert events(called)[-1]["payload"]["late"]["by"] == "課長 甲"


def test_a_proposer_is_asked_in_writing(called):
    assert called("propose", "receive", proposal(called.file), as_of="2025-11-21")[0] == 0
    assert not (called.folder / "papers").exists()
    said = {"case": "提案1", "missing": "粒度を示すこと;期間", "until": "2025-12-10"}
    status, out, _ = called("propose", "ask", said, as_of="2025-11-22")
    assert status == 0 and "papers of case 提案1" in out
    text = (called.folder / "papers" / "提案1-correction.txt").read_text()
    assert "粒度を示すこと" in text and "名簿" in text and "令和7年12月10日まで" in text
    assert called("ledger", "check")[0] == 0


def test_days_that_are_over_are_refused(called):
    for more in ({"destroy_on": "2025-11-19"}, {"items": {}, "correct_until": "2025-11-20"}):
        status, _, error = called("propose", "receive", proposal(called.file, **more), as_of="2025-11-21")
        assert status == 4 and "before" in error["what"], more
    assert kinds(called)[2:] == []


def test_a_file_that_is_not_called_for_is_missing(called):
    called("propose", "receive", proposal("0" * 16), as_of="2025-11-21")
    received = events(called)[-2]
    assert received["file"] is None
    assert received["payload"]["missing"] == ["2号 個人情報ファイルの名称（募集の対象であるもの）"]
    said = {"case": "提案1", "file": called.file}
    assert called("propose", "complete", said, as_of="2025-11-22")[0] == 0
    assert events(called)[-1]["file"] == called.file and events(called)[-1]["payload"]["missing"] == []


def test_what_never_was_is_refused_with_article_and_reason(called):
    for action, said in (
        ("receive", proposal(called.file, call="R6")),
        ("receive", proposal(called.file, at="2025-10-30T09:00")),
        ("withdraw", {"case": "無い", "because": "都合"}),
        ("ask", {"case": "無い", "missing": "押印", "until": "2025-12-10"}),
        ("complete", {"case": "無い"}),
    ):
        status, _, error = called("propose", action, said, as_of="2025-11-21")
        assert status == 4 and "法第112条" in error["what"], action


def test_the_past_is_closed(called):
    status, _, error = called("propose", "receive", proposal(called.file), as_of="2025-09-30")
    assert status == 4 and error["code"] == "ledger.as_of"
    status, _, error = called("propose", "receive", proposal(called.file), as_of="2025-11-19")
    assert status == 4 and error["code"] == "ledger.future"


def test_complaints_and_inquiries(desk):
    desk.enter()
    by = [
        {"inquiry": f"問{n}", "by": who, "about": "制度"}
        for n, who in enumerate(("agency", "local", "private"))
    ]
    assert desk("inquire", "receive", *by)[0] == 0
    assert desk("inquire", "answer", {"inquiry": "問0"})[0] == 0
    assert desk("complain", "receive", {"complaint": "苦1", "about": "掲示が遅い"})[0] == 0
    assert desk("complain", "answer", {"complaint": "苦1", "outcome": "掲示した"})[0] == 0
    assert desk("complain", "answer", {"complaint": "苦1", "outcome": "再び"})[0] == 4
    out = desk.tick("2025-10-11")[1]
    assert "inquiry 問1: not answered for 10 days" in out and "苦1" not in out


def test_a_wrong_event_is_corrected_by_a_new_one(called):
    called("propose", "receive", proposal(called.file), as_of="2025-11-21")
    wrong = events(called)[-1]["event_id"]
    right = {"event": wrong, "payload": {"proposal": {**ITEMS, "people": 3000, "wanted": []}}}
    status, _, error = called("ledger", "correct", right, as_of="2025-11-22")
    assert status == 4 and "4号" in error["what"]  # what is then missing, it does not say
    right["payload"]["proposal"]["wanted"] = [{"item": "住所", "granularity": "都道府県"}]
    assert called("ledger", "correct", right, as_of="2025-11-22")[0] == 0
    assert events(called)[-1]["corrects"] == wrong and events(called)[-2]["event_id"] == wrong
    assert events(called)[-1]["payload"]["proposal"]["people"] == 3000
    annulled = {"event": wrong, "because": "別の案件"}
    assert called("ledger", "annul", annulled, as_of="2025-11-23")[0] == 0
    assert "提案1" not in called("propose", "list")[1]
    first = events(called)[0]["event_id"]  # the call stands on it
    called("ledger", "annul", {"event": first, "because": "誤り"}, as_of="2025-11-23")
    assert called("ledger", "check")[0] == 0 and called("call", "list")[0] == 0


def test_time_is_brought_anew_when_a_day_is_corrected(called):
    called.tick("2025-12-02")
    (announced,) = [e for e in events(called) if e["payload"]["kind"] == "call_announced"]
    longer = {
        "event": announced["event_id"],
        "payload": {"period": {"start": "2025-11-01", "end": "2025-12-20"}},
    }
    assert called("ledger", "correct", longer, as_of="2025-12-03")[0] == 0
    assert kinds(called)[2:] == ["call_opened", "call_closed", "call_announced", "annulled"]
    assert "(open)" in called("call", "list")[1]
    said = proposal(called.file, at="2025-12-20T12:00")
    assert called("propose", "receive", said, as_of="2025-12-21")[0] == 0
    assert kinds(called)[-2:] == ["call_closed", "proposal_received"]
    assert events(called)[-2]["at"] == "2025-12-21T00:00:00+09:00"


def test_what_was_annulled_can_be_recorded_again(called):
    said = proposal(called.file)
    called("propose", "receive", said, as_of="2025-11-21")
    annulled = {"event": events(called)[-1]["event_id"], "because": "二重"}
    called("ledger", "annul", annulled, as_of="2025-11-21")
    assert "提案1" not in called("propose", "list")[1]
    assert "nothing to do" in called("ledger", "annul", annulled, as_of="2025-11-21")[1]
    assert "proposal_received" in called("propose", "receive", said, as_of="2025-11-21")[1]
    assert "提案1  received" in called("propose", "list")[1]


def test_whose_act_an_event_is_stands_in_the_table(called):
    called("propose", "receive", proposal(called.file, items={}), as_of="2025-12-05")
    who = {line["event"]: line["who"] for line in lines()}
    assert all(event["actor"] == who[event["payload"]["kind"]] for event in events(called))


def test_tick_goes_on_when_one_ledger_is_damaged(called, tmp_path):
    enter(LocalStore(), f"{called.output}/register", "台帳", body="見本庁")
    inquiry = {"inquiry": "問", "by": "local", "about": "制度"}
    assert called("inquire", "receive", inquiry, args=("--body", "見本庁"))[0] == 0
    for body, other in (("見本省", "見本庁"), ("見本庁", "見本省")):
        path = next((tmp_path / "out/register" / body_folder(body) / "ledger").glob("*1-events.avro"))
        good = path.read_bytes()
        path.write_bytes(good[:-9] + b"damaged!!")
        status, out, error = called.tick("2025-10-03")
        assert status == 3 and error["code"] == "ledger.damaged" and f"{other}:" in out
        path.write_bytes(good)
    assert called.tick("2025-10-03")[0] == 0


def test_tick_twice_is_once_and_erases_small_files(called):
    assert called.tick("2025-11-01")[1].count("call_opened") == 1
    assert "nothing to record" in called.tick("2025-11-01")[1]
    small = called("call", "files", judged(called.file, people=900, published=NO), as_of="2025-11-02")
    assert small[0] == 0 and "file_erased" in small[1]
    assert f"erased from the register: entry {called.file}" in called.tick("2025-11-03")[1]
    assert "erased" not in called.tick("2025-11-04")[1]
    assert "erased" in called.run("register", "show", called.output, "--history")[1]


def test_who_proposes_is_destroyed_on_its_day(called, tmp_path):
    said = proposal(called.file, destroy_on="2026-03-31")
    called("propose", "receive", said, as_of="2025-11-21")
    apart = lambda: list(tmp_path.rglob("proposers/*.json"))  # noqa: E731
    assert "見本物流" in apart()[0].read_text()
    assert "destroyed" not in called.tick("2026-04-01")[1] and apart()  # the case goes on
    out = called("propose", "withdraw", {"case": "提案1", "because": "都合"}, as_of="2026-04-02")[1]
    assert "destroyed: " in out and apart() == []
    assert "destroyed: " not in called.tick("2026-04-02")[1]
    assert kinds(called)[-2:] == ["proposal_withdrawn", "proposer_destroyed"]


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"items": {**ITEMS, "purpose": "株式会社 見本物流の事業"}}, "proposal.purpose"),
        ({"items": {**ITEMS, "measures": "代表者見本太郎が保管する"}}, "proposal.measures"),
        ({"items": {**ITEMS, "business": "ﾔｸｲﾝ一朗の研究"}}, "proposal.business"),
        ({"papers": {**PAPERS, "見本太郎の免許証": PAPERS["誓約書"]}}, "papers"),
        ({"case": "見本太郎1"}, "the id"),
    ],
)
def test_no_event_names_who_proposes(called, more, place):
    who = {**COMPANY, "officers": "役員 一朗\nヤクイン一朗", "agent": "なし"}
    said = proposal(called.file, **{"proposer": who, **more})
    status, out, error = called("propose", "receive", said, as_of="2025-11-21")
    assert (status, error["code"]) == (4, "ledger.refused") and f"{place}: a text names" in error["what"]
    assert "太郎" not in out + json.dumps(error, ensure_ascii=False)
    assert called("propose", "receive", proposal(called.file, proposer=who), as_of="2025-11-21")[0] == 0
    said = {"case": "提案1", "because": "見本　太郎の申出による"}
    status, out, error = called("propose", "withdraw", said, as_of="2025-11-22")
    assert status == 4 and "because: a text names" in error["what"] and "法第66条" in error["what"]
    assert (
        called("propose", "withdraw", {**said, "because": "代表者の申出による"}, as_of="2025-11-22")[0] == 0
    )


def test_whom_a_correction_replaced_is_destroyed_with_it_and_the_rest_at_once(called, tmp_path):
    called(
        "propose", "receive", proposal(called.file, destroy_on="2026-03-31", papers={}), as_of="2025-11-21"
    )
    apart = lambda: [path.read_text() for path in tmp_path.rglob("proposers/*.json")]  # noqa: E731
    other = {**COMPANY, "name": "株式会社別名", "address": "京都市"}
    status, out, _ = called(
        "propose", "complete", {"case": "提案1", "proposer": other, "papers": PAPERS}, as_of="2025-11-22"
    )
    assert status == 0 and "destroyed: " in out
    (kept,) = apart()
    assert "別名" in kept and "見本物流" not in kept
    out = called("propose", "withdraw", {"case": "提案1", "because": "都合"}, as_of="2026-04-02")[1]
    assert "proposer_destroyed" in out and "destroyed: " in out and apart() == []


def test_only_its_owner_may_look_at_who_proposes_and_at_the_ledger(called, tmp_path):
    called("propose", "receive", proposal(called.file), as_of="2025-11-21")
    called("complain", "receive", {"complaint": "苦1", "about": "x"}, as_of="2025-11-21")
    for name in ("proposers", "ledger"):
        (folder,) = tmp_path.rglob(name)
        files = [path for path in folder.iterdir() if not path.name.endswith(".lock")]
        assert folder.stat().st_mode & 0o777 == 0o700 and len(files) >= 2
        assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert next(tmp_path.rglob("book.json")).stat().st_mode & 0o044  # is for everybody


def test_a_state_organ_is_told_of_the_yearly_call(called):
    assert "no call for proposals has begun in fiscal year" not in called.tick("2026-03-31")[1]
    assert "no call for proposals has begun in fiscal year 2026" in called.tick("2026-04-01")[1]
