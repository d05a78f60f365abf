"""A good policy, ways to spoil it, and what must come of a bad one: exit 2, one message with place, rule and fix."""

import copy
import json
import re

from support.helpers import FILE

CANARY = "カナリア太郎"
RARE = "希少疾患甲"
DATA = f"id,name,age,town,disease,day\n1,{CANARY},20,東京都千代田区,{RARE},2020-01-02\n"
REASON = {"because": "試験"}
GENERALIZE = {"criterion": 5, "method": "generalize"}
OFFICE = {"name": "窓口", "address": "千代田区"}
TAIL = {"criterion": 4, "method": "tail"}
NOISE = {"criterion": 5, "method": "noise", "scale": 10}
SWAP = {"criterion": 5, "method": "rank_swap", "within": 0.05}
DISTINCT = {"model": "l_diversity", "kind": "distinct", "l": 2}
AVERAGE = {"model": "average_risk", "at_most": 0.1}
MICRO = {"criterion": 5, "method": "microaggregate"}
BASE = {
    "version": 1,
    "regime": "private",
    "file": FILE,
    "tables": {
        "t": {
            "source": {"path": "data.csv", "format": "csv"},
            "person": "id",
            "rows_per_person": "one",
            "columns": {
                "id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "person"}]},
                "name": {"treat": [{"criterion": 1, "method": "delete"}]},
                "age": {
                    "type": "integer",
                    "treat": [{**GENERALIZE, "hierarchy": {"kind": "intervals", "widths": [5, 10]}}],
                },
                "town": {"treat": [{**GENERALIZE, "hierarchy": {"kind": "suppress"}}]},
                "disease": {
                    "sensitive": False,
                    "treat": [
                        {"criterion": 4, "method": "rare_values", "values": [RARE], "action": "cell"},
                    ],
                },
                "day": {"type": "date", "keep": True, **REASON},
            },
        }
    },
    "requirements": {"k": 2, "because": "試験", "suppression_limit": 0.1},
}
GONE = object()
T, C = ("tables", "t"), ("tables", "t", "columns")


def but(*changes):
    """The base policy with some places set, or removed (GONE)."""
    policy = copy.deepcopy(BASE)
    for place, value in changes:
        node = policy
        for part in place[:-1]:
            node = node.setdefault(part, {}) if isinstance(part, str) else node[part]
        if value is GONE:
            del node[place[-1]]
        else:
            node[place[-1]] = value
    return policy


def column(name, **fields):
    """The base policy with one column declared otherwise."""
    return but(((*C, name), fields))


def needs(**requirements):
    """The base policy with some requirements more."""
    return but(*((("requirements", key), value) for key, value in requirements.items()))


def protected(model):
    """The base policy with a privacy model of one column."""
    return column("day", type="date", keep=True, sensitive=True, protect=[model], **REASON)


def chain(name, *steps, of="string"):
    return column(name, type=of, treat=list(steps))


def hierarchy(name, of="string", **fields):
    return chain(name, {**GENERALIZE, "hierarchy": fields}, of=of)


def public(**items):
    complete = {"scope": "住民", "collection": "届出", "request_office": OFFICE, "product_office": OFFICE}
    period = {"start": "2026-04-01", "end": "2027-03-31"}
    items = {**complete, "product_period": period, **items}
    changes = [(("file", key), value) for key, value in items.items() if value is not GONE]
    return but((("regime",), "public"), *changes)


COMBINED = {"criterion": 4, "columns": ["age", "town"], "size": 2, "action": "cell", **REASON}


def combined(columns, **fields):
    """The base policy with one combination declared."""
    return but(((*T, "combinations"), [{**COMBINED, "columns": columns, **fields}]))


def written(old, new):
    """The base policy as text, with a piece of the text replaced."""
    text = json.dumps(BASE, ensure_ascii=False, indent=1)
    assert text.count(old) == 1
    return text.replace(old, new)


AGE = f"{'.'.join(C)}.age"
ID, TOWN, DISEASE, DAY = (f"{'.'.join(C)}.{name}" for name in ("id", "town", "disease", "day"))


def run_both(run, policy, tmp_path, *args):
    """The error of a command as text and as JSON: the same, alone on stderr, and nothing else done."""
    text = run(policy, {"data.csv": DATA}, args=args)
    as_json = run(policy, args=[*args, "--json"])
    assert (text.status, as_json.status, text.out, as_json.out) == (2, 2, "", "")
    error = json.loads(as_json.err)
    assert list(error) == ["status", "code", "where", "what", "fix"] and error["status"] == 2
    assert all(error[key].strip() for key in ("code", "where", "what", "fix"))
    assert text.err == (
        f"error [{error['code']}] {error['where']}\n  what: {error['what']}\n  fix:  {error['fix']}\n"
    )
    assert not (tmp_path / "out").exists()
    for noise in (CANARY, RARE, "Traceback", "Input should", "should have", "should match", "Unable to"):
        assert noise not in text.err + as_json.err
    assert len(text.err) < 3000
    return error


def is_refused(run, tmp_path, policy, code, part):
    """A policy, as data or as the text or bytes of its file, is refused with a code, and a part of the message."""
    if isinstance(policy, str | bytes):
        path = tmp_path / "policy.yaml"
        path.write_bytes(policy.encode() if isinstance(policy, str) else policy)
        policy = path
    error = run_both(run, policy, tmp_path)
    assert error["code"] == code
    assert part in f"{error['where']}: {error['what']}: {error['fix']}"
    if code not in {"policy.empty", "policy.size"}:
        assert re.match(r"[^:]*/policy\.yaml:\d+( |$)", error["where"])
    if code not in {
        "policy.empty",
        "policy.size",
        "policy.yaml",
        "policy.encoding",
        "policy.depth",
        "policy.key",
    }:
        assert re.match(r"[^ ]* [^ ]", error["where"])  # a dotted path follows
