"""Figures: to the digit of fiscal 2017, the same as the fold, and refused where sums do not agree."""

import csv
import datetime as dt
import io
import itertools
import json
import statistics
from collections import Counter
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from support.events import event
from support.ledgers import write_ledgers
from support.pages import Page

from tokumei.schemas import body_events as b
from tokumei.schemas import case_events as c
from tokumei.schemas.errors import InputError, RequirementError
from tokumei.schemas.figures import FIGURES, FLOWS, STEPS, STOCKS
from tokumei.schemas.file_items import Period
from tokumei.schemas.japan_time import JST
from tokumei.schemas.regimes import fiscal_year
from tokumei.schemas.transitions import articles
from tokumei.transforms.figures.account import YearAccount, YearAsked, account_of
from tokumei.transforms.figures.columns import ledger_columns
from tokumei.transforms.figures.medians import quartiles
from tokumei.transforms.figures.sums import check, sums
from tokumei.transforms.figures.views.dataset import Caption, Dataset
from tokumei.transforms.figures.views.numbers import ALL_KINDS, days_of_steps, figure_values
from tokumei.transforms.figures.views.site import era_year, site
from tokumei.transforms.ledger.fold import effective, fold_events
from tokumei.transforms.ledger.journal import Reached, journal_of
from tokumei.transforms.storage.places import open_store
from tokumei.transforms.synthesis.agencies import agencies
from tokumei.transforms.synthesis.cases import Path, case_of

YEAR, END = 2017, dt.date(2018, 3, 31)
ASKED = YearAsked(YEAR, END, "unused")


@pytest.fixture(scope="module")
def journals(tmp_path_factory):
    return write_ledgers(tmp_path_factory.mktemp("synthetic"), agencies(150, seed=7), seed=7)


@pytest.fixture(scope="module")
def accounts(journals):
    return [account_of(journal.folder, ASKED) for journal in journals]


@pytest.fixture(scope="module")
def whole(accounts):
    return YearAccount.together(accounts)


def values(account, year=YEAR):
    return {one.figure.key: one for one in figure_values(account.tally, year)}


def test_fiscal_2017_to_the_digit(whole):
    found = values(whole)
    assert found["bodies_called"].values[ALL_KINDS] == 141
    assert found["files_offered"].values == {"行政機関": 283, "独立行政法人等": 1649, ALL_KINDS: 1932}
    assert [part.values[ALL_KINDS] for part in found["inquiries"].parts] == [92, 23, 29]
    assert found["inquiries"].values[ALL_KINDS] == 144


def test_every_sum_agrees_in_every_year(whole, journals):
    later = YearAccount.together(
        [account_of(j.folder, YearAsked(2020, dt.date(2021, 3, 31), "unused")) for j in journals[:40]]
    )
    for year in (2017, 2018, 2019, 2020):
        assert len(check(later.tally, year)) > 20
    rules = {one.rule: sum(n for _, n in one.terms) for one in sums(whole.tally, YEAR)}
    assert rules["提案募集ファイル：ファイルごとの計は、全体に等しい"] == 1932
    assert rules["総合案内所への問合せ：内訳の計は、全体に等しい"] == 144


def test_columns_are_the_fold(journals):
    """Two ways that share no code: one event after the other by the table, and all at once."""
    contracts = {"contracted", "ready", "created", "provided"}
    over = {"unfit", "withdrawn", "lapsed", "ended", "terminated", "late"}
    corrected = 0
    for journal in journals[:12]:
        events = journal.read()[0]
        corrected += len(events) - len(effective(events))
        assert ledger_columns(journal)["event_id"].to_list() == [e.event_id for e in effective(events)]
        body = fold_events(events)
        end = body.day
        year = fiscal_year(end)
        found = values(account_of(journal.folder, YearAsked(year, end, "unused")), year)
        states = [case.state for case in body.cases.values()]
        assert found["contracts_in_force"].values[ALL_KINDS] == sum(state in contracts for state in states)
        assert found["cases_open"].values[ALL_KINDS] == sum(state not in over for state in states)
        assert found["files_eligible_now"].values[ALL_KINDS] == sum(
            file.state == "eligible" for file in body.files.values()
        )
        for of, things in (("complaints_open", body.complaints), ("inquiries_open", body.inquiries)):
            assert found[of].values[ALL_KINDS] == sum(thing.state == "open" for thing in things.values())
    assert corrected


def test_every_path_and_irregularity_is_there(journals):
    kinds = {event.kind for journal in journals for event in journal.read()[0]}
    assert kinds == set(articles())


def test_some_pay_and_no_contract_comes_of_it():
    first, last, rng = dt.date(2018, 2, 1), dt.date(2018, 3, 10), np.random.default_rng(1)
    ends = Counter()
    for n in range(1500):
        path = Path(case=f"c{n}", file="f", call="k", first=first, last=last, heard=False, people=5000)
        kinds = {draft.said.kind for draft in case_of(path, [], rng)}
        if {"fee_paid", "contract_concluded"} & kinds == {"fee_paid"}:
            ends += Counter(kinds & {"proposal_withdrawn", "proposal_lapsed"})
    assert min(ends["proposal_withdrawn"], ends["proposal_lapsed"]) > 3


def test_counts_come_together_in_any_order_and_grouping(accounts, whole):
    halves = [YearAccount.together(accounts[100:]), YearAccount.together(accounts[:100])]
    again = YearAccount.together(halves)
    assert again.bodies == whole.bodies
    for frame in ("counts", "months", "days"):
        assert getattr(again.tally, frame).equals(getattr(whole.tally, frame))


def test_sums_that_do_not_agree_are_refused(whole):
    counts = whole.tally.counts.with_columns(
        pl.when(pl.col("figure") == "contracts_in_force")
        .then(pl.col("value") + 1)
        .otherwise("value")
        .alias("value")
    )
    with pytest.raises(RequirementError) as refused:
        check(replace(whole.tally, counts=counts), YEAR)
    assert refused.value.code == "figures.sums" and "効力のある利用契約" in refused.value.what


def day(number, hour=12):
    return dt.datetime(2025, 4, 1, hour, tzinfo=JST) + dt.timedelta(days=number - 1)


def written(tmp_path, *events):
    store = open_store(str(tmp_path))
    journal = journal_of(store, str(tmp_path), "見本市")
    assert journal.append(events, Reached())
    return journal


def asked(number, by, at, **more):
    return event(b.InquiryReceived(by=by, about="制度の概要"), f"問{number}", at, **more)


def test_what_was_corrected_counts_as_it_was_corrected(tmp_path):
    wrong = asked(1, "agency", day(1))
    first = asked(1, "local", day(1), recorded_at=day(2), corrects=wrong.event_id)
    right = asked(1, "private", day(1), recorded_at=day(3), corrects=first.event_id)
    void = asked(2, "agency", day(2))
    gone = event(b.Annulled(because="重複"), void.event_id, day(4), corrects=void.event_id)
    march = asked(3, "agency", dt.datetime(2025, 3, 31, 23, 59, tzinfo=JST))
    journal = written(tmp_path, march, wrong, void, first, right, gone)
    account = account_of(journal.folder, YearAsked(2025, dt.date(2026, 3, 31), "unused"))
    parts = [part.values[ALL_KINDS] for part in values(account, 2025)["inquiries"].parts]
    assert parts == [0, 0, 1]
    assert values(account, 2024)["inquiries"].values[ALL_KINDS] == 1  # the fiscal year begins on 1 April


def test_only_what_had_happened_by_the_day_counts(tmp_path):
    answered = event(b.InquiryAnswered(), "問1", day(10))
    journal = written(tmp_path, asked(1, "agency", day(1)), answered)
    for last, still_open in ((day(9), 1), (day(10), 0)):
        account = account_of(journal.folder, YearAsked(2025, last.date(), "unused"))
        assert values(account, 2025)["inquiries_open"].values[ALL_KINDS] == still_open
    assert days_of_steps(account.tally, 2025)["inquiry_answered"][ALL_KINDS] == (1, 9, 9, 9)


def test_a_call_of_files_that_were_called_before_counts_them_once(tmp_path):
    holds = b.Condition(holds=True, by="管理者", reason="満たす。")
    said = b.FileJudged(name="台帳", people=5000, published=holds, disclosable=holds, unhindered=holds)
    events = [event(said, "f1", day(1)), event(said, "f2", day(1))]
    for call, first, files in (("c1", 10, ("f1", "f2")), ("c2", 100, ("f2",))):
        period = Period(start=day(first).date(), end=day(first + 30).date())
        desk = b.Desk(name="窓口", address="見本市1", contact="番号1")
        announced = b.CallAnnounced(title="募集", period=period, files=files, window=desk)
        events += [event(announced, call, day(first - 5)), event(b.CallOpened(), call, day(first, 0))]
    account = account_of(written(tmp_path, *events).folder, YearAsked(2025, day(105).date(), "unused"))
    found = values(account, 2025)
    assert found["calls"].values[ALL_KINDS] == 2 and found["files_offered"].values[ALL_KINDS] == 2
    (body,) = account.bodies
    assert [call["state"] for call in body.calls] == ["募集終了", "募集中"]
    assert body.body["window"] == "窓口" and body.body["files"] == 2


def test_a_proposal_counts_for_the_file_that_it_names_in_the_end(tmp_path):
    fields = {
        "under": "112",
        "proposer": "者1",
        "kept": "k",
        "proposer_is": "body",
        "destroy_on": day(200).date(),
    }
    received = c.ProposalReceived(**fields, proposal=c.Proposal(), missing=("ファイルの名称",))
    asked_for = c.CorrectionAsked(missing=("ファイルの名称",), until=day(9).date())
    corrected = c.ProposalCorrected(proposal=c.Proposal())
    journal = written(
        tmp_path,
        event(received, "事案1", day(1)),
        event(received, "事案2", day(1)),
        event(asked_for, "事案1", day(2)),
        event(corrected, "事案1", day(3), file="f1"),
    )
    tally = account_of(journal.folder, YearAsked(2025, day(9).date(), "unused")).tally
    check(tally, 2025)
    of = tally.counts.filter((pl.col("figure") == "proposals") & (pl.col("part") == ""))
    assert dict(of.select("file", "value").iter_rows()) == {"": 2, "f1": 1, "-": 1}


def test_events_that_no_line_of_the_table_allows_are_refused(tmp_path):
    journal = written(tmp_path, event(c.PeriodEnded(), "事案1", day(1)))
    with pytest.raises(InputError) as refused:
        ledger_columns(journal)
    assert refused.value.code.startswith("ledger.") and "事案1" not in refused.value.message()


def test_every_figure_counts_events_that_there_are():
    known = set(articles())
    named = [kind for figure in (*FIGURES, *STOCKS) for kind in (*figure.kinds, *figure.ends)]
    named += [kind for step in STEPS for kind in (*step.begins, *step.ends)]
    assert {kind.partition(" ")[0] for kind in named} <= known
    keys = [of.key for of in (*FIGURES, *STOCKS)]
    assert len(set(keys)) == len(keys)
    assert {key for flow in FLOWS for key in (flow.stock, flow.comes, *flow.goes)} <= set(keys)


@pytest.mark.parametrize("days", [[3], [1, 2], [5, 1, 9], [1, 1, 1, 8], [4, 2, 9, 7, 7, 30]])
def test_medians_are_those_of_the_cases(days):
    counted = {day: days.count(day) for day in days}
    assert quartiles(counted).median == statistics.median(days)
    assert quartiles(counted).low <= quartiles(counted).median <= quartiles(counted).high


@pytest.fixture(scope="module")
def files(whole):
    return dict(site(whole.bodies, whole.tally, check(whole.tally, YEAR), YEAR, END))


def test_pages_are_whole_and_readable_without_a_network(files):
    for name, content in files.items():
        if not name.endswith(".html"):
            continue
        text = content.decode()
        page = Page(text)
        levels = [int(tag[1]) for tag, _ in page.tags if tag in {"h1", "h2", "h3"}]
        assert (
            levels[0] == 1 and levels.count(1) == 1 and all(b - a <= 1 for a, b in itertools.pairwise(levels))
        )
        assert ("html", {"lang": "ja"}) in page.tags
        assert all(attributes.get("scope") for tag, attributes in page.tags if tag == "th")
        assert all(attributes.get("aria-label") for tag, attributes in page.tags if tag == "svg")
        links = {str(attributes["href"]) for tag, attributes in page.tags if tag == "a"}
        ids = {f"#{attributes['id']}" for _, attributes in page.tags if attributes.get("id")}
        assert (
            links <= ids | set(files)
            and "http:" not in text
            and "https:" not in text
            and "<script" not in text
        )
    page = Page(files["index.html"].decode())
    (offered,) = [row[1:] for row in page.rows["main"] if row[0].startswith("提案募集ファイル（ファイル）")]
    assert offered == ["283", "1,649", "1,932"]


def test_csv_and_json_say_the_same_and_every_row_has_its_key(files):
    names = {name.removesuffix(".csv") for name in files if name.endswith(".csv")}
    assert {"calls", "bodies", "files", "products", "figures", "figures_by_body", "figures_by_file"} < names
    for name in names:
        told = json.loads(files[f"{name}.json"])
        table = list(csv.reader(io.StringIO(files[f"{name}.csv"].decode("utf-8-sig"), newline="")))
        assert table[0] == list(told["columns"].values()) and len(table) - 1 == len(told["rows"])
        for cells, row in zip(table[1:], told["rows"], strict=True):
            assert cells == ["" if cell is None else str(cell) for cell in row.values()]
        keys = [row["key"] for row in told["rows"]]
        assert len(set(keys)) == len(keys), name
    (offered,) = [
        row["value"]
        for row in json.loads(files["figures.json"])["rows"]
        if row["key"] == f"2017/files_offered//{ALL_KINDS}"
    ]
    assert offered == 1932


def test_long_lists_have_a_page_for_each_body(whole):
    (first, *others) = whole.bodies
    many = replace(first, files=tuple({**first.files[0], "key": f"k{n}"} for n in range(2001)))
    found = dict(site([many, *others[:3]], whole.tally, (), YEAR, END))
    page = f"files-{first.body['key']}.html"
    assert f'href="{page}"'.encode() in found["files.html"] and found[page].count(b'id="k') == 2001


def test_cells_of_csv_files_are_no_formulas():
    text = Dataset(
        name="x", title="x", unit="件", about="x", captions=(Caption("key", "キー"), Caption("n", "数", number=True)),
        rows=[{"key": "=1+1", "n": -3}],
    ).as_csv()  # fmt: skip
    assert text.decode("utf-8-sig") == '"キー","数"\r\n"\'=1+1","-3"\r\n'


def test_fiscal_years_are_named_as_in_official_papers():
    assert [era_year(year) for year in (2017, 2018, 2019, 2026)] == [
        "平成29年度", "平成30年度", "令和元年度", "令和8年度",
    ]  # fmt: skip
