"""OpenLineage: what events a run sends, where to, and that nothing of it stops a run or waits for long."""

import contextlib
import io
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from unittest import mock

import pytest
import yaml
from support.helpers import KEEP_ALL, SUPPRESS, policy_of

from tokumei.pipelines.cli import main
from tokumei.pipelines.launcher import lineage
from tokumei.pipelines.launcher.account import Account
from tokumei.pipelines.launcher.aftermath import lineage_of
from tokumei.pipelines.launcher.lineage_events import _dataset, _without_credentials
from tokumei.pipelines.launcher.voice import Voice
from tokumei.schemas.errors import InputError

PARENT = "0197b2a4-6b1c-7d2e-8f30-112233445566"


@pytest.fixture(autouse=True)
def nowhere(monkeypatch, tmp_path):
    """No settings of this machine, and what the client adds to the environment is gone afterwards."""
    monkeypatch.chdir(tmp_path)
    with mock.patch.dict(os.environ, {"HOME": str(tmp_path)}):
        yield


@pytest.fixture
def served():
    """A real server: the events that it got, its URL, and how it answers."""
    events, answer = [], {"status": 200, "after": 0.0}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(answer["after"])
            with contextlib.suppress(OSError):
                self.send_response(answer["status"])
                self.end_headers()
            events.append((self.path, self.headers.get("Authorization"), json.loads(body)))

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True).start()
    yield events, f"http://127.0.0.1:{server.server_port}", answer
    server.shutdown()
    server.server_close()


def policy_file(folder, **more):
    columns = {
        "town": {"released_as": "地域", "treat": [SUPPRESS]},
        "sex": {**KEEP_ALL, "title": "性別"},
        "name": {"treat": [{"criterion": 1, "method": "delete"}]},
    }
    (folder / "in").mkdir()
    (folder / "in" / "a-1.csv").write_text("town,sex,name\n" + "東京,男,鬼頭\n" * 5)
    (folder / "in" / "a-2.csv").write_text("town,sex,name\n" + "大阪,女,珠子\n" * 4)
    (folder / "members.yaml").write_text(
        yaml.safe_dump(policy_of(columns, path="in/a-*.csv", **more), allow_unicode=True, sort_keys=False)
    )
    return str(folder / "members.yaml")


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def kinds(events):
    return [event["eventType"] for event in events]


def tags(event):
    return {tag["key"]: tag["value"] for tag in event["run"]["facets"]["tags"]["tags"]}


def test_a_run_tells_what_it_reads_and_publishes(tmp_path, monkeypatch):
    """By the client's own file of settings: once released, once released already, once refused."""
    (tmp_path / "ol.yml").write_text(
        f"transport: {{type: file, log_file_path: {tmp_path}/events, append: true}}"
    )
    monkeypatch.setenv("OPENLINEAGE_CONFIG", str(tmp_path / "ol.yml"))
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "市役所")
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", f"airflow/nightly/members/{PARENT}")
    job = ["anonymize", policy_file(tmp_path), "--output", str(tmp_path / "out"), "-q"]
    assert [main(job), main(job)] == [0, 0]
    (tmp_path / "in" / "a-2.csv").write_text("town,sex\n" + "大阪,女\n" * 4)
    assert main(job) == 3
    events = lines(tmp_path / "events")
    assert kinds(events) == ["START", "COMPLETE", "START", "COMPLETE", "START", "FAIL"]
    begun, done, *again, _, failed = events
    (folder,) = (tmp_path / "out" / "releases").iterdir()
    assert {e["job"]["namespace"] for e in events} == {"市役所"}
    assert {e["job"]["name"] for e in events} == {"anonymize.members"}
    parent = begun["run"]["facets"]["parent"]
    assert (parent["job"]["namespace"], parent["job"]["name"], parent["run"]["runId"]) == (
        "airflow", "nightly/members", PARENT,
    )  # fmt: skip
    assert tags(begun)["release"] == folder.name and begun["outputs"] == []

    assert {e["run"]["runId"] for e in (done, *again)} == {begun["run"]["runId"]}  # the same work
    assert failed["run"]["runId"] != begun["run"]["runId"]
    (read,) = done["inputs"]
    assert (read["namespace"], read["name"]) == ("file", str(tmp_path / "in"))
    counted = read["inputFacets"]["inputStatistics"]
    sizes = sum(
        len(f"town,sex,name\n{line}".encode()) for line in ("東京,男,鬼頭\n" * 5, "大阪,女,珠子\n" * 4)
    )
    assert (counted["rowCount"], counted["size"], counted["fileCount"]) == (9, sizes, 2)
    (written,) = done["outputs"]
    assert (written["namespace"], written["name"]) == ("file", str(folder / "data" / "t"))
    fields = written["facets"]["schema"]["fields"]
    assert [(f["name"], f["type"], f.get("description")) for f in fields] == [
        ("town", "string", "地域"), ("sex", "string", "性別"),
    ]  # fmt: skip
    parts = [*(folder / "data" / "t").iterdir()]
    told = written["outputFacets"]["outputStatistics"]
    assert (told["rowCount"], told["fileCount"]) == (9, len(parts))
    assert told["size"] == sum(part.stat().st_size for part in parts)
    assert [again[1][key] for key in ("inputs", "outputs", "run")] == [
        done[key] for key in ("inputs", "outputs", "run")
    ]

    error = failed["run"]["facets"]["errorMessage"]["message"]
    assert error.startswith("[input.columns] ") and failed["inputs"] == failed["outputs"] == []
    assert not any(
        name in json.dumps(events, ensure_ascii=False) for name in ("鬼頭", "珠子", '"name": "name"')
    )


def account(error=None):
    made = Account(job="anonymize", policy="gs://officer:secret@policies/members.yaml")
    made.end(error)
    return made


def failing(voice):
    error = InputError("input.missing", where="gs://a:secret@b/c.csv", what="no file matches", fix="")
    sender = lineage_of(account(error), os.environ, voice)
    began = time.monotonic()
    sender.end()
    return time.monotonic() - began


@pytest.fixture
def voice(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    return Voice()


def test_a_server_gets_them_by_its_url_alone(served, voice, monkeypatch):
    events, url, _ = served
    monkeypatch.setenv("OPENLINEAGE_URL", url)
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "key")
    failing(voice)
    assert [(path, key) for path, key, _ in events] == [("/api/v1/lineage", "Bearer key")] * 2
    start, fail = (event for *_, event in events)
    assert kinds([start, fail]) == ["START", "FAIL"] and start["run"]["runId"] == fail["run"]["runId"]
    assert fail["run"]["facets"]["errorMessage"]["message"] == "[input.missing] gs://b/c.csv: no file matches"
    assert start["job"]["namespace"] == "tokumei" and "parent" not in start["run"]["facets"]
    assert "secret" not in json.dumps([start, fail]) and voice.stream.getvalue() == ""


def test_who_is_stopped_aborts(served, voice, monkeypatch):
    events, url, _ = served
    monkeypatch.setenv("OPENLINEAGE_URL", url)
    lineage_of(account(KeyboardInterrupt()), os.environ, voice).end()
    assert kinds([event for *_, event in events]) == ["START", "ABORT"]


@pytest.mark.parametrize(
    ("status", "after", "told"), [(403, 0, "HTTPError 403"), (200, 1.5, "no answer in 0 s")]
)
def test_a_server_that_refuses_or_sleeps_is_a_warning_once_and_soon(
    served, voice, monkeypatch, status, after, told
):
    _, url, answer = served
    answer |= {"status": status, "after": after}
    monkeypatch.setenv("OPENLINEAGE_URL", url)
    if after:
        monkeypatch.setattr(lineage, "_PATIENCE", 0.3)
    assert failing(voice) < 1.4
    assert voice.stream.getvalue() == f"warning: OpenLineage: START could not be sent ({told})\n"


def test_a_release_is_made_where_no_event_can_be_sent(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT", json.dumps({"type": "file", "log_file_path": "no/folder/x"}))
    job = ["anonymize", policy_file(tmp_path), "--output", str(tmp_path / "out"), "-q"]
    assert main(job) == 0 and list(tmp_path.glob("out/releases/*/manifest.json"))
    assert capfd.readouterr().err == "warning: OpenLineage: START could not be sent (RuntimeError)\n"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"OPENLINEAGE_CONFIG": "none.yml"}, "(LookupError)"),
        ({"OPENLINEAGE__TRANSPORT__TYPE": "pigeons"}, "could not be sent ("),
        ({"OPENLINEAGE__TRANSPORT__TYPE": "console"}, '"eventType": "FAIL"'),
    ],
)
def test_what_is_configured_wrongly_is_told_and_a_console_gets_them(voice, monkeypatch, settings, told):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    failing(voice)
    said = voice.stream.getvalue().splitlines()
    assert told in said[-1] and len(said) == (2 if "console" in settings.values() else 1)


def test_a_client_that_is_not_installed_is_told(voice, monkeypatch):
    monkeypatch.setenv("OPENLINEAGE_URL", "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "openlineage.client.client", None)
    failing(voice)
    assert "its client is not installed: tokumei[lineage]" in voice.stream.getvalue()


def test_nobody_is_told_who_is_not_configured(voice, tmp_path):
    assert lineage_of(account(), {}, voice) is None
    assert lineage_of(account(), {"OPENLINEAGE_NAMESPACE": "x"}, voice) is None
    off = {"OPENLINEAGE_DISABLED": "True", "OPENLINEAGE_URL": "http://127.0.0.1:9"}
    assert lineage_of(account(), off, voice) is None
    (tmp_path / "openlineage.yml").write_text("transport: {type: noop}")
    assert lineage_of(account(), {}, voice) is not None


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("/in/a.csv", ("file", "/in/a.csv")),
        ("/in/x/../a-*.csv", ("file", "/in")),
        ("/*.csv", ("file", "/")),
        ("/in/day=*/a.csv", ("file", "/in")),
        ("gs://me:pw@bucket/in/a.csv", ("gs://bucket", "in/a.csv")),
        ("gs://bucket/a[12].csv", ("gs://bucket", "/")),
    ],
)
def test_where_a_dataset_is(uri, place):
    assert _dataset(uri) == place


def test_a_text_loses_what_stands_before_a_host():
    assert _without_credentials("see gs://u:p@b/x and gs://c/d@e") == "see gs://b/x and gs://c/d@e"
