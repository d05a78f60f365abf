"""Every kind of bad policy or command line: exit 2, one message with its place, its rule and its fix."""

import copy
import json
import re

import pytest
from support.helpers import FILE

from tokumei.pipelines.cli import main

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
UNIQUE = {"model": "sample_uniqueness", "at_most": 0.1}
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
                    "treat": [
                        {"criterion": 4, "method": "rare_values", "values": [RARE], "action": "cell"},
                    ]
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

# name: (policy as data or text, code, place or distinctive part of the message)
CASES = {
    # the file itself
    "empty file": ("", "policy.empty", "YAML mapping"),
    "only a comment": ("# nothing\n", "policy.empty", "YAML mapping"),
    "a list": ("- version: 1\n", "policy.empty", "YAML mapping"),
    "a text": ("version one\n", "policy.empty", "YAML mapping"),
    "not UTF-8": ("file: 匿名\n".encode("cp932"), "policy.encoding", "policy.yaml:1"),
    "UTF-16": ("version: 1\n".encode("utf-16"), "policy.encoding", "must be UTF-8"),
    "too large": (b"# " + b"x" * (1 << 20), "policy.size", "1048576 bytes"),
    "binary": (b"PAR1\x00\x01\x02", "policy.yaml", "control character"),
    # YAML
    "syntax": ("version: 1\nfile: [a\ntables: {}\n", "policy.yaml", "policy.yaml:3"),
    "open quote": ('version: 1\nregime: "private\nfile: {}\n', "policy.yaml", "begun in line 2"),
    "tab": ("version: 1\nfile:\n\tname: x\n", "policy.yaml", "policy.yaml:3"),
    "indentation": ("version: 1\n regime: private\n", "policy.yaml", "policy.yaml:2"),
    "two documents": ("version: 1\n---\nversion: 1\n", "policy.yaml", "single document"),
    "alias": ("a: &x {b: 1}\nc: *x\n", "policy.yaml", "aliases"),
    "merge key": ("a: &x {b: 1}\nc:\n  <<: *x\n", "policy.yaml", "aliases"),
    "billion laughs": (
        "a: &a [x,x]\n" + "".join(f"{c}: &{c} [*{p},*{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
        "policy.yaml",
        "aliases",
    ),
    "python tag": ("version: !!python/object/apply:os.getcwd []\n", "policy.yaml", "tags"),
    "custom tag": ("version: !secret 1\n", "policy.yaml", "tags"),
    "impossible tag": ("version: !!int abc\n", "policy.yaml", "tags"),
    "too deep": ("a: " + "[" * 21 + "]" * 21, "policy.depth", "20 levels"),
    "far too deep": ("a: " + "[" * 20_000, "policy.depth", "20 levels"),
    "key twice": ("version: 1\nfile:\n  name: a\n  name: b\n", "policy.duplicate_key", "policy.yaml:4 file.name"),
    "key is a list": ("version: 1\n? [a, b]\n: 1\n", "policy.key", "policy.yaml:2"),
    "octal number": (written('"k": 2', '"k": 010'), "policy.number", "requirements.k"),
    "sexagesimal number": (written('"k": 2', '"k": 1:30'), "policy.number", "requirements.k"),
    "number with underscore": (written('"k": 2', '"k": 1_0'), "policy.number", "requirements.k"),
    "endless number": (written('"k": 2', '"k": ' + "9" * 5000), "policy.number", "requirements.k"),
    "infinite number": (written("0.1", ".inf"), "policy.number", "requirements.suppression_limit"),
    "no number": (written("0.1", ".nan"), "policy.number", "requirements.suppression_limit"),
    "NUL in a text": (written("data.csv", "a\\0.csv"), "policy.text", "tables.t.source.path"),
    "half a character": (written("data.csv", "\\ud800"), "policy.text", "tables.t.source.path"),
    # keys
    "unknown key at the top": (but((("requirment",), {})), "policy.unknown_key", "did you mean requirements?"),
    "unknown key in file": (but((("file", "nane"), "x")), "policy.unknown_key", "did you mean name?"),
    "unknown key in table": (but(((*T, "row_per_person"), "one")), "policy.unknown_key", "rows_per_person?"),
    "unknown key in source": (but(((*T, "source", "encodng"), "x")), "policy.unknown_key", "encoding?"),
    "unknown key in column": (but(((*C, "age", "titel"), "x")), "policy.unknown_key", f"{AGE}.titel"),
    "unknown key in method": (chain("age", {**TAIL, "poeple": 3}, of="integer"), "policy.unknown_key", "people?"),
    "unknown key in hierarchy": (hierarchy("age", "integer", kind="intervals", widths=[5], orgin=1),
                                 "policy.unknown_key", f"{AGE}.treat[0].hierarchy.orgin"),
    "unknown key in requirements": (but((("requirements", "l"), 2)), "policy.unknown_key", "requirements.l"),
    "unknown key in rejects": (but((("rejects",), {"limits": 1})), "policy.unknown_key", "did you mean limit?"),
    "unknown key in output": (but((("output",), {"formt": "csv"})), "policy.unknown_key", "did you mean format?"),
    "unknown key, endless": (but((("x" * 500,), 1)), "policy.unknown_key", "xxx…"),
    "no version": (but((("version",), GONE)), "policy.missing_key", "policy.yaml:1 version"),
    "no requirements": (but((("requirements",), GONE)), "policy.missing_key", "add requirements: …"),
    "no reason for k": (but((("requirements", "because"), GONE)), "policy.missing_key", "requirements.because"),
    "no source": (but(((*T, "source"), GONE)), "policy.missing_key", "tables.t.source"),
    "no criterion": (chain("town", {"method": "replace", "by": "x"}), "policy.missing_key", "treat[0].criterion"),
    "no method": (chain("town", {"criterion": 1}), "policy.method", "method is missing"),
    "no kind": (hierarchy("town", widths=[5]), "policy.kind", "kind is missing"),
    # types and values
    "version 2": (but((("version",), 2)), "policy.value", "use 1"),
    "version as text": (but((("version",), "1")), "policy.value", "version"),
    "unknown regime": (but((("regime",), "secret")), "policy.value", "'private', 'public'"),
    "unknown format": (but(((*T, "source", "format"), "xlsx")), "policy.value", "'csv', 'tsv'"),
    "unknown encoding": (but(((*T, "source", "encoding"), "sjis")), "policy.value", "'cp932'"),
    "unknown type": (column("town", type="int", keep=True, **REASON), "policy.value", f"{TOWN}.type"),
    "unknown method": (chain("town", {"criterion": 1, "method": "adress"}), "policy.method", "did you mean address?"),
    "unknown kind": (hierarchy("town", kind="interval"), "policy.kind", "did you mean intervals?"),
    "whole number as text": (but((("requirements", "k"), "2")), "policy.type", "must be a whole number"),
    "whole number with a point": (but((("requirements", "k"), 2.0)), "policy.type", "must be a whole number"),
    "whole number as truth": (but((("requirements", "k"), True)), "policy.type", "must be a whole number"),
    "number as text": (but((("requirements", "suppression_limit"), "0.1")), "policy.type", "must be a number"),
    "percentage": (but((("requirements", "suppression_limit"), "1%")), "policy.type", "must be a number"),
    "text as number": (chain("disease", {"criterion": 4, "method": "rare_values", "values": [5], "action": "cell"}),
                       "policy.type", f"{DISEASE}.treat[0].values[0]"),
    "truth as text": (column("town", keep="yes", **REASON), "policy.type", "true or false"),
    "list as mapping": (column("town", treat={"criterion": 1, "method": "delete"}), "policy.type", "must be a list"),
    "mapping as list": (but((C, ["id", "name"])), "policy.type", "must be a mapping"),
    "method as text": (column("town", treat=["delete"]), "policy.type", f"{TOWN}.treat[0]"),
    "table as text": (but((T, "data.csv")), "policy.type", "policy.yaml:13 tables.t"),
    "nothing": (but((("requirements", "k"), None)), "policy.blank", "has no value"),
    "no column": (but((C, {})), "policy.blank", "tables.t.columns"),
    "no table": (but((("tables",), {})), "policy.blank", "must not be empty"),
    "blank reason": (but((("requirements", "because"), " ")), "policy.blank", "requirements.because"),
    "blank name": (but((("file", "name"), "")), "policy.blank", "file.name"),
    "no such day": (but((("reference_date",), "2026-02-30")), "policy.date", "reference_date"),
    "no such day, unquoted": (written('"regime"', '"reference_date": 2026-02-30, "regime"'), "policy.date", "2026-03-31"),
    "day of another form": (but((("reference_date",), "2026/02/03")), "policy.date", "YYYY-MM-DD"),
    "day as seconds": (but((("reference_date",), "1553990400")), "policy.date", "YYYY-MM-DD"),
    "day as number": (but((("reference_date",), 20260203)), "policy.date", "YYYY-MM-DD"),
    # columns
    "no decision": (column("town", type="string"), "column.undecided", TOWN),
    "keep, drop and treat": (column("town", keep=True, drop=True, **REASON), "column.fate", TOWN),
    "keep and treat": (column("town", keep=True, treat=[{"criterion": 1, "method": "delete"}], **REASON),
                       "column.fate", TOWN),
    "drop without reason": (column("town", drop=True), "column.because", "add because"),
    "keep without reason": (column("town", keep=True), "column.because", "add because"),
    "codes allowed where there are none": (
        but(((*C, "age", "codes_allowed"), REASON)),
        "column.allowed",
        "remove codes_allowed",
    ),
    "source values allowed where labels are left": (
        but(((*C, "town", "source_values_allowed"), REASON)),
        "column.allowed",
        "remove source_values_allowed",
    ),
    "free text kept": (column("town", type="text", keep=True, **REASON), "column.text_kept", TOWN),
    "free text kept, by its title": (column("town", title="備考", keep=True, **REASON), "column.text_kept", TOWN),
    "free text with rare values": (but(((*C, "disease", "title"), "特記事項")), "column.text_kept", "disease"),
    "blank column name": (but(((*C, " "), {"keep": True, **REASON})), "column.name", 'columns." "'),
    "reserved column name": (but(((*C, "#records"), {"keep": True, **REASON})), "column.name", "columns.#records"),
    # combinations
    "combination of an unknown column": (combined(["age", "twon"]), "combination.unknown_column",
                                         "tables.t.combinations[0].columns[1]"),
    "combination of one column": (combined(["age"]), "combination.columns", "tables.t.combinations[0].columns"),
    "combination of no column": (combined([]), "combination.columns", "tables.t.combinations[0].columns"),
    "combination of thirteen columns": (combined([f"c{i}" for i in range(13)]), "combination.columns", "2 to 12 columns"),
    "combination smaller than its size": (combined(["age", "town"], size=3), "combination.columns", "3 to 12 columns"),
    "combination of a column and itself": (combined(["age", "age"]), "combination.column_twice",
                                           "tables.t.combinations[0].columns"),
    "combination of a deleted column": (combined(["age", "name"]), "combination.not_released",
                                        "tables.t.combinations[0].columns[1]"),
    "combination of a dropped column": (
        but(((*C, "town"), {"drop": True, **REASON}), ((*T, "combinations"), [COMBINED])),
        "combination.not_released", "tables.t.combinations[0].columns[1]"),
    "combination of free text": (
        but(((*C, "town"), {"type": "text"}), ((*T, "combinations"), [COMBINED])),
        "combination.not_released", "tables.t.combinations[0].columns[1]"),
    "combination of a pseudonym": (combined(["age", "id"]), "combination.pseudonym",
                                   "tables.t.combinations[0].columns[1]"),
    "combination blanking what a population is compared by": (
        but(((*T, "combinations"), [COMBINED]),
            ((*T, "population"), {"source": {"path": "data.csv", "format": "csv"}})),
        "combination.population", "tables.t.combinations[0].columns[0]"),
    "combination of a perturbed column": (
        but(((*C, "age", "treat"), [{"criterion": 5, "method": "noise", "scale": 3}]), ((*T, "combinations"), [COMBINED])),
        "combination.perturbed", "tables.t.combinations[0].columns[0]"),
    "combination of four values": (combined(["age", "town"], size=4), "policy.value", "2 or 3"),
    "combination of one value": (combined(["age", "town"], size=1), "policy.value", "2 or 3"),
    "combination under criterion 3": (combined(["age", "town"], criterion=3), "policy.value", "4 or 5"),
    "combination by an unknown action": (combined(["age", "town"], action="group"), "policy.value", "'cell' or 'record'"),
    "combination without action": (but(((*T, "combinations"), [{k: v for k, v in COMBINED.items() if k != "action"}])),
                                   "policy.missing_key", "tables.t.combinations[0].action"),
    "combination without reason": (but(((*T, "combinations"), [{k: v for k, v in COMBINED.items() if k != "because"}])),
                                   "policy.missing_key", "tables.t.combinations[0].because"),
    "combination of one person": (combined(["age", "town"], people=1), "policy.range", "must be at least 2"),
    "combination with a misspelt key": (combined(["age", "town"], peopel=3), "policy.unknown_key", "people?"),
    "combination as a mapping": (but(((*T, "combinations"), COMBINED)), "policy.type", "must be a list"),
    # chains
    "criterion not served": (chain("town", {"criterion": 2, "method": "pseudonym", "link": "x"}),
                             "policy.value", "use 3"),
    "criterion 6": (chain("town", {"criterion": 6, "method": "delete"}), "policy.value", "1, 2, 3, 4 or 5"),
    "delete and more": (chain("town", {"criterion": 1, "method": "delete"}, {"criterion": 1, "method": "phone_area"}),
                        "treat.delete_alone", f"{TOWN}.treat[0]"),
    "two data-driven methods": (
        chain("town", *[{"criterion": 4, "method": "rare_categories", "action": "cell"}] * 2),
        "treat.data_driven_twice", f"{TOWN}.treat[1]"),
    "generalize not last": (chain("town", {**GENERALIZE, "hierarchy": {"kind": "suppress"}},
                                  {"criterion": 1, "method": "phone_area"}),
                            "treat.generalize_last", f"{TOWN}.treat[0]"),
    "pseudonym generalized": (chain("town", {"criterion": 3, "method": "pseudonym", "link": "x"},
                                    {**GENERALIZE, "hierarchy": {"kind": "suppress"}}),
                              "treat.pseudonym_last", f"{TOWN}.treat[0]"),
    "replaced and treated": (chain("town", {"criterion": 1, "method": "replace", "by": "x"},
                                   {**GENERALIZE, "hierarchy": {"kind": "suppress"}}),
                             "treat.replace_last", f"{TOWN}.treat[0]"),
    "wrong type": (chain("town", TAIL), "treat.type", "tail works on integer, number; here it would get string"),
    "wrong type after a method": (chain("age", {**TAIL}, {"criterion": 4, "method": "bands", "edges": [1],
                                                           "labels": ["a", "b"]}, of="integer"),
                                  "treat.type", f"{AGE}.treat[1]"),
    "age without day": (chain("day", {"criterion": 1, "method": "age"}, of="date"),
                        "policy.reference_date", f"{DAY}.treat[0]"),
    "age band without day": (chain("day", {"criterion": 1, "method": "age_band", "preset": "case_6"}, of="date"),
                             "policy.reference_date", f"{DAY}.treat[0]"),
    "age of a month": (chain("day", {"criterion": 1, "method": "age"}, of="month"), "treat.type", "month"),
    "labels for bands": (chain("age", {"criterion": 4, "method": "bands", "edges": [1, 2], "labels": ["a", "b"]},
                               of="integer"), "bands.labels", f"{AGE}.treat[0].labels"),
    "one label for two bands": (chain("age", {"criterion": 4, "method": "bands", "edges": [1], "labels": ["a", "a"]},
                                      of="integer"), "bands.labels", "same label"),
    "unordered edges": (chain("age", {"criterion": 4, "method": "bands", "edges": [2, 1], "labels": ["a", "b", "c"]},
                              of="integer"), "bands.edges", "ascend"),
    "preset and edges": (chain("age", {"criterion": 1, "method": "age_band", "preset": "case_6", "edges": [1],
                                       "labels": ["a", "b"]}, of="integer"), "bands.preset", "either"),
    "preset and labels": (chain("age", {"criterion": 1, "method": "age_band", "preset": "case_6", "labels": ["a"]},
                                of="integer"), "treat.ignored", f"{AGE}.treat[0].labels"),
    "neither preset nor edges": (chain("age", {"criterion": 1, "method": "age_band"}, of="integer"),
                                 "bands.preset", "either"),
    "no digit of a postal code": (chain("town", {"criterion": 1, "method": "postal_prefix", "digits": 0}),
                                  "policy.range", "must be at least 1"),
    "whole postal code": (chain("town", {"criterion": 1, "method": "postal_prefix", "digits": 7}),
                          "policy.range", "must be at most 5"),
    "tail of one person": (chain("age", {**TAIL, "people": 1}, of="integer"), "policy.range", "must be at least 2"),
    "fence without width": (chain("age", {"criterion": 4, "method": "fence", "action": "code", "factor": 0},
                                  of="integer"), "policy.range", "must be more than 0"),
    "bound beyond floats": (chain("age", {"criterion": 4, "method": "top_code", "at": 10**17, "label": "x"},
                                  of="integer"), "policy.range", f"{AGE}.treat[0].at"),
    "template reaching into objects": (chain("age", {**TAIL, "top_label": "{0.__class__}"}, of="integer"),
                                       "treat.template", f"{AGE}.treat[0].top_label"),
    "template with a name": (chain("age", {**TAIL, "top_label": "{people}"}, of="integer"), "treat.template", "{}"),
    "template with a width": (chain("age", {**TAIL, "top_label": "{:999999999}"}, of="integer"),
                              "treat.template", "exactly once"),
    "template without place": (chain("age", {**TAIL, "side": "bottom", "bottom_label": "以下"}, of="integer"),
                               "treat.template", "bottom_label"),
    "template with two places": (chain("age", {**TAIL, "top_label": "{}{}"}, of="integer"), "treat.template", "{}"),
    "place in a fixed label": (chain("age", {"criterion": 4, "method": "top_code", "at": 9, "label": "{}以上"},
                                     of="integer"), "treat.label", f"{AGE}.treat[0].label"),
    "label of the other side": (chain("age", {**TAIL, "bottom_label": "{}以下"}, of="integer"),
                                "treat.ignored", "bottom_label has no effect"),
    "label of no group": (chain("town", {"criterion": 4, "method": "rare_categories", "action": "cell", "label": "x"}),
                          "treat.ignored", "action: group"),
    "text of no replacement": (chain("town", {"criterion": 4, "method": "rare_values", "values": [RARE],
                                              "action": "record", "by": "x"}), "treat.ignored", "action: replace"),
    "no rare value": (chain("town", {"criterion": 4, "method": "rare_values", "values": [], "action": "cell"}),
                      "policy.blank", f"{TOWN}.treat[0].values"),
    "noise generalized": (chain("age", NOISE, {**GENERALIZE, "hierarchy": {"kind": "suppress"}}, of="integer"),
                          "treat.noise_last", f"{AGE}.treat[0]"),
    "swapped and generalized": (chain("age", SWAP, {**GENERALIZE, "hierarchy": {"kind": "suppress"}}, of="integer"),
                                "treat.rank_swap_last", f"{AGE}.treat[0]"),
    "noise on words": (chain("town", NOISE), "treat.type", "noise works on date, integer, number; here it would get"),
    "noise on a label": (chain("age", TAIL, NOISE, of="integer"), "treat.type", f"{AGE}.treat[1]"),
    "noise without scale": (chain("age", {"criterion": 5, "method": "noise"}, of="integer"),
                            "policy.missing_key", f"{AGE}.treat[0].scale"),
    "noise of no scale": (chain("age", {**NOISE, "scale": 0}, of="integer"), "policy.range", "must be more than 0"),
    "noise less than a day": (chain("day", {**NOISE, "scale": 0.9}, of="date"), "noise.scale", f"{DAY}.treat[0].scale"),
    "noise under criterion 4": (chain("age", {**NOISE, "criterion": 4}, of="integer"), "policy.value", "use 5"),
    "unknown distribution": (chain("age", {**NOISE, "distribution": "cauchy"}, of="integer"),
                             "policy.value", f"{AGE}.treat[0].distribution"),
    "bounds of noise crossed": (chain("age", {**NOISE, "min": 9, "max": 9}, of="integer"),
                                "noise.bounds", f"{AGE}.treat[0].min"),
    "broken bound of whole numbers": (chain("age", {**NOISE, "min": 0.5}, of="integer"),
                                      "noise.whole", f"{AGE}.treat[0].min"),
    "bound of days": (chain("day", {**NOISE, "max": 5}, of="date"), "noise.bound", f"{DAY}.treat[0].max"),
    "bound of numbers": (chain("age", {**NOISE, "max": "2020-01-01"}, of="integer"),
                         "noise.bound", f"{AGE}.treat[0].max"),
    "bound of no day": (chain("day", {**NOISE, "max": "2020-02-30"}, of="date"),
                        "noise.bound", f"{DAY}.treat[0].max"),
    "bounds of both": (chain("day", {**NOISE, "min": "2020-02-03", "max": 5}, of="date"),
                       "noise.bound", f"{DAY}.treat[0].max"),
    "bound beyond exact numbers": (chain("age", {**NOISE, "max": 10**16}, of="integer"),
                                   "noise.bound", f"{AGE}.treat[0].max"),
    "days crossed": (chain("day", {**NOISE, "min": "2020-02-03", "max": "2020-02-03"}, of="date"),
                     "noise.bounds", f"{DAY}.treat[0].min"),
    "draws told apart for nothing": (chain("age", {**NOISE, "per": "person"}, of="integer"),
                                     "treat.ignored", f"{AGE}.treat[0].per"),
    "swap within nothing": (chain("age", {**SWAP, "within": 0}, of="integer"), "policy.range", "must be more than 0"),
    "swap within more than all": (chain("age", {**SWAP, "within": 5}, of="integer"),
                                  "policy.range", "must be at most 1"),
    "groups of one person": (chain("age", {**MICRO, "people": 1}, of="integer"), "policy.range", "at least 2"),
    "microaggregated and coded": (chain("age", MICRO, TAIL, of="integer"),
                                  "treat.data_driven_twice", f"{AGE}.treat[1]"),
    "groups of words": (chain("town", MICRO), "treat.type", "microaggregate works on date, integer, number"),
    "person with noise": (chain("id", NOISE, of="integer"), "table.person_kept", ID),
    # hierarchies
    "widths that do not nest": (hierarchy("age", "integer", kind="intervals", widths=[5, 12]),
                                "hierarchy.widths", f"{AGE}.treat[0].hierarchy.widths"),
    "negative width": (hierarchy("age", "integer", kind="intervals", widths=[-5]), "hierarchy.widths", "positive"),
    "widths as text": (hierarchy("age", "integer", kind="intervals", widths=["5"]), "policy.type", "widths[0]"),
    "no width": (hierarchy("age", "integer", kind="intervals", widths=[]), "policy.blank", "hierarchy.widths"),
    "date levels not coarser": (hierarchy("day", "date", kind="dates", levels=["year", "quarter"]),
                                "hierarchy.levels", "must become coarser"),
    "date level as fine as the values": (
        chain("day", {"criterion": 1, "method": "year"},
              {**GENERALIZE, "hierarchy": {"kind": "dates", "levels": ["quarter", "decade"]}}, of="date"),
        "hierarchy.levels", f"{DAY}.treat[1].hierarchy.levels[0]"),
    "unknown date level": (hierarchy("day", "date", kind="dates", levels=["week"]), "policy.value", "levels[0]"),
    "prefixes that grow": (hierarchy("town", kind="prefix", keep=[1, 3]), "hierarchy.keep", "shrink"),
    "masks that shrink": (hierarchy("town", kind="mask", hide=[2, 1]), "hierarchy.hide", "grow"),
    "dates of texts": (hierarchy("town", kind="dates", levels=["year"]), "hierarchy.type", f"{TOWN}.treat[0].hierarchy"),
    "intervals of days": (hierarchy("day", "date", kind="intervals", widths=[5]), "hierarchy.type", "kind: dates"),
    "prefix of numbers": (hierarchy("age", "number", kind="prefix", keep=[1]), "hierarchy.type", "would get number"),
    "address of numbers": (hierarchy("age", "integer", kind="address"), "hierarchy.type", "method: address"),
    "level 0": (chain("town", {"criterion": 1, "method": "recode", "level": 0, "hierarchy": {"kind": "address"}}),
                "policy.range", f"{TOWN}.treat[0].level"),
    "level beyond the hierarchy": (
        chain("town", {"criterion": 1, "method": "recode", "level": 3, "hierarchy": {"kind": "address"}}),
        "hierarchy.level", f"{TOWN}.treat[0].level"),
    "recode by *": (chain("town", {"criterion": 1, "method": "recode", "level": 1, "hierarchy": {"kind": "suppress"}}),
                    "hierarchy.level", "method: delete"),
    "quote as delimiter of a hierarchy": (hierarchy("town", kind="file", path="h.csv", delimiter='"'),
                                          "hierarchy.delimiter", "hierarchy.delimiter"),
    # source
    "delimiter of two characters": (but(((*T, "source", "delimiter"), "||")), "policy.range", "at most 1"),
    "no delimiter": (but(((*T, "source", "delimiter"), "")), "policy.blank", "source.delimiter"),
    "quote as delimiter": (but(((*T, "source", "delimiter"), '"')), "source.delimiter", "source.delimiter"),
    "letter as delimiter": (but(((*T, "source", "delimiter"), "a")), "source.delimiter", "letter"),
    "Japanese delimiter": (but(((*T, "source", "delimiter"), "、")), "source.delimiter", "ASCII"),
    "tsv by commas": (but(((*T, "source", "format"), "tsv"), ((*T, "source", "delimiter"), ",")),
                      "source.delimiter", "format: csv"),
    "delimiter of Parquet": (but(((*T, "source", "format"), "parquet"), ((*T, "source", "delimiter"), "|")),
                             "source.text_option", "tables.t.source.delimiter"),
    "header of Avro": (but(((*T, "source", "format"), "avro"), ((*T, "source", "header"), False)),
                       "source.text_option", "tables.t.source.header"),
    "encoding of Parquet": (but(((*T, "source", "format"), "parquet"), ((*T, "source", "encoding"), "cp932")),
                            "source.encoding", "always UTF-8"),
    "source on another store": (but(((*T, "source", "path"), "s3://b/data.csv")), "source.path", "gs://"),
    # people
    "person not declared": (but(((*T, "person"), "ID")), "table.person_column", "policy.yaml:18 tables.t.person"),
    "several rows, no person": (but(((*T, "person"), GONE), ((*T, "rows_per_person"), "several")),
                                "table.person", "tables.t.rows_per_person"),
    "person of another type": (column("id", type="number", keep=True, **REASON), "table.person_type", f"{ID}.type"),
    "person kept": (column("id", keep=True, **REASON), "table.person_kept", ID),
    "person generalized": (hierarchy("id", kind="suppress"), "table.person_kept", ID),
    "person kept but for rare values": (
        chain("id", {"criterion": 4, "method": "rare_values", "values": [RARE], "action": "cell"}),
        "table.person_kept", ID),
    "links of two types": (
        but(((*C, "age"), {"type": "integer", "treat": [{"criterion": 3, "method": "pseudonym", "link": "person"}]})),
        "policy.link_type", f"{AGE}.treat[0].link"),
    # privacy models
    "protect what is not sensitive": (column("day", type="date", keep=True, protect=[DISTINCT], **REASON),
                                      "column.protect", f"{DAY}.protect"),
    "protect a quasi-identifier": (
        column("town", sensitive=True, treat=[{**GENERALIZE, "hierarchy": {"kind": "suppress"}}], protect=[DISTINCT]),
        "column.protect", f"{TOWN}.protect"),
    "protect a deleted column": (
        column("name", sensitive=True, treat=[{"criterion": 1, "method": "delete"}], protect=[DISTINCT]),
        "column.protect", "released"),
    "protect what noise moves": (
        column("day", type="date", sensitive=True, treat=[NOISE], protect=[DISTINCT]), "column.protect_perturbed",
        f"{DAY}.protect"),
    "protect without classes": (
        but((C, {"day": {"type": "date", "keep": True, "sensitive": True, "protect": [DISTINCT], **REASON}}),
            ((*T, "person"), GONE)), "table.protect", f"{DAY}.protect"),
    "sensitive column, nothing said of the file": (
        but(((*C, "name"), {"sensitive": True, "treat": [{"criterion": 1, "method": "delete"}]}),
            (("file", "sensitive"), GONE)),
        "policy.sensitive", "file.sensitive: tables.t.columns.name is sensitive"),
    "β-likeness without kind": (protected({"model": "beta_likeness", "beta": 1}), "policy.missing_key",
                                f"{DAY}.protect[0].kind: a required key is missing: add kind: basic or enhanced"),
    "ℓ-diversity without kind": (protected({"model": "l_diversity", "l": 2}), "policy.missing_key",
                                 "add kind: distinct, entropy or recursive"),
    "unknown model of a column": (protected({"model": "l_diverse"}), "policy.model", "did you mean l_diversity?"),
    "model without parameter": (protected({"model": "t_closeness", "distance": "equal"}), "policy.missing_key",
                                f"{DAY}.protect[0].t"),
    "distance beyond one": (protected({"model": "t_closeness", "distance": "equal", "t": 1.5}), "policy.range",
                            "at most 1"),
    "half a value": (protected({**DISTINCT, "l": 2.5}), "protect.l", f"{DAY}.protect[0].l"),
    "recursive without c": (protected({**DISTINCT, "kind": "recursive"}), "protect.c", f"{DAY}.protect[0].c"),
    "c without recursive": (protected({**DISTINCT, "c": 2}), "protect.c", "remove it"),
    "hierarchy without its distance": (
        protected({"model": "t_closeness", "distance": "equal", "t": 0.1, "hierarchy": {"kind": "suppress"}}),
        "protect.hierarchy", f"{DAY}.protect[0].hierarchy"),
    "distance without its hierarchy": (
        protected({"model": "t_closeness", "distance": "hierarchical", "t": 0.1}), "protect.hierarchy", "add hierarchy"),
    "unknown model of classes": (needs(models=[{"model": "k_maps", "k": 5}]), "policy.model", "did you mean k_map?"),
    "model of classes without parameter": (needs(models=[{"model": "average_risk"}]), "policy.missing_key",
                                           "requirements.models[0].at_most"),
    "model twice": (needs(models=[UNIQUE, UNIQUE]), "models.twice", "requirements.models"),
    "empty range": (
        but((("requirements", "models"), [{"model": "delta_presence", "at_least": 0.5, "at_most": 0.1}]),
            ((*T, "population"), {"source": BASE["tables"]["t"]["source"]})),
        "models.range", "requirements.models[0].at_least"),
    "no population": (needs(models=[{"model": "k_map", "k": 5}]), "policy.population", "tables.t.population"),
    "population for nothing": (but(((*T, "population"), {"source": BASE["tables"]["t"]["source"]})),
                               "policy.population", "remove population"),
    "population of records": (
        but((("requirements", "models"), [{"model": "k_map", "k": 5}]), ((*T, "rows_per_person"), "several"),
            ((*T, "population"), {"source": BASE["tables"]["t"]["source"]})),
        "policy.population_rows", "tables.t.rows_per_person"),
    "population and local recoding": (
        but((("requirements", "models"), [{"model": "k_map", "k": 5}]), (("requirements", "recoding"), "local"),
            ((*T, "population"), {"source": BASE["tables"]["t"]["source"]})),
        "requirements.population", "requirements.recoding"),
    "wildcards with models": (
        needs(nulls="wildcard", models=[UNIQUE]), "policy.wildcard",
        "requirements.nulls: nulls: wildcard works with k alone, recoding: full_domain and one row a person; this policy"
        " also has requirements.models: use nulls: value, or do without it"),
    "wildcards with all that conflicts": (
        but((("requirements", "nulls"), "wildcard"), (("requirements", "recoding"), "cells"),
            ((*T, "rows_per_person"), "several"),
            ((*C, "day"), {"type": "date", "keep": True, "sensitive": True, "protect": [DISTINCT], **REASON})),
        "policy.wildcard",
        f"also has recoding: cells, rows_per_person: several of tables.t, {DAY}.protect: use nulls: value, or do without"
        " them"),
    "wildcards with a protected column": (
        but((("requirements", "nulls"), "wildcard"),
            ((*C, "day"), {"type": "date", "keep": True, "sensitive": True, "protect": [DISTINCT], **REASON})),
        "policy.wildcard", f"also has {DAY}.protect: "),
    "unknown metric": (needs(metric="beauty"), "policy.value", "'discernibility'"),
    "weightless": (chain("town", {**GENERALIZE, "hierarchy": {"kind": "suppress"}, "weight": 0}), "policy.range",
                   f"{TOWN}.treat[0].weight"),
    # the whole
    "k of one": (but((("requirements", "k"), 1)), "policy.range", "must be at least 2"),
    "k beyond everyone": (but((("requirements", "k"), 10**9)), "policy.range", "must be at most 1,000,000"),
    "population of nobody": (but((("requirements", "population_size"), 0)), "policy.range", "must be at least 1"),
    "population of half a person": (but((("requirements", "population_size"), 2.5)), "policy.type", "whole number"),
    "suppress more than all": (but((("requirements", "suppression_limit"), 2)), "policy.range", "less than 1"),
    "suppress all": (but((("requirements", "suppression_limit"), 1)), "policy.range", "less than 1"),
    "suppress less than nothing": (but((("requirements", "suppression_limit"), -0.1)), "policy.range", "at least 0"),
    "negative rejects": (but((("rejects",), {"limit": -1})), "policy.range", "rejects.limit"),
    "more rejects than are remembered": (
        but((("rejects",), {"limit": 1_000_001})),
        "policy.range",
        "rejects.limit",
    ),
    "table name": (but((("tables", "顧 客"), BASE["tables"]["t"])), "table.name", 'tables."顧 客"'),
    "table name that climbs": (but((("tables", "../x"), BASE["tables"]["t"])), "table.name", "table name"),
    "nothing released": (but((C, {"id": {"drop": True, **REASON}})), "table.empty", "tables.t"),
    "unknown output format": (but((("output",), {"format": "xlsx"})), "policy.value", "'parquet'"),
    "output on another store": (but((("output",), {"directory": "s3://b/x"})), "output.directory", "gs://"),
    "name that Avro cannot carry": (
        but((("output",), {"format": "avro"}), ((*C, "住所"), {"keep": True, **REASON})),
        "output.avro_name", f"{'.'.join(C)}.住所"),
    "name with a digit first in Avro": (
        but((("output",), {"format": "avro"}), ((*C, "1st"), {"keep": True, **REASON})), "output.avro_name", "1st"),
    "register without scope": (public(scope=GONE), "policy.register_items", "file.scope"),
    "register without offices": (public(request_office=GONE, product_office=GONE), "policy.register_items",
                                 "file.request_office, file.product_office"),
    "call without office": (public(call_for_proposals=True), "policy.register_items", "file.proposal_office"),
    "manual file inside a manual one": (public(kind="manual", manual_subset=True), "file.manual_subset", "file.manual_subset"),
    "third parties heard on nothing": (public(third_party_opinion=True), "file.third_party_opinion", "call_for_proposals"),
    "third parties heard today": (public(call_for_proposals=True, proposal_office=OFFICE, third_party_opinion=True),
                                  "policy.regime_item", "file.third_party_opinion"),
    "ordinance of a company": (but((("file", "small_file_ordinance"), {"name": "条例", "article": "第5条"})),
                               "policy.regime_item", "法75条5項"),
    "ordinance without its article": (public(small_file_ordinance={"name": "条例"}), "policy.missing_key", "article"),
    "ordinance as a text": (public(small_file_ordinance="条例第5条"), "policy.type", "name: …, article: …"),
    "sensitive by ordinance at a company": (but((("file", "ordinance_sensitive"), True)), "policy.regime_item", "法75条4項"),
    "office without address": (public(request_office={"name": "x"}), "policy.missing_key", "request_office.address"),
    "office as a text": (public(request_office="窓口"), "policy.type", "indented: name: …, address: …"),
    "period as a text": (public(product_period="2026年度"), "policy.type", "indented: start: …, end: …"),
    "period reversed": (public(product_period={"start": "2027-01-01", "end": "2026-01-01"}),
                        "period.order", "file.product_period.end"),
}  # fmt: skip


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


def test_the_base_of_all_cases_is_a_good_policy(run):
    done = run(BASE, {"data.csv": DATA}, job="check")
    assert done.status == 0 and done.err == ""
    for policy in (public(), but((("output",), {"format": "avro"}))):
        assert run(policy, job="check").status == 0


@pytest.mark.parametrize("name", CASES)
def test_a_bad_policy_is_refused(run, tmp_path, name):
    policy, code, part = CASES[name]
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


def test_several_mistakes_are_told_at_once_and_not_without_end(run, tmp_path):
    names = [f"extra{i:02}" for i in range(20)]
    error = run_both(run, but(*((("file", name), 1) for name in names)), tmp_path)
    assert sum(name in error["where"] + error["fix"] for name in names) == 10
    assert error["fix"].endswith("and 10 more")


FILES = {
    "missing": (None, {}, "there is no such file"),
    "a directory": (GONE, {}, "is a directory"),
    "empty": ("", {}, "is empty"),
    "without levels": (f"{CANARY}\n", {}, "expected 2"),
    "ragged": (f"x;A;*\n{CANARY};*\n", {}, "h.csv:2"),
    "duplicate": (f"{CANARY};A;*\n{CANARY};A;*\n", {}, "stands twice"),
    "not nesting": (f"{CANARY};A;p;*\nx;A;q;*\n", {}, "do not nest"),
    "of another encoding": (f"{CANARY};A;*\n".encode("cp932"), {}, "is not utf-8"),
    "of another delimiter": (f"{CANARY},A,*\n", {}, "expected 2"),
    "with an open quote": (f'"{CANARY};A;*\nx;A;*\n', {}, "not delimited text"),
    "with an empty level": (f"{CANARY};;*\n", {}, "is empty"),
    "with too few levels": (f"{CANARY};A;*\n", {"method": "recode", "level": 2}, "1 level(s)"),
    "with only *": (f"{CANARY};*\n", {"method": "recode", "level": 1}, "method: delete"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_bad_hierarchy_file_is_refused(run, tmp_path, name):
    content, more, part = FILES[name]
    file = tmp_path / "h.csv"
    if content is GONE:
        file.mkdir()
    elif content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    policy = chain("town", {**GENERALIZE, "hierarchy": {"kind": "file", "path": "h.csv"}, **more})
    error = run_both(run, policy, tmp_path)
    assert error["code"] in {"hierarchy.file", "hierarchy.level"}
    assert error["where"].startswith(f"{TOWN}.treat[0]") and "h.csv" in error["where"]
    assert part in error["where"] + error["what"] + error["fix"]


def test_a_good_hierarchy_file_is_taken(run, tmp_path):
    (tmp_path / "h.csv").write_text('東京都千代田区;"東京\n都";*\n')
    hierarchy_file = {"kind": "file", "path": "h.csv"}
    assert (
        run(
            chain("town", {**GENERALIZE, "hierarchy": hierarchy_file}), {"data.csv": DATA}, job="check"
        ).status
        == 0
    )
    level = {"criterion": 1, "method": "recode", "level": 1, "hierarchy": hierarchy_file}
    assert run(chain("town", level), job="check").status == 0


COMMANDS = {
    "misspelt option": (["--ouput=x"], "usage.option", "did you mean --output?"),
    "abbreviated option": (["--out", "x"], "usage.option", "did you mean --output?"),
    "unknown option": (["--no_such_option"], "usage.option", "--no_such_option"),
    "option with underscore": (["--release_id", "x"], "usage.option", "did you mean --release-id?"),
    "second argument": (["more.csv"], "usage.option", "more.csv"),
    "misspelt option on Flink": (
        ["--runner=FlinkRunner", "--ouput=x"],
        "usage.option",
        "did you mean --output?",
    ),
    "Beam option with a bad value": (["--num_workers=many"], "usage", "num_workers"),
    "Beam option without value": (["--runner"], "usage", "expected one argument"),
    "unknown runner": (["--runner=NoSuchRunner"], "usage.engine", "NoSuchRunner"),
    "runner in no module": (["--runner=no.such.Runner"], "usage.engine", "no"),
    "Dataflow without project": (["--runner=DataflowRunner"], "usage.engine", "required option: project"),
    "release id with a slash": (["--release-id", "a/b"], "usage.release_id", "--release-id"),
    "release id that climbs": (["--release-id", ".."], "usage.release_id", "--release-id"),
    "empty release id": (["--release-id="], "usage.release_id", "--release-id"),
    "endless release id": (["--release-id", "x" * 65], "usage.release_id", "--release-id"),
    "no output": (["--output="], "usage.output", "output.directory"),
    "output on another store": (["--output=s3://b/x"], "usage.output", "gs://"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_bad_command_line_is_refused(run, tmp_path, name):
    args, code, part = COMMANDS[name]
    error = run_both(run, BASE, tmp_path, *args)
    assert error["code"] == code and part in f"{error['where']}: {error['what']}: {error['fix']}"


def test_flink_takes_options_that_only_its_job_server_knows(run, monkeypatch):
    """They cannot be checked here; the run then fails for want of a Flink, or of a file as here."""
    policy = but(((*T, "source", "path"), "missing.csv"))
    done = run(policy, args=["--runner=FlinkRunner", "--parallelism=4", "--checkpointing_interval=1000"])
    assert done.status == 3 and "input.missing" in done.err


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        ([], "JOB"),
        (["anonymise"], "invalid choice"),
        (["anonymize"], "POLICY.yaml"),
        (["anonymize", "policy.yaml", "--output"], "--output"),
        (["check"], "POLICY.yaml"),
        (["check", "policy.yaml", "--runner=FlinkRunner"], "--runner=FlinkRunner"),
        (["schema", "policy.yaml"], "policy.yaml"),
        (["synthesize", "residents", "--output", "x", "--row=1"], "--row=1"),
        (["anonymize", "missing.yaml"], "No such file"),
        (["check", "."], "Is a directory"),
        (["check", "/dev/null"], "YAML mapping"),
    ],
    ids=" ".join,
)
def test_usage_errors(capsys, tmp_path, monkeypatch, argv, part):
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 2
    text = capsys.readouterr().err
    assert text.startswith("error [") and part in text and text.count("error [") == 1
    assert main(["--json", *argv]) == 2
    error = json.loads(capsys.readouterr().err)
    assert f"  what: {error['what']}\n  fix:  {error['fix']}\n" in text
    assert not list(tmp_path.iterdir())
