"""The policy file, its keys, values, sources and requirements: what is bad in them is refused."""

import pytest
from support.bad_policies import (
    AGE,
    AVERAGE,
    BASE,
    DATA,
    DAY,
    DISEASE,
    DISTINCT,
    GENERALIZE,
    GONE,
    ID,
    NOISE,
    OFFICE,
    RARE,
    REASON,
    TAIL,
    TOWN,
    C,
    T,
    but,
    chain,
    column,
    hierarchy,
    is_refused,
    needs,
    protected,
    public,
    run_both,
    written,
)

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
    "unknown format": (but(((*T, "source", "format"), "ods")), "policy.value", "'csv', 'tsv'"),
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
    "folders of any depth": (written("data.csv", "sub/**/data.csv"), "source.path", "each level"),
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
    "model that can never bind": (
        needs(models=[AVERAGE, {"model": "sample_uniqueness", "at_most": 0.1}]),
        "models.never_binds", "nobody alone",
    ),
    "model twice": (needs(models=[AVERAGE, AVERAGE]), "models.twice", "requirements.models"),
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
        needs(nulls="wildcard", models=[AVERAGE]), "policy.wildcard",
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
        but((("output",), {"format": "avro"}), ((*C, "地区"), {"keep": True, **REASON})),
        "output.avro_name", f"{'.'.join(C)}.地区"),
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


def test_the_base_of_all_cases_is_a_good_policy(run):
    done = run(BASE, {"data.csv": DATA}, job="check")
    assert done.status == 0 and done.err == ""
    for policy in (public(), but((("output",), {"format": "avro"}))):
        assert run(policy, job="check").status == 0


@pytest.mark.parametrize("name", CASES)
def test_a_bad_policy_is_refused(run, tmp_path, name):
    is_refused(run, tmp_path, *CASES[name])


def test_several_mistakes_are_told_at_once_and_not_without_end(run, tmp_path):
    names = [f"extra{i:02}" for i in range(20)]
    error = run_both(run, but(*((("file", name), 1) for name in names)), tmp_path)
    assert sum(name in error["where"] + error["fix"] for name in names) == 10
    assert error["fix"].endswith("and 10 more")
