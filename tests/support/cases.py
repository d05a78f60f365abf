"""A desk with a file of 1,200 people, from the call to the provision, by commands in this process."""

from __future__ import annotations

import json

from support.clerks import BODY, FILE, ITEMS, PAPERS, Desk, call, judged, proposal
from support.helpers import KEEP_ALL, PSEUDONYM, QI, policy_of

CLEAN = {"minor": False, "incapable": False, "bankrupt": False}
MET = {"passes": True, "by": "審査 花子", "because": "事業計画書で確認した。"}
NOTICE = {"fee": {"hours": "10.2"}, "pay_how": "収入印紙", "pay_until": "2026-02-28"}
WANTED = {"年齢": 1, "都道府県": 0}
PEOPLE = [(i, 20 + i % 60, ("東京都", "神奈川県", "大阪府")[i % 3], "AB"[i % 2]) for i in range(1200)]
DATA = "番号,氏名,年齢,都道府県,区分\n" + "".join(f"K{i:05},名{i},{a},{p},{c}\n" for i, a, p, c in PEOPLE)
COLUMNS = {
    "番号": {"treat": [PSEUDONYM]},
    "氏名": {"treat": [{"criterion": 1, "method": "delete"}]},
    "年齢": {"type": "integer", "treat": [{**QI, "hierarchy": {"kind": "intervals", "widths": [5, 10]}}]},
    "都道府県": {"treat": [{**QI, "hierarchy": {"kind": "suppress"}}]},
    "区分": KEEP_ALL,
}
LISTED = {**FILE, "name": "名簿", "body": BODY, "department": "統計課", "scope": "利用者", "sensitive": False}


class Cases(Desk):
    """A desk with a file of 1,200 people, a policy, and a call that is announced over it."""

    def __init__(self, folder, capsys, *, regime="public", start="2025-11-01", end="2025-12-01", **file):
        super().__init__(folder, capsys)
        self.day, self.announced = start, f"{int(start[:4]) - (start[5:7] < '04')}-10-01"
        self.clock = self.clock_of(self.announced)
        (folder / "data.csv").write_text(DATA)
        more = {"regime": regime, "file": {**LISTED, **file}}
        self.policy = policy_of(COLUMNS, k=10, person="番号", **more)
        self.policy_file = folder / "policy.yaml"
        self.policy_file.write_text(json.dumps(self.policy, ensure_ascii=False))
        done = self.run(
            "register", "enter", str(self.policy_file), "--output", self.output, "--people", "1200"
        )
        self.file = done[1].split("entry ")[1][:16]
        self.ok("call", "files", judged(self.file, people=1200), as_of=self.announced)
        self.ok("call", "announce", call(start=start, end=end), as_of=self.announced)

    def ok(self, job, action, *records, **options):
        status, out, error = self(job, action, *records, **options)
        assert status == 0, error
        return out

    def on_cases(self, *words, said, as_of, papers=True):
        """Run a command that is about cases that are there."""
        self.runs += 1
        path = self.folder / f"records{self.runs}.yaml"
        path.write_text(json.dumps(said if isinstance(said, list) else [said], ensure_ascii=False))
        more = ("--papers", str(self.folder / "papers")) if papers else ()
        return self.run("--json", *words, self.output, str(path), "--as-of", as_of, *more)

    def propose(self, case="案1", at=None, items=(), under="112", **more):
        at = at or self.day
        papers = {**PAPERS, "登記事項証明書": {**PAPERS["登記事項証明書"], "issued_on": at}}
        said = {"case": case, "at": f"{at}T10:00", "under": under, "papers": papers, **more}
        if under == "118":
            said["call"] = None
        items = {**ITEMS, "people": 1200, "wanted": dict.fromkeys(WANTED, "方針のとおり"), **dict(items)}
        file = self.file if under == "112" else None
        return self.ok("propose", "receive", proposal(file, items=items, **said), as_of=at)

    def screen(self, case="案1", as_of="2026-01-15", wanted=WANTED, **more):
        said = {"case": case, "proposer": CLEAN, "officers": {"1": CLEAN}, "notice": NOTICE}
        said["judgements"] = dict.fromkeys("467", MET)
        said["needed_until"] = {"day": "2031-03-31", "by": "審査 花子", "because": "事業計画書で確認した。"}
        if wanted:
            said["method"] = {"policy": "policy.yaml", "items": wanted}
        return self.on_cases("screen", "decide", said={**said, **more}, as_of=as_of)

    def paper(self, kind, case="案1"):
        return (self.folder / "papers" / f"{case}-{kind}.txt").read_text()

    def contract(self, case="案1", amount=64_450, as_of="2026-02-10"):
        self.ok("contract", "apply", {"case": case}, as_of=as_of)
        self.ok("fee", "pay", {"case": case, "amount": amount, "how": "収入印紙"}, as_of=as_of)
        self.ok("contract", "conclude", {"case": case}, as_of=as_of)

    def release(self, name, policy=None):
        """Publish a release by the policy that is kept with the case, or another."""
        path = self.folder / f"{name}.yaml"
        path.write_text(policy or self.kept["policy"])
        status, _, error = self.run(
            "--json", "anonymize", str(path), "--output", self.output, "--release-id", name
        )
        assert status == 0, error

    @property
    def kept(self):
        (found,) = self.folder.rglob("evidence/*.json")
        return json.loads(found.read_text())

    def provide(self, case="案1", release="r1", as_of="2026-04-01", **more):
        said = {"case": case, "release": release, **more}
        return self.on_cases("provide", said=said, as_of=as_of, papers=False)

    def state(self, case="案1"):
        lines = self("propose", "list")[1].splitlines()
        return next(line.split()[1] for line in lines if line.split()[:1] == [case])

    @property
    def events(self):
        return [json.loads(line) for line in self("ledger", "show")[1].splitlines()]

    def check(self):
        return self.run("--json", "register", "check", self.output)
