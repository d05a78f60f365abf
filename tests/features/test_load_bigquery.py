"""`tokumei load` into BigQuery: jobs of one name each, a transaction, once, against a strict stand-in."""

import datetime as dt
import io
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import google.auth
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.bigquery import client as of_google
from support.helpers import KEEP_ALL, policy_of

from tokumei.pipelines.cli import main
from tokumei.schemas.errors import InputError
from tokumei.transforms.loading.bigquery import load_into_bigquery
from tokumei.transforms.loading.loadable import Loadable, LoadableTable

AT = "asia-northeast1"
COUNT = re.compile(r"SELECT COUNT\(\*\) FROM `p\.d\.(\w+)` WHERE tokumei_release IN \('([\w.-]+)'\)")
SCRIPT = re.compile(
    r"DECLARE deleted INT64;\nBEGIN TRANSACTION;\n"
    r"DELETE FROM `p\.d\.(?P<into>\w+)` WHERE tokumei_release IN \((?P<gone>('[\w.-]+'(, )?)+)\);\n"
    r"SET deleted = @@row_count;\n"
    r"INSERT INTO `p\.d\.(?P=into)` \((?P<columns>.+)\) SELECT (?P=columns) FROM `p\.d\.(?P<beside>\w+)`;\n"
    r"COMMIT TRANSACTION;\nSELECT deleted;"
)
DROPPED = {"drop": True, "because": "試験"}
SECRET = "a value that the service quotes"


class Service(ThreadingHTTPServer):
    """Knows the project p with the dataset d, and of jobs only what `load` may ask for."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.tables, self.rows, self.jobs, self.results = {}, {}, {}, {}
        self.lose, self.fail, self.sessions = set(), set(), {}

    def insert(self, job, data=None):
        reference, told = job["jobReference"], job["configuration"]
        name = reference["jobId"]
        assert (reference["projectId"], reference["location"]) == ("p", AT)
        assert re.fullmatch(r"[a-z0-9_-]{1,63}", told["labels"]["tokumei_release"])
        if name in self.jobs:
            return 409, error("duplicate")
        kind = next(
            (k for k in ("load", "put") if re.fullmatch(rf"tokumei-[0-9a-f]{{24}}-{k}-\d", name)), None
        )
        status = {"state": "DONE"}
        if kind in self.fail:
            self.fail.remove(kind)
            status["errorResult"] = {"reason": "invalid", "message": SECRET}
        elif kind == "load":
            self.load(told["load"], data)
        else:
            assert told["query"]["useLegacySql"] is False and data is None
            self.results[name] = self.query(told["query"]["query"], kind)
        self.jobs[name] = {**job, "id": name, "status": status}
        return (None if kind in self.lose and not self.lose.remove(kind) else 200), self.jobs[name]

    def load(self, told, data):
        name = told["destinationTable"]["tableId"]
        table = self.tables[name]
        assert int(table["expirationTime"]) > dt.datetime.now().timestamp() * 1000
        fields = told.pop("schema")["fields"]
        assert [(f["name"], f["type"]) for f in fields] == [
            (f["name"], f["type"]) for f in table["schema"]["fields"]
        ]
        assert told == {
            "destinationTable": {"projectId": "p", "datasetId": "d", "tableId": name},
            "sourceFormat": "PARQUET",
            "columnNameCharacterMap": "V2",
            "createDisposition": "CREATE_NEVER",
            "writeDisposition": "WRITE_TRUNCATE",
        }
        self.rows[name] = pq.read_table(io.BytesIO(data)).to_pylist()

    def query(self, text, kind):
        if kind is None:
            table, release = COUNT.fullmatch(text).groups()
            return sum(row["tokumei_release"] == release for row in self.rows[table])
        found = SCRIPT.fullmatch(text)
        names = [f"`{f['name']}`" for f in self.tables[found["into"]]["schema"]["fields"]]
        assert found["columns"] == ", ".join(names)
        gone = re.findall(r"[\w.-]+", found["gone"])
        kept = [row for row in self.rows[found["into"]] if row["tokumei_release"] not in gone]
        deleted = len(self.rows[found["into"]]) - len(kept)
        self.rows[found["into"]] = kept + self.rows[found["beside"]]
        return deleted


def error(reason):
    return {"error": {"errors": [{"reason": reason, "message": SECRET}], "message": SECRET}}


class Answer(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def handle_any(self):
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.headers_told = {}
        status, told = self.answer(url, {k: v for k, (v,) in parse_qs(url.query).items()}, body)
        if status is None:  # done, and its answer is lost
            self.close_connection = True
            return
        data = json.dumps(told).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": len(data),
            **self.headers_told,
        }.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = handle_any

    def answer(self, url, asked, body):
        service, method = self.server, self.command
        path = url.path.replace("/bigquery/v2/projects/p", "")
        if path == "/upload/jobs":
            if asked["uploadType"] == "multipart":
                boundary = (
                    re.search(r'boundary="?([^";]+)', self.headers["Content-Type"])[1].strip("'\"").encode()
                )
                _, head, data, _ = body.split(b"--" + boundary)
                return service.insert(
                    json.loads(head.split(b"\r\n\r\n", 1)[1]), data.split(b"\r\n\r\n", 1)[1][:-2]
                )
            if method == "POST":
                service.sessions["1"] = json.loads(body)
                self.headers_told["Location"] = (
                    f"http://127.0.0.1:{service.server_port}{url.path}?uploadType=resumable&upload_id=1"
                )
                return 200, {}
            return service.insert(service.sessions[asked["upload_id"]], body)
        if path == "/datasets/d" and method == "GET":
            return 200, {"datasetReference": {"projectId": "p", "datasetId": "d"}, "location": AT}
        if path == "/jobs" and method == "POST":
            return service.insert(json.loads(body))
        kind, _, name = path.lstrip("/").rpartition("/")
        if kind == "jobs" and method == "GET":
            assert asked["location"] == AT
            return (200, service.jobs[name]) if name in service.jobs else (404, error("notFound"))
        if kind == "queries" and method == "GET":
            assert asked["location"] == AT
            failed = service.jobs[name]["status"].get("errorResult")
            if failed:
                return 400, error(failed["reason"])
            field = {"name": "f0_", "type": "INTEGER"}
            return 200, {
                "jobReference": service.jobs[name]["jobReference"],
                "jobComplete": True,
                "totalRows": "1",
                "schema": {"fields": [field]},
                "rows": [{"f": [{"v": str(service.results[name])}]}],
            }
        return self.table(path, method, json.loads(body) if body else {})

    def table(self, path, method, told):
        service = self.server
        if path == "/datasets/d/tables" and method == "POST":
            name = told["tableReference"]["tableId"]
            if name in service.tables:
                return 409, error("duplicate")
            service.tables[name], service.rows[name] = told, []
            return 200, told
        name = re.fullmatch(r"/datasets/d/tables/(\w+)", path)
        if name is None or name[1] not in service.tables:
            return 404, error("notFound")
        if method == "PATCH":
            assert "If-Match" not in self.headers  # else two commands at once fail for nothing
            service.tables[name[1]].update(told)
        if method == "DELETE":
            del service.rows[name[1]]
            return 200, service.tables.pop(name[1])
        return 200, service.tables[name[1]]


@pytest.fixture
def service(monkeypatch):
    with Service() as made:
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", f"http://127.0.0.1:{made.server_port}")
        monkeypatch.setattr(google.auth, "default", lambda *_, **__: (AnonymousCredentials(), None))
        monkeypatch.setattr("time.sleep", lambda _: None)
        yield made
        made.shutdown()


SCHEMA = pa.schema([("氏名の字", pa.string()), ("n", pa.int64()), ("at", pa.timestamp("s"))])
TABLE = LoadableTable(name="t", records=2, schema=SCHEMA, parts=())
WHEN = dt.datetime(2024, 4, 1, 12, 34, 56)
ROWS = [{"氏名の字": "字", "n": 1, "at": WHEN}, {"氏名の字": None, "n": None, "at": None}]


def load(name="r1", table=TABLE, replaces=()):
    release = Loadable(release_id=name, base="", replaces=replaces, tables=(table,))
    batch = pa.RecordBatch.from_pylist(ROWS, SCHEMA)
    (done,) = load_into_bigquery(release, lambda _: iter([batch]), "p", "d")
    return done.table, done.records, done.deleted, done.new


def of(name):
    return [{**row, "tokumei_release": name} for row in ROWS]


def ours(service):
    """Which jobs ran that have names of `load`, by what they do and attempt."""
    return [name.split("-", 2)[2] for name in service.jobs if name.startswith("tokumei-")]


def test_a_release_is_loaded_once_and_replaces_what_it_replaces(service):
    assert load("r1") == ("d.t", 2, 0, True)
    assert service.rows == {"t": of("r1")}  # nothing is left beside
    kinds = [f["type"] for f in service.tables["t"]["schema"]["fields"]]
    assert kinds == ["STRING", "INTEGER", "DATETIME", "STRING"]
    assert load("r1") == ("d.t", 2, 0, False)
    assert ours(service) == ["load-1", "put-1"]
    assert load("r3", replaces=("r2", "r1")) == ("d.t", 2, 2, True)
    assert service.rows == {"t": of("r3")}
    service.rows["t"] = []  # somebody cleared the table: what is done is told by rows, not by jobs
    assert load("r3") == ("d.t", 2, 0, True)
    assert ours(service)[2:] == ["load-1", "put-1", "load-2", "put-2"] and service.rows["t"] == of("r3")


@pytest.mark.parametrize("multipart", [True, False])
@pytest.mark.parametrize("lost", ["load", "put"])
def test_a_job_whose_answer_is_lost_is_the_same_job(service, monkeypatch, lost, multipart):
    if not multipart:
        monkeypatch.setattr(of_google, "_MAX_MULTIPART_SIZE", 1)
    service.lose = {lost}
    assert load() == ("d.t", 2, 0, True)
    assert not service.lose
    assert service.rows == {"t": of("r1")} and ours(service) == ["load-1", "put-1"]


@pytest.mark.parametrize(
    ("fails", "jobs", "then"),
    [("load", ["load-1"], ["load-2", "put-1"]), ("put", ["load-1", "put-1"], ["load-2", "put-2"])],
)
def test_a_job_that_failed_is_told_without_its_words_and_tried_anew(service, fails, jobs, then):
    load("r0")
    service.jobs.clear()
    service.fail = {fails}
    with pytest.raises(InputError) as caught:
        load(replaces=("r0",))
    told = caught.value
    assert (told.code, told.status) == ("load.bigquery", 3)
    assert re.fullmatch(rf"job tokumei-[0-9a-f]{{24}}-{fails}-1", told.where)
    assert told.what.endswith(": BadRequest invalid") and SECRET not in str(told)
    assert ours(service) == jobs and service.rows["t"] == of("r0")
    assert load(replaces=("r0",)) == ("d.t", 2, 2, True)
    assert service.rows == {"t": of("r1")} and ours(service) == [*jobs, *then]


def test_what_the_service_refuses_is_told_without_its_words(service):
    release = Loadable(release_id="r1", base="", replaces=(), tables=(TABLE,))
    with pytest.raises(InputError) as caught:
        list(load_into_bigquery(release, lambda _: iter([]), "p", "other"))
    assert (caught.value.code, caught.value.where) == ("load.bigquery", "bigquery://p/other")
    assert caught.value.what.endswith(": NotFound notFound") and SECRET not in str(caught.value)


def test_rows_that_somebody_changed_are_told(service):
    load()
    service.rows["t"].pop()
    with pytest.raises(InputError) as caught:
        load()
    assert caught.value.code == "load.rows" and "1 of the 2 rows" in caught.value.what


def test_other_columns_are_refused(service):
    load()
    other = LoadableTable(name="t", records=2, schema=pa.schema([("n", pa.string())]), parts=())
    with pytest.raises(InputError) as caught:
        load("r2", other)
    assert caught.value.code == "load.columns"


@pytest.mark.parametrize(
    "names",
    [
        *([f"a{c}b"] for c in '!"$()*,./;?@[\\]^`{}~（\n'),
        ["字" * 301],
        ["_PARTITIONTIME"],
        ["N", "n"],
        ["Tokumei_release"],
    ],
)
def test_names_that_bigquery_does_not_take_are_refused_before_it_is_asked(service, names):
    schema = pa.schema([(name, pa.int64()) for name in names])
    with pytest.raises(InputError) as caught:
        load("r1", LoadableTable(name="t", records=2, schema=schema, parts=()))
    assert caught.value.code == "load.names"
    assert not service.tables and not service.jobs


def test_a_table_with_a_dot_in_its_name_is_refused(service):
    with pytest.raises(InputError) as caught:
        load("r1", LoadableTable(name="t.2024", records=2, schema=SCHEMA, parts=()))
    assert caught.value.code == "load.names" and "'t.2024'" in caught.value.what


def test_a_published_release_is_loaded_with_the_columns_of_its_folders(service, run, capsys):
    keep = {"n": {"type": "integer", **KEEP_ALL}, "性別": KEEP_ALL}
    policy = policy_of(keep | {"id": DROPPED}, person="id", k=3, output={"partition_by": ["性別"]})
    done = run(policy, {"data.csv": "id,性別,n\n" + "".join(f"p{i},{'男女'[i % 2]},{i}\n" for i in range(8))})
    assert done.status == 0, done.err
    capsys.readouterr()
    release = done.release
    load = ["load", str(release.parents[1]), "--release-id", release.name, "--into", "bigquery://p/d"]
    assert main(load) == 0 and capsys.readouterr().out == "d.t: 8 records loaded\n"
    found = {(row["性別"], row["n"], row["tokumei_release"]) for row in service.rows["t"]}
    assert found == {("男女"[i % 2], i, release.name) for i in range(8)}
    assert main(load) == 0 and capsys.readouterr().out == "d.t: 8 records are there already\n"


def test_a_place_that_is_none_is_refused(capsys):
    assert main(["load", "out", "--release-id", "r", "--into", "bigquery://p/d.e"]) == 2
    err = capsys.readouterr().err
    assert "[usage.into]" in err and "bigquery://PROJECT/DATASET" in err
