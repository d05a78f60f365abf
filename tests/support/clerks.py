"""A desk for tests: commands over a register's ledgers, run in this process with records as plain data."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import json
from unittest import mock

from support.helpers import policy_of

from tokumei.pipelines.cli import main
from tokumei.schemas import japan_time
from tokumei.schemas.japan_time import JST
from tokumei.schemas.policy import Policy
from tokumei.schemas.register import entry_of_file
from tokumei.transforms.register.books import enter_file
from tokumei.transforms.storage.local import LocalStore

BODY = "見本省"
OFFICE = {"name": "窓口", "address": "千代田区"}
WINDOW = {**OFFICE, "contact": "03-0000-0000"}
FILE = {
    "department": "市民課",
    "purpose": "試験",
    "scope": "住民",
    "collection": "届出",
    "request_office": OFFICE,
    "call_for_proposals": True,
    "proposal_office": OFFICE,
    "product_office": OFFICE,
    "product_period": {"start": "2026-04-01", "end": "2027-03-31"},
    "how_provided": "媒体の手渡し",
}  # its items, beside name and body
YES = {"holds": "true", "by": "課長 甲", "reason": "確認した"}
NO = {"holds": "false", "by": "課長 甲", "reason": "支障がある"}
SHA = hashlib.sha256(b"paper").hexdigest()
ITEMS = {
    "people": 2000,
    "wanted": {"住所": "都道府県のみ", "年齢": "10歳階級"},
    "purpose": "需要の予測",
    "use": "統計の作成",
    "business": "物流の改善",
    "period": {"start": "2026-04-01", "end": "2027-03-31"},
    "period_reason": "一年の季節変動をみるため",
    "measures": "暗号化して保管する",
    "how_provided": "媒体の手渡し",
}
COMPANY = {
    "is": "body",
    "name": "株式会社見本物流",
    "address": "大阪市北区",
    "representative": "見本 太郎",
    "corporate_number": "5835678256246",
}
PAPERS = {
    "誓約書": {"sha256": SHA},
    "事業が新たな産業の創出等に資することを明らかにする書類": {"sha256": SHA},
    "登記事項証明書": {"sha256": SHA, "issued_on": "2025-10-01"},
}


def call(name="R7-1", start="2025-11-01", end="2025-12-01", **more):
    period = {"start": start, "end": end}
    return {"call": name, "title": "令和7年度提案募集", "period": period, "window": WINDOW, **more}


def judged(file, people=5000, **more):
    return {"file": file, "people": people, "published": YES, "disclosable": YES, "unhindered": YES, **more}


def proposal(file, case="提案1", at="2025-11-20T10:00", **more):
    said = {"case": case, "call": "R7-1", "file": file, "at": at, "proposer": COMPANY}
    return copy.deepcopy({**said, "items": ITEMS, "papers": PAPERS, **more})


def enter(store, register, name, regime="public", body=BODY, **more):
    """Enter a file in a register book, and return its entry_id."""
    policy = policy_of({"a": {"keep": True, "because": "試験", "title": "区分"}})
    file = {**FILE, "name": name, "body": body, **more}
    policy = Policy.model_validate_json(json.dumps({**policy, "regime": regime, "file": file}))
    entry = entry_of_file(policy, "2025-04-01T00:00:00+09:00", small=False)
    return enter_file(store, register, entry).entry_id


class Desk:
    """Runs commands; each gives (status, what was printed, the error object or None)."""

    def __init__(self, folder, capsys):
        self.folder, self.capsys, self.runs = folder, capsys, 0
        self.output = str(folder / "out")
        self.clock = dt.datetime.now(JST)

    def enter(self, name="名簿", **more):
        """Enter a file in the register book, and return its entry_id."""
        return enter(LocalStore(), f"{self.output}/register", name, **more)

    def __call__(self, job, action, *records, as_of="2025-10-01", kind="行政機関", form="yaml", args=()):
        words = ["--json", job, action, self.output]
        if records:
            self.runs += 1
            path = self.folder / f"records{self.runs}.{form}"
            path.write_text(
                json.dumps(records, ensure_ascii=False)  # YAML too
                if form == "yaml"
                else "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records)
            )
            words += [str(path), "--body-kind", kind, "--as-of", as_of]
        if job == "propose" and action in {"receive", "ask"}:
            words += ["--papers", str(self.folder / "papers")]
        return self.run(*words, *args)

    def tick(self, as_of):
        return self.run("--json", "tick", self.output, "--as-of", as_of)

    @staticmethod
    def clock_of(as_of):
        """Return what the clock shows when a command is run that is as of a day, or a moment."""
        return dt.datetime.fromisoformat(as_of).replace(tzinfo=JST)

    def run(self, *words):
        """Run a command on the day that it is as of, or on the day of the command before."""
        if "--as-of" in words:
            self.clock = self.clock_of(words[words.index("--as-of") + 1])
        self.capsys.readouterr()
        with mock.patch.multiple(
            japan_time, today=self.clock.date, now=lambda: self.clock.isoformat(timespec="seconds")
        ):
            status = main(list(words))
        out, err = self.capsys.readouterr()
        return status, out, json.loads(err) if status else None
