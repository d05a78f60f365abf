"""What every test may use: small policies, real data, and one way to read a release."""

import copy
import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from support.reading import STORE, read
from support.services.fault_proxy import Proxy

from tokumei.schemas.source import Source
from tokumei.transforms.formats.reader import read_header

DATA = Path(__file__).parents[1] / "data"
EXAMPLE = Path(__file__).parents[2] / "pipelines" / "example"  # policy.yaml and customer.csv of the demo
DOCUMENTS = {
    "report.json",
    "report.html",
    "public-report.json",
    "public-report.html",
    "notice.md",
    "notice.html",
}
PSEUDONYM = {"criterion": 3, "method": "pseudonym", "link": "person"}
QI = {"criterion": 5, "method": "generalize"}
KEEP_ALL = {"keep": True, "because": "試験"}
SUPPRESS = {**QI, "hierarchy": {"kind": "suppress"}}
FILE = {
    "name": "試験ファイル",
    "body": "試験株式会社",
    "department": "試験課",
    "purpose": "試験",
    "sensitive": False,
    "how_provided": "媒体の手渡し",
}


def policy_of(columns, *, path="data.csv", source=None, k=2, limit=0.0, person=None, rows="one", **more):
    """A policy over one table ``t`` as plain data, which shares nothing with any other: tests change it in place."""
    table = {
        "source": {"path": path, "format": "csv", **(source or {})},
        "rows_per_person": rows,
        "columns": columns,
    }
    if person:
        table["person"] = person
    policy = {
        "version": 1,
        "regime": "private",
        "file": FILE,
        "tables": {"t": table},
        "requirements": {"k": k, "because": "試験", "suppression_limit": limit},
        **more,
    }
    return copy.deepcopy(policy)


@dataclass
class Bucket:
    """A bucket on the emulator, seen past our own store, and the proxy before it."""

    name: str
    proxy: Proxy

    @property
    def uri(self):
        return f"gs://{self.name}"

    def _bucket(self):
        return storage.Client(
            project=None,
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": "http://{}:{}".format(*self.proxy.upstream)},
        ).bucket(self.name)

    def put(self, name, content):
        blob = self._bucket().blob(name)
        blob.upload_from_string(content if isinstance(content, bytes) else content.encode())
        return f"{self.uri}/{name}"

    def get(self, name):
        return self._bucket().blob(name).download_as_bytes()

    def generations(self, prefix=""):
        """The live objects: name to generation."""
        return {blob.name: blob.generation for blob in self._bucket().list_blobs(prefix=prefix)}

    def copy_to(self, folder, prefix="out/"):
        """Bring a release here, so that it is read as any other."""
        for name in self.generations(prefix):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.get(name))


@dataclass
class Outcome:
    """What a run of the command left behind."""

    status: int
    out: str
    err: str
    root: Path

    @property
    def releases(self):
        return sorted(self.root.glob("releases/*"))

    @property
    def release(self):
        (found,) = self.releases
        return found

    @property
    def manifest(self):
        return json.loads((self.release / "manifest.json").read_text())

    @property
    def report(self):
        return json.loads((self.release / "report.json").read_text())

    def rows(self, table="t"):
        """The released rows, as a list of dicts in no order that means anything."""
        files = [self.release / f["path"] for f in self.manifest["tables"][table]["files"]]
        return [row for file in files for row in _read(file).to_pylist()]


def _read(file):
    if file.suffix == ".parquet":
        return pq.read_table(file)
    if file.suffix == ".csv":
        return pa.csv.read_csv(file)
    if file.suffix == ".xlsx":
        source = Source(path=str(file), format="xlsx")
        names = read_header(source, STORE.glob(str(file))[0], STORE).names
        return pa.Table.from_pylist(read(file, "xlsx", dict.fromkeys(names, "string"))[0])
    import fastavro

    with file.open("rb") as stream:
        return pa.Table.from_pylist(list(fastavro.reader(stream)))
