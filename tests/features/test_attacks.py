"""Attacks that once worked: leaks through documents and errors, races, and runs that die halfway."""

import errno
import hashlib
import json
import os
import signal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.helpers import policy_of

from tokumei.schemas.errors import TokumeiError
from tokumei.transforms.engine.guard import guarded, guarded_steps
from tokumei.transforms.release import publish
from tokumei.transforms.storage import local

PSEUDONYM = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "x"}]}
RENAME = "name_allowed: {because: …}"
KEEP = {"keep": True, "because": "試験"}
SUPPRESS = {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]}


def everything(done):
    files = [p.read_bytes().decode("utf-8", "replace") for p in done.root.rglob("*") if p.is_file()]
    return "\n".join([done.out, done.err, *files])


def picture(done, column, side):
    (found,) = [c for c in done.report["tables"][0]["columns"] if c["name"] == column]
    return {bar["label"]: bar["records"] for bar in (found[side] or {"bars": ()})["bars"]}


def test_a_first_record_taken_for_a_header_is_not_shown(run):
    columns = {"name": {"treat": [{"criterion": 1, "method": "delete"}]}, "code": KEEP, "g": SUPPRESS}
    for job in ("anonymize", "check"):
        done = run(policy_of(columns), {"data.csv": "山田太郎,MYNUM123,a\nx,y,b\n"}, job=job)
        assert done.status == 3 and "header: false" in done.err
        assert "山田" not in done.err and "MYNUM" not in done.err


def test_exceptions_of_libraries_lose_their_text():
    def fail(value):
        raise ValueError(f"cannot convert {value}")

    def drive(value):
        yield 1
        fail(value)

    for call in (lambda: guarded(fail)("CANARY"), lambda: list(guarded_steps(drive)("CANARY"))):
        with pytest.raises(TokumeiError) as caught:
            call()
        assert "ValueError" in caught.value.what and "test_attacks.py" in caught.value.where
        assert "CANARY" not in str(caught.value) and caught.value.__suppress_context__


def test_identifying_texts_are_pictured_nowhere_even_when_shared(run):
    homes = "".join(f"p{i},東京都千代田区丸の内{i // 4}-2,090-1234-{i // 4:04d}\n" for i in range(40))
    columns = {
        "id": PSEUDONYM,
        "address": {"treat": [{"criterion": 1, "method": "address", "level": "city"}]},
        "phone": {"treat": [{"criterion": 1, "method": "phone_area"}]},
    }
    done = run(policy_of(columns, k=3, person="id"), {"data.csv": "id,address,phone\n" + homes})
    assert done.status == 0
    assert "丸の内" not in everything(done) and "090-1234" not in everything(done)
    assert picture(done, "address", "after") == {"東京都千代田区": 40}


def test_before_and_after_do_not_describe_the_one_left_out(run):
    rows = "".join(f"{'男' if i % 2 else '女'},A\n" for i in range(40)) + "男,LONELY\n"
    columns = {
        "sex": {"treat": [{"criterion": 4, "method": "rare_categories", "action": "group"}]},
        "g": SUPPRESS,
    }
    done = run(policy_of(columns, k=5, limit=0.1), {"data.csv": "sex,g\n" + rows})
    assert done.status == 0 and len(done.rows()) == 40
    assert picture(done, "sex", "before") == picture(done, "sex", "after") == {"男": 20, "女": 20}
    assert "LONELY" not in everything(done)


def test_values_the_policy_calls_rare_are_not_pictured(run):
    rows = "COMMON\n" * 30 + "RAREFIVE\n" * 5 + "LISTED\n" * 30
    steps = [
        {"criterion": 4, "method": "rare_values", "values": ["LISTED"], "action": "cell"},
        {"criterion": 4, "method": "rare_categories", "people": 20, "action": "cell"},
    ]
    done = run(policy_of({"d": {"treat": steps}}), {"data.csv": "d\n" + rows})
    assert done.status == 0
    assert "RAREFIVE" not in everything(done) and "LISTED" not in everything(done)
    assert picture(done, "d", "before") == {"COMMON": 30, "その他（少数の区分の合計）": 35}


def test_one_persons_many_records_make_no_bar(run):
    rows = "".join(f"p{i},風邪\n" for i in range(30)) + "lonely,奇病\n" * 100
    columns = {
        "id": PSEUDONYM,
        "d": {"treat": [{"criterion": 4, "method": "rare_categories", "action": "cell"}]},
    }
    done = run(policy_of(columns, k=5, person="id", rows="several"), {"data.csv": "id,d\n" + rows})
    assert done.status == 0 and "奇病" not in everything(done)
    assert picture(done, "d", "before") == {}  # a bar for all others than the lonely one would show that one


def test_a_fence_counts_people(run):
    """One person's hundred records must not move the fence until everybody else is peculiar."""
    rows = "".join(f"p{i},{5 + i % 3}\n" for i in range(29)) + "heavy,1000\n" * 100
    fence = {"criterion": 4, "method": "fence", "side": "both", "action": "cell"}
    columns = {"id": PSEUDONYM, "n": {"type": "integer", "treat": [fence]}}
    done = run(policy_of(columns, k=5, person="id", rows="several"), {"data.csv": "id,n\n" + rows})
    assert done.status == 0, done.err
    shown = [r["n"] for r in done.rows()]
    # Beyond the fence is one person, and five are wanted: it is pulled in to the largest value they reach.
    assert shown.count(None) == 109 and set(shown) == {None, "5", "6"}


def test_a_run_that_dies_after_its_manifest_is_completed_by_the_next(run, monkeypatch):
    policy, files = policy_of({"a": KEEP}), {"data.csv": "a\n1\n2\n3\n"}
    with monkeypatch.context() as patch:
        patch.setattr(publish, "finish", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        died = run(policy, files)
    assert died.status == 1 and (died.release / "manifest.json").exists()
    assert not (died.release / "report.json").exists() and not (died.root / "register" / "book.json").exists()
    again = run(policy)
    assert again.status == 0 and "already released" in again.out
    assert (again.release / "report.html").exists()
    (entry,) = json.loads((again.root / "register" / "entries.json").read_text())
    assert entry["release_id"] == again.manifest["release_id"]


@pytest.mark.parametrize("done_before", [False, True])
def test_what_a_killed_run_left_is_gone_from_the_release(run, done_before):
    """Its parts were never verified and have other pseudonyms; a reader of the directory would mix them in."""
    policy, files = policy_of({"a": PSEUDONYM}), {"data.csv": "a\n1\n2\n3\n"}
    args = ["--release-id", "x"]
    if done_before:
        assert run(policy, files, args=args).status == 0
    stale = [
        f"out/releases/x/{name}"
        for name in (
            f"data/t/part-deadbeef0000-{7:024x}.parquet",
            "documents/deadbeef0000-00000001/report.json",
        )
    ]
    done = run(policy, {**dict.fromkeys(stale, b"left"), **({} if done_before else files)}, args=args)
    assert done.status == 0, done.err
    listed = {f["path"] for f in done.manifest["tables"]["t"]["files"]}
    assert {str(p.relative_to(done.release)) for p in done.release.rglob("part-*")} == listed
    (folder,) = {p.parent for p in (done.release / "documents").rglob("*") if p.is_file()}
    assert folder == done.release / done.manifest["documents_path"]


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_cleans_up(run, monkeypatch, sent):
    """Schedulers stop a run by SIGTERM; its unverified parts must not stay."""
    real, at_work = local.written_beside, []

    def stop(path, data):
        at_work.append(path)
        if "report.json" in path.name:
            os.kill(os.getpid(), sent)
        return real(path, data)

    monkeypatch.setattr(local, "written_beside", stop)
    done = run(policy_of({"a": KEEP}), {"data.csv": "a\n1\n2\n"})
    assert any(path.match("part-*") for path in at_work)
    assert (done.status, done.out) == (1, "") and "[run.stopped]" in done.err
    assert "interrupted: nothing is published, and this run can publish nothing any more\n" in done.err
    assert not [path for path in done.root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("same_work", [True, False])
def test_two_runs_at_once_publish_one_whole_release(run, monkeypatch, same_work):
    files = {"data.csv": "a\n1\n2\n3\n", "other.csv": "a\n4\n5\n"}
    mine, other = (
        policy_of({"a": KEEP}),
        policy_of({"a": KEEP}, path="data.csv" if same_work else "other.csv"),
    )
    real, nested = publish._manifest, []

    def be_overtaken(*args):
        if not nested:
            nested.append(True)
            nested.append(run(other, args=["--release-id", "x"]))
        return real(*args)

    monkeypatch.setattr(publish, "_manifest", be_overtaken)
    loser = run(mine, files, args=["--release-id", "x"])
    winner = nested[1]
    assert winner.status == 0 and loser.status == (0 if same_work else 5)
    for name, digest in winner.manifest["documents"].items():
        assert hashlib.sha256((winner.release / name).read_bytes()).hexdigest() == digest
    listed = {f["path"] for f in winner.manifest["tables"]["t"]["files"]}
    assert {str(p.relative_to(winner.release)) for p in winner.release.rglob("part-*")} == listed
    assert len(json.loads((winner.root / "register" / "entries.json").read_text())) == 1


def test_a_damaged_register_stops_the_run_before_it_publishes(run):
    policy, files = policy_of({"a": KEEP}), {"data.csv": "a\n1\n2\n"}
    (first := run(policy, files)).root.joinpath("register", "book.json").write_text("{broken")
    done = run(policy_of({"a": KEEP}, k=2, limit=0.5), files)
    assert first.status == 0 and done.status == 3 and "register.damaged" in done.err
    assert len(done.releases) == 1


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff"])
def test_a_damaged_manifest_is_named(run, content):
    policy, files = policy_of({"a": KEEP}), {"data.csv": "a\n1\n2\n"}
    (run(policy, files).release / "manifest.json").write_bytes(content)
    done = run(policy)
    assert done.status == 3 and "release.damaged" in done.err


def test_the_same_people_in_two_tables_are_counted_once(run):
    ids = "id\n" + "".join(f"p{i}\n" for i in range(600))
    office = {"name": "窓口", "address": "千代田区"}
    policy = policy_of({"id": PSEUDONYM}, person="id", path="a.csv")
    policy["tables"]["u"] = {
        "source": {"path": "b.csv", "format": "csv"},
        "person": "id",
        "rows_per_person": "one",
        "columns": {"id": {"treat": [{"criterion": 3, "method": "delete"}]}, "x": KEEP},
    }
    policy["regime"] = "public"
    policy["file"] |= {
        "scope": "住民",
        "collection": "届出",
        "request_office": office,
        "product_office": office,
        "product_period": {"start": "2026-04-01", "end": "2027-03-31"},
    }
    files = {"a.csv": ids, "b.csv": "id,x\n" + "".join(f"p{i},1\n" for i in range(600))}
    done = run(policy, files)
    assert done.status == 4 and "600 people" in done.err and not done.releases


def test_garbled_text_found_only_in_the_last_pass_leaves_nothing(run, tmp_path):
    good = pa.array(["ok"] * 40)
    garbled = pa.Array.from_buffers(
        pa.string(), 40, [None, good.buffers()[1], pa.py_buffer(b"\xff\xfe" * 40)]
    )
    pq.write_table(pa.table({"a": garbled, "b": good}), tmp_path / "data.parquet")
    done = run(policy_of({"a": KEEP, "b": SUPPRESS}, source={"path": "data.parquet", "format": "parquet"}))
    assert done.status == 3 and "input.rejects" in done.err and not done.releases


@pytest.mark.parametrize("output", ["out", "out[1]*"])
@pytest.mark.parametrize("at", ["part-", "report.html", "manifest.json"])
def test_a_full_disk_leaves_the_state_before(run, monkeypatch, at, output):
    real = local.written_beside

    def full(path, data):
        if at in path.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, data)

    monkeypatch.setattr(local, "written_beside", full)
    done = run(policy_of({"a": KEEP}), {"data.csv": "a\n1\n2\n"}, output=output)
    assert done.status == 3 and "No space left" in done.err and not done.releases
    monkeypatch.undo()
    assert run(policy_of({"a": KEEP}), output=output).status == 0


def test_a_table_that_would_be_released_with_too_few_people_stops_the_run(run):
    drop = {"criterion": 4, "method": "rare_values", "values": ["x"], "action": "record"}
    done = run(policy_of({"a": {"treat": [drop]}}), {"data.csv": "a\nx\nx\nx\ny\n"})
    assert done.status == 4 and "1 people, fewer than k=2" in done.err and not done.releases


@pytest.mark.parametrize(
    "name", ["個人番号", "住民票コード", "my_number", "健康保険被保険者証の番号", "パスポート№"]
)
@pytest.mark.parametrize("fate", [KEEP, PSEUDONYM, SUPPRESS])
def test_identification_codes_can_only_be_deleted(run, name, fate):
    done = run(policy_of({name: fate, "x": KEEP}), {"data.csv": f"{name},x\n1,2\n1,2\n"})
    assert done.status == 2 and "column.identification_code" in done.err
    assert RENAME in done.err
    deleted = run(policy_of({name: {"treat": [{"criterion": 2, "method": "delete"}]}, "x": KEEP}))
    assert deleted.status == 0 and deleted.rows() == [{"x": "2"}] * 2


NOBODYS = {"criterion": 4, "method": "rare_values", "values": ["該当なし"], "action": "cell"}
SHARED = {"criterion": 4, "method": "rare_categories", "people": 2, "action": "cell"}


@pytest.mark.parametrize("column", ["患者名", "customer_name", "TEL", "自宅住所", "mail"])
@pytest.mark.parametrize("treat", [(NOBODYS,), (SHARED,), (SHARED, NOBODYS)])
def test_a_name_is_not_kept_by_a_method_that_spares_it(run, column, treat):
    policy = policy_of({column: {"treat": [*treat]}, "x": KEEP})
    policy["requirements"]["k"] = 3
    kept = run(policy, {"data.csv": f"{column},x\nA,2\nA,2\n"})
    assert kept.status == 2 and "column.identifying" in kept.err and not kept.releases


@pytest.mark.parametrize("column", ["商品名", "file_name", "病院名", "会社名"])
def test_the_name_of_a_thing_is_kept(run, column):
    columns = {column: KEEP, f"{column}1": {"treat": [NOBODYS]}, f"{column}2": {"treat": [SHARED]}, "x": KEEP}
    assert run(policy_of(columns), {"data.csv": f"{','.join(columns)}\nA,A,A,2\nA,A,A,2\n"}).status == 0


@pytest.mark.parametrize("column", ["氏名", "本人フリガナ", "ﾌﾘｶﾞﾅ", "E-Mail", "c7"])
def test_a_name_or_contact_is_not_kept_whatever_the_reason(run, column):
    title = {"title": "電話番号"} if column == "c7" else {}
    kept = run(policy_of({column: {**KEEP, **title}, "x": KEEP}), {"data.csv": f"{column},x\nA,2\nB,2\n"})
    assert kept.status == 2 and "column.identifying" in kept.err and not kept.releases
    assert RENAME in kept.err
    assert run(policy_of({column: {**PSEUDONYM, **title}, "x": KEEP})).status == 0


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp"])
def test_utf8_declared_otherwise_is_not_released_garbled(run, encoding):
    source = {"encoding": encoding}
    done = run(policy_of({"a": KEEP}, source=source), {"data.csv": "a\n匿名加工情報\n東京都\n"})
    assert done.status == 3 and "the file is UTF-8" in done.err and not done.releases
    right = run(
        policy_of({"a": KEEP}, source=source), {"data.csv": "a\n匿名加工情報\nﾄｳｷｮｳ\n".encode(encoding)}
    )
    assert right.status == 0 and {r["a"] for r in right.rows()} == {"匿名加工情報", "ﾄｳｷｮｳ"}


YEAR_MONTH = {"type": "date", "treat": [{"criterion": 1, "method": "year_month"}]}


@pytest.mark.parametrize(
    "column",
    [
        {"type": "date", "title": "年代", **KEEP},
        {**YEAR_MONTH, "released_as": "会員の年代"},
        {"type": "date", "released_as": "年齢層", "treat": [{"criterion": 1, "method": "age"}]},
        {"type": "date", "released_as": "年代", "treat": [{"criterion": 5, "method": "noise", "scale": 3}]},
    ],
    ids=["kept", "month", "age", "noise"],
)
def test_dates_and_ages_are_not_called_bands(run, column):
    """Notice and register would tell the public less than is released."""
    policy = policy_of({"birth": column, "x": KEEP}, reference_date="2026-04-01")
    refused = run(policy, {"data.csv": "birth,x\n1985-04-02,1\n"})
    assert refused.status == 2 and "column.named_coarser" in refused.err
    kept = policy_of({"birth": {"type": "date", "released_as": "生年", **KEEP}, "x": KEEP})
    assert "column.released_as" in run(kept).err


def test_the_notice_names_what_is_left_of_an_item(run):
    year = [{"criterion": 1, "method": "year"}]
    column = {"title": "生年月日", "released_as": "うまれ年", "type": "date", "treat": year}
    done = run(policy_of({"birth": column}), {"data.csv": "birth\n1985-04-02\n1985-04-02\n"})
    notice = (done.release / "notice.md").read_text()
    assert "うまれ年" in notice and "生年月日" not in notice
    assert "1生年月日" in (done.root / "register" / "index.html").read_text()
