"""Free text is released with labels, or not at all: what is planted in every run says so."""

import csv
import io
from functools import partial

import numpy as np
import pytest
from support.helpers import policy_of

from tokumei.transforms.detect.spans import Spans
from tokumei.transforms.redaction import planted as planting
from tokumei.transforms.redaction import redact as layers
from tokumei.transforms.redaction.own import OwnSpans, OwnValues

PSEUDONYM = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "x"}]}
DELETED = {"treat": [{"criterion": 1, "method": "delete"}]}
SUPPRESS = {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]}


def redacted(**settings):
    method = {"criterion": 1, "method": "redact_text", "because": "傾向の分析に文章が要る", **settings}
    return {"type": "text", "treat": [method]}


COLUMNS = {"id": PSEUDONYM, "氏名": DELETED, "フリガナ": DELETED, "note": redacted(), "town": SUPPRESS}
NOTES = {
    "佐藤花子様より入電。サトウさんは 090-1234-5678 を希望": "〔氏名〕様より入電。〔氏名〕さんは 〔電話〕 を希望",
    "会員番号C0000001の件、マイナンバー１２３４−５６７８−９０１８": "会員番号〔番号〕の件、マイナンバー〔番号〕",
    "": "",
    "発熱が続く": "発熱が続く",
    "隣の鞠禰 緋奈子と、緋奈子鞠禰とあった": "隣の〔氏名〕と、〔氏名〕とあった",
    r"{'who': '\u4f50\u85e4花子'}": "{'who': '〔氏名〕'}",
    "担当は山田太郎です。大阪市北区梅田1-2-3に住む母（81歳）は昭和18年5月3日生まれ。": "担当は〔氏名〕です。〔住所〕に住む母（〔年齢〕）は〔日付〕。",
}


def people(notes=tuple(NOTES), count=40):
    rows = [
        {
            "id": f"C{i:07d}",
            "氏名": "鞠禰　緋奈子" if i == count - 1 else "佐藤　花子",
            "フリガナ": "サトウ ハナコ",
            "note": note,
            "town": "A",
        }
        for i, note in enumerate([*notes, *["発熱が続く"] * (count - len(notes))])
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return {"data.csv": text.getvalue()}


def stopped(done, *told):
    assert done.status == 4 and all(text in done.err for text in told), done.err
    assert not list(done.root.rglob("manifest.json")) and not (done.root / "register").exists()


def test_text_is_released_with_labels_and_the_report_says_how_many(run):
    done = run(policy_of(COLUMNS, person="id"), people())
    assert done.status == 0, done.err
    assert {row["note"] or "" for row in done.rows()} == {*NOTES.values()}
    (told,) = done.report["redactions"]
    assert told["because"] == "傾向の分析に文章が要る"
    assert (told["texts"], told["changed"], told["whole"]) == (39, 5, 0)
    labels = {found["label"]: found["labels"] for found in told["labels"]}
    assert labels == {"氏名": 6, "番号": 2, "電話": 1, "住所": 1, "年齢": 1, "日付": 1}
    assert "sudachidict-core" in done.report["versions"] and "sudachidict-core" in done.manifest["versions"]
    kinds = {kind["kind"]: kind for kind in told["planted"]}
    described = {
        "氏名",
        "氏名（仮名）",
        "氏名（一字の姓）",
        "氏名（ローマ字）",
        "住所",
        "日付（西暦）",
        "日付（和暦）",
        "年齢",
    }
    assert (
        len(kinds) > 25
        and all(kind["planted"] for kind in kinds.values())
        and described | {"ファイルにある他の人の氏名"} < {*kinds}
    )
    assert not any(kind["missed"] for name, kind in kinds.items() if name not in described)
    page = (done.root / "releases").glob("*/report.html")
    assert all("自由記述の置換え" in path.read_text() for path in page)
    step, codes = next(c for c in done.report["tables"][0]["columns"] if c["name"] == "note")["steps"]
    assert step["counts"]["cells_changed"] == 5
    assert (codes["criterion"], codes["method"]) == (2, "redact_text")


def test_what_the_policy_leaves_stands_and_no_case_of_it_is_planted(run):
    note = redacted(leave=["dates", "ages"])
    done = run(policy_of({**COLUMNS, "note": note}, person="id"), people())
    assert done.status == 0, done.err
    left = "担当は〔氏名〕です。〔住所〕に住む母（81歳）は昭和18年5月3日生まれ。"
    assert left in {row["note"] for row in done.rows()}
    (told,) = done.report["redactions"]
    assert not {"日付（西暦）", "日付（和暦）", "年齢"} & {kind["kind"] for kind in told["planted"]}
    assert told["left"] == ["日付", "年齢"]


def test_a_share_of_what_sentences_tell_may_be_missed_and_the_floor_says_which(run, monkeypatch):
    """Every other case of a name is missed: a floor of a half lets it pass, the usual one does not."""
    told, count = planting.counted, []

    def half_missed(cases, texts):
        planted, missed = told(cases, texts)
        count.append(planted["氏名"])
        return planted, {**missed, "氏名": planted["氏名"] // 2}

    monkeypatch.setattr(planting, "counted", half_missed)
    done = run(policy_of(COLUMNS, person="id"), people())
    n = count[0]
    stopped(done, "requirement.redaction", f"氏名: {n // 2} of {n} missed (at most {n // 10})")
    done = run(policy_of({**COLUMNS, "note": redacted(floor=0.5)}, person="id"), output="half")
    assert done.status == 0, done.err


@pytest.mark.parametrize("layer", ["codes_and_contacts_in", "OwnValues"])
def test_a_missed_case_stops_the_run(run, monkeypatch, layer):
    """The same worker that would have missed a number or a name misses the planted ones, and says so."""
    if layer == "OwnValues":
        nothing = OwnSpans(Spans.of(()), Spans.of(()))
        monkeypatch.setattr(OwnValues, "spans", lambda *_: nothing)
    else:
        monkeypatch.setattr(layers, layer, lambda _: Spans.of(()))
    files = people(["発熱が続く"])  # nothing that the leak search could find
    done = run(policy_of(COLUMNS, person="id"), files)
    missed = "本人の値（氏名など）" if layer == "OwnValues" else "個人番号"
    stopped(done, "requirement.redaction", "tables.t.columns.note", f"{missed}: ", "missed")


def test_what_is_redacted_is_searched_like_what_is_kept(run, monkeypatch):
    unchanged = partial(layers.Redacted, labels={}, whole=frozenset())
    nothing = lambda texts, _: unchanged(texts=texts, unknown=np.zeros(len(texts), int))  # noqa: E731
    monkeypatch.setattr(layers, "redact", nothing)
    monkeypatch.setattr(planting, "counted", lambda cases, _: ({"x": len(cases)}, {"x": 0}))
    done = run(policy_of(COLUMNS, person="id"), people())
    stopped(done, "verification.leak", "note: 1 value(s) hold: My Number")


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ({"type": "string", **{k: v for k, v in redacted().items() if k == "treat"}}, "treat.type"),
        (
            {
                **redacted(),
                "sensitive": True,
                "protect": [{"model": "l_diversity", "kind": "distinct", "l": 2}],
            },
            "column.protect",
        ),
        ({"type": "text", "treat": [{"criterion": 1, "method": "redact_text"}]}, "because"),
    ],
)
def test_a_policy_that_cannot_work_is_refused(run, column, code):
    done = run(policy_of({**COLUMNS, "note": column}, person="id"), people())
    assert done.status == 2 and code in done.err, done.err


def test_redacted_text_is_in_no_combination_and_no_quasi_identifier(run):
    told = {"columns": ["note", "town"], "size": 2, "action": "cell", "because": "試験", "criterion": 4}
    policy = policy_of(COLUMNS, person="id")
    policy["tables"]["t"]["combinations"] = [told]
    done = run(policy, people())
    assert done.status == 2 and "combination.perturbed" in done.err, done.err
    then = {"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}
    text = {"type": "text", "treat": [*redacted()["treat"], then]}
    done = run(policy_of({**COLUMNS, "note": text}, person="id"), people())
    assert done.status == 2 and "treat.redact_text_last" in done.err, done.err


def test_no_form_of_an_own_value_and_no_boilerplate_stops_the_run(run):
    """What the leak search finds in other forms has been replaced; what many write is nobody's text."""
    born = {"type": "date", "treat": [{"criterion": 1, "method": "delete"}]}
    forms = [
        "satou.hanako542",
        "hanako_sato",
        "昭和18年6月12日",
        "June 12, 1943",
        "〇九〇の七〇五六の一一八八",
    ]
    notes = [*(f"{form} とあり" for form in forms), "佐藤さんより入電", "〔氏名〕さんより入電"]
    (name, text), *_ = people(notes).items()
    head, *lines = text.splitlines()
    files = {
        name: "\n".join([f"{head},生年月日,電話", *(f"{line},1943-06-12,090-7056-1188" for line in lines)])
    }
    columns = {**COLUMNS, "note": redacted(leave=["dates"]), "生年月日": born, "電話": DELETED}
    done = run(policy_of(columns, person="id"), files)
    assert done.status == 0, done.err
    told = [row["note"] for row in done.rows()]
    assert not any(form in note for form in forms for note in told)
    assert told.count("〔氏名〕さんより入電") == 2
