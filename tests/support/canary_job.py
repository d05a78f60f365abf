"""A job on marked values in a process of its own, watched: what it writes, and what it removes again."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from support.canary import Search, needles, needles_of_key
from support.helpers import FILE, Outcome

ROOT = Path(__file__).parents[2]
KEY = bytes(range(101, 133))
DELETE = {"treat": [{"criterion": 1, "method": "delete"}]}
CODE = {"treat": [{"criterion": 2, "method": "delete"}]}
CONTROL = "統制用の希少疾患"  # listed in the policy: it stands in the graph by right
COLUMNS = {
    "customer_id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "person"}]},
    "氏名": DELETE,
    "kana": DELETE,
    "address": {
        "treat": [
            {"criterion": 1, "method": "address", "level": "city"},
            {"criterion": 5, "method": "generalize", "hierarchy": {"kind": "address"}},
        ]
    },
    "phone": {"treat": [{"criterion": 1, "method": "phone_area"}]},
    "mail": DELETE,
    "my_number": CODE,
    "licence": CODE,
    "insurer_no": CODE,
    "card": DELETE,
    "memo": {"type": "text"},
    "birth": {
        "type": "date",
        "treat": [
            {"criterion": 1, "method": "age"},
            {"criterion": 5, "method": "generalize", "hierarchy": {"kind": "intervals", "widths": [10, 20]}},
        ],
    },
    "disease": {
        "sensitive": True,
        "treat": [
            {"criterion": 4, "method": "rare_values", "values": [CONTROL], "action": "cell"},
            {"criterion": 4, "method": "rare_categories", "action": "cell"},
        ],
    },
    "income": {"type": "integer", "treat": [{"criterion": 4, "method": "tail", "side": "top"}]},
}
POLICY = {
    "version": 1,
    "regime": "private",
    "file": {**FILE, "sensitive": True},
    "reference_date": "2026-04-01",
    "tables": {
        "members": {
            "source": {"path": "members-*.csv", "format": "csv", "encoding": "cp932"},
            "person": "customer_id",
            "rows_per_person": "one",
            "columns": COLUMNS,
        },
        "visits": {
            "source": {"path": "visits.jsonl", "format": "jsonl"},
            "person": "customer_id",
            "rows_per_person": "several",
            "columns": {
                "customer_id": COLUMNS["customer_id"],
                "memo": {"type": "text"},
                "ward": {
                    "treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]
                },
            },
        },
    },
    "requirements": {"k": 3, "because": "試験", "suppression_limit": 0.2},
}


def person(i):
    """The values of one person: each is found in no other place of the world."""
    return {
        "customer_id": f"QX{i:03d}-7731-{i * 7919 % 10000:04d}",
        "氏名": f"鬼頭{'甲乙丙丁戊己庚辛壬癸'[i // 10]}珠{'子丑寅卯辰巳午未申酉'[i % 10]}太郎",
        "kana": f"キトウタマ{'アイウエオカキクケコ'[i // 10]}{'サシスセソタチツテト'[i % 10]}タロウ",
        "address": f"{('東京都千代田区', '東京都港区')[i % 2]}架空町{i}丁目{i * 31 % 97}番{i * 17 % 89}号カナリア荘",
        "phone": f"080-{9000 + i}-{5528 + i * 13}",
        "mail": f"tamao.{i:03d}.kito@canary-{i * 104729 % 99991}.example",
        "my_number": f"{739182640517 + i * 1000003}",
        "licence": f"{307412985630 + i * 999983}",
        "insurer_no": f"{8127364509 + i * 99991}",
        "card": f"{4929137482650917 + i * 99999989}",
        "memo": f"{i}番の担当者所見：来所時に転倒し動揺あり",
        "birth": f"{1941 + i % 3 * 10 + i % 7}-{1 + i % 12:02d}-{1 + i * 5 % 28:02d}",
        "disease": ("高血圧", "糖尿病")[i % 2] if i else "鼻腔珠粟粒腫瘍",
        "income": str(3_000_017 + i * 1009 if i else 987_654_321),
    }


PEOPLE = [person(i) for i in range(60)]
WATCHED = [PEOPLE[i] for i in (0, 1, 59)]
# What the policy releases on purpose: common diseases, and incomes that are not extreme.
RELEASED = {("disease", 1), ("disease", 59), ("income", 1)}
WANTED = Search(
    [
        (f"{name} of {i}", how, needle)
        for i, who in zip((0, 1, 59), WATCHED, strict=True)
        for name, value in who.items()
        if (name, i) not in RELEASED
        for how, needle in needles(value)
    ]
    + [("key", how, needle) for how, needle in needles_of_key(KEY)]
)

# Runs before everything else in every Python process of the job.
_WATCH = f"""
import os, shutil, sys
_kept, _log, _busy = os.environ["CANARY_KEPT"], os.environ["CANARY_LOG"], []

def _hook(event, args):
    if _busy or event not in ("open", "os.remove", "os.rename", "os.mkdir"):
        return
    _busy.append(1)
    try:
        if event == "open":
            path, mode, flags = args
            wanted = (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if not isinstance(path, int) and wanted:
                with open(_log, "a") as log:
                    log.write(os.fsdecode(path) + "\\n")
        elif event == "os.remove" and os.path.isfile(args[0]):
            shutil.copyfile(args[0], os.path.join(_kept, f"{{os.getpid()}}-{{len(os.listdir(_kept))}}"))
    except Exception as error:
        with open(_log, "a") as log:
            log.write(f"the watch failed: {{error!r}}\\n")
    finally:
        _busy.clear()

def _watched_pwrite(descriptor, data, offset, _real=os.pwrite):
    _busy.append(1)
    with open(os.path.join(_kept, f"nameless-{{os.getpid()}}"), "ab") as kept:
        kept.write(data)
    _busy.clear()
    return _real(descriptor, data, offset)

if "CANARY_LOG" in os.environ:
    sys.addaudithook(_hook)
    os.pwrite = _watched_pwrite
    from tokumei.transforms.engine.run_key import RunKey
    RunKey.draw = classmethod(lambda kind: kind({KEY!r}))
    fault = os.environ.get("CANARY_FAULT")
    if fault:
        import tokumei.transforms.stages.release as stage
        real = stage.encode_chunk
        def broken(plan, table, chunk, fault=fault):
            if fault == "verify":
                from dataclasses import replace
                done = real(plan, table, chunk)
                tally = replace(done.summary.tally, records_out=done.summary.tally.records_out - 1)
                return replace(done, summary=replace(done.summary, tally=tally))
            kind = type("Panic", (BaseException,), {{}}) if fault == "panic" else ValueError
            raise kind(f"cannot write {{os.environ['CANARY_TEXT']}}")
        stage.encode_chunk = broken
"""


def write_input(folder, *, change=None, policy=POLICY):
    """Write policy and files; ``change`` may alter the bytes of the last members file."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in range(2):
        out = io.StringIO()
        rows = csv.DictWriter(out, [*COLUMNS])
        rows.writeheader()
        rows.writerows(PEOPLE[part::2])
        data = out.getvalue().encode("cp932")
        (folder / f"members-{part}.csv").write_bytes(change(data) if change and part else data)
    visits = [
        {"customer_id": p["customer_id"], "memo": p["memo"], "ward": "甲乙"[i % 2]}
        for i, p in enumerate(PEOPLE)
    ]
    (folder / "visits.jsonl").write_text("".join(json.dumps(v) + "\n" for v in visits * 2))
    (folder / "policy.yaml").write_text(json.dumps(policy, ensure_ascii=False))


def run_watched(folder, args=(), fault=None, **environment):
    """Run the command with home, temporary directory and working directory of its own; return the outcome."""
    for name in ("home", "tmp", "cwd", "kept", "site"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "site" / "sitecustomize.py").write_text(_WATCH)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONPATH": os.pathsep.join([str(folder / "site"), str(ROOT)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CANARY_KEPT": str(folder / "kept"),
        "CANARY_LOG": str(folder / "opened.log"),
        "CANARY_TEXT": " ".join(PEOPLE[0].values()),
        **({"CANARY_FAULT": fault} if fault else {}),
        **environment,
    }
    command = [sys.executable, "-m", "tokumei.pipelines.cli", "anonymize", str(folder / "in" / "policy.yaml")]
    done = subprocess.run(
        [*command, "--output", str(folder / "out"), *args],
        cwd=folder / "cwd", env=env, check=False, capture_output=True, timeout=300,
    )  # fmt: skip
    (folder / "stdout").write_bytes(done.stdout)
    (folder / "stderr").write_bytes(done.stderr)
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode(), folder / "out")


def leaks_in(folder, left_out=("in", "site")):
    """Return every watched value found in a file, or in a file's name, below a folder."""
    hits = set()
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if place.parts[0] in left_out:
            continue
        hits |= {(str(place), *hit) for hit in WANTED.find(str(place).encode())}
        if path.is_file():
            hits |= {(str(place), *hit) for hit in WANTED.find(path.read_bytes())}
    return hits


def written_elsewhere(folder, allowed=()):
    """Return the files that the job opened for writing outside its output, ever.

    But for the one by which Python tries out the temporary directory: 8 characters for a name, "blat" in it. The
    nameless file in which the job's shuffles wait opens its folder; what it held is kept, as "nameless-…".
    """
    opened = (
        set((folder / "opened.log").read_text().splitlines()) if (folder / "opened.log").exists() else set()
    )
    good = (str(folder / "out"), "/dev/null", *allowed)
    tried = re.compile(re.escape(str(folder / "tmp")) + r"/(tokumei-run-)?[a-z0-9_]{8}")
    return {path for path in opened if not path.startswith(good) and not tried.fullmatch(path)}


def remains(folder):
    """Return what is left in the temporary, home and working directories."""
    return [p for name in ("tmp", "home", "cwd") for p in (folder / name).rglob("*")]
