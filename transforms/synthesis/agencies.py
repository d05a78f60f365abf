"""Ledgers of invented public bodies in the size of fiscal 2017 (平成29年度): calls, cases, inquiries.

141 bodies call for proposals on 1,932 files in that year (283 of State organs, 1,649 of incorporated
agencies), and 144 inquiries come to the information desk (92, 23, 29), as the commission published. Names,
days and cases are invented. The fold of ledgers has accepted what a ledger holds, so replay accepts it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tokumei.schemas import body_events as b
from tokumei.schemas.events import BodyKind, Event
from tokumei.schemas.figures import FIRST_YEAR
from tokumei.schemas.file_items import Period
from tokumei.schemas.regimes import fiscal_year
from tokumei.transforms.ledger.fold import fold_events
from tokumei.transforms.synthesis.cases import Path, Product, case_of
from tokumei.transforms.synthesis.drafts import Draft, at, events_of
from tokumei.transforms.synthesis.sampling import stream

_YEARS = 3
_FIELDS = (
    *(
        "個人情報",
        "統計",
        "福祉",
        "農務",
        "水産",
        "森林",
        "気象",
        "海事",
        "航路",
        "鉄道",
        "道路",
        "河川",
        "住宅",
    ),
    *("観光", "文化", "体育", "学術", "科学", "工業", "特産", "商務", "資源", "環境", "防災", "消防", "医務"),
    *("薬務", "年金", "労務", "職業", "検疫", "税務", "財務", "文書"),
)
_AGENCIES = ("研究所", "機構", "センター", "振興会")
_TOPICS = (
    "利用者台帳",
    "申請者名簿",
    "相談記録",
    "給付記録",
    "受診記録",
    "届出受付簿",
    "会員台帳",
    "調査対象者名簿",
)
_FILES: dict[BodyKind, int] = {"行政機関": 283, "独立行政法人等": 1649}
_BODIES: dict[BodyKind, int] = {"行政機関": len(_FIELDS), "独立行政法人等": 141 - len(_FIELDS)}
_ASKED: dict[b.InquiredBy, int] = {"agency": 92, "local": 23, "private": 29}


@dataclass(frozen=True, kw_only=True)
class Agency:
    """An invented body: its files are offered in each of its yearly calls."""

    number: int
    name: str
    kind: BodyKind
    files: int
    cases: int
    desk: bool


def agencies(cases: int, seed: int) -> tuple[Agency, ...]:
    """Return the bodies among which so many cases are dealt; the first runs the information desk."""
    rng = stream(seed, "agencies", 0)
    sizes: list[int] = []
    for kind, files in _FILES.items():
        share = rng.gamma(0.7, size=_BODIES[kind])
        sizes += (1 + rng.multinomial(files - _BODIES[kind], share / share.sum())).tolist()
    dealt = rng.multinomial(cases, np.array(sizes) / sum(sizes)).tolist()
    names = [(f"架空{field}庁", "行政機関") for field in _FIELDS]
    names += [(f"独立行政法人架空{field}{end}", "独立行政法人等") for end in _AGENCIES for field in _FIELDS]
    kinds: list[BodyKind] = [kind for kind, n in _BODIES.items() for _ in range(n)]
    return tuple(
        Agency(number=i, name=names[i][0], kind=kinds[i], files=sizes[i], cases=dealt[i], desk=i == 0)
        for i in range(len(sizes))
    )


def events_of_agency(agency: Agency, seed: int) -> Iterator[list[Event]]:
    """Yield the events of one body, a segment a fiscal year, in the order in which they were recorded.

    The same agency and seed give the same events.

    Raises:
        InputError: the fold refuses one of them, which would be a fault of this module.
    """
    rng = stream(seed, "ledger", agency.number)
    files = _held(agency, rng)
    drafts = [*_judged(files, rng), *_unfit_files(agency, rng)]
    windows: list[_Window] = []
    for year in range(FIRST_YEAR, FIRST_YEAR + _YEARS):
        for window in _calls(agency, year, rng):
            offered = files[: max(1, len(files) // 3)] if window.again else files
            drafts += _called(agency, offered, window, rng)
            windows.append(window)
    drafts += _cases(agency, files, windows, rng)
    drafts += _asked(rng) if agency.desk else ()
    drafts += _complaints(agency, rng)
    events = list(events_of(agency.name, agency.kind, drafts))
    fold_events(events)
    for _, segment in itertools.groupby(events, lambda event: fiscal_year(event.recorded_at.date())):
        yield list(segment)


@dataclass(frozen=True)
class _Held:
    """A file of an agency, its people, and whether third parties are heard about it."""

    key: str
    name: str
    people: int
    heard: bool


def _held(agency: Agency, rng: np.random.Generator) -> list[_Held]:
    people = np.rint(10 ** rng.uniform(3.2, 6, agency.files)).astype(int).tolist()
    heard = (rng.random(agency.files) < 0.1).tolist()
    names = [f"{_TOPICS[n % len(_TOPICS)]}{n // len(_TOPICS) + 1}" for n in range(agency.files)]
    return [_Held(_key(agency, name), name, people[n], heard[n]) for n, name in enumerate(names)]


def _key(agency: Agency, name: str) -> str:
    return hashlib.sha256(f"{agency.name}\0{name}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Window:
    """A call: its id, its first and last day, and whether it is the second of its year."""

    call: str
    first: dt.date
    last: dt.date
    again: bool


def _judgement(holds: bool, reason: str) -> b.Condition:
    return b.Condition(holds=holds, by="個人情報保護管理者", reason=reason)


_HOLDS = _judgement(True, "要件を満たすと認めた。")
_HINDERS = _judgement(False, "事務の適正な遂行に支障を及ぼすおそれがある。")


def _file(name: str, people: int, *, eligible: bool, opinion: bool) -> b.FileJudged:
    return b.FileJudged(
        name=name,
        people=people,
        published=_HOLDS,
        disclosable=_HOLDS,
        unhindered=_HOLDS if eligible else _HINDERS,
        third_party_opinion=opinion,
    )


def _judged(files: list[_Held], rng: np.random.Generator) -> Iterator[Draft]:
    """Judge every file in the first days; a few were first found not to be eligible."""
    first = dt.date(FIRST_YEAR, 5, 30)
    twice = (rng.random(len(files)) < 0.03).tolist()
    for i, file in enumerate(files):
        if twice[i]:
            said = _file(file.name, file.people, eligible=False, opinion=False)
            yield Draft(at(first, 9), said, file.key)
        said = _file(file.name, file.people, eligible=True, opinion=file.heard)
        yield Draft(at(first + dt.timedelta(days=i % 9), 10), said, file.key)


def _unfit_files(agency: Agency, rng: np.random.Generator) -> Iterator[Draft]:
    """Files that no call offers: not eligible, or erased before for having become too small."""
    for n in range(int(rng.integers(0, 3))):
        key = _key(agency, f"対象外{n}")
        erased = n == 1
        said = _file(f"対象外の記録{n + 1}", 1200, eligible=erased, opinion=False)
        yield Draft(at(dt.date(FIRST_YEAR, 5, 31), 11), said, key)
        if erased:
            yield Draft(
                at(dt.date(FIRST_YEAR, 6, 9), 11), b.FileErased(people=int(rng.integers(200, 1000))), key
            )


def _calls(agency: Agency, year: int, rng: np.random.Generator) -> Iterator[_Window]:
    """Yield the calls of a year; every seventeenth body has a second one."""
    first = dt.date(year, 7, 10) + dt.timedelta(days=int(rng.integers(0, 140)))
    last = first + dt.timedelta(days=int(rng.integers(30, 46)))
    yield _Window(f"{year}-1", first, last, again=False)
    if agency.number % 17 == 5:
        first = last + dt.timedelta(days=30)
        yield _Window(f"{year}-2", first, first + dt.timedelta(days=30), again=True)


def _called(agency: Agency, files: list[_Held], window: _Window, rng: np.random.Generator) -> Iterator[Draft]:
    """Announce, open and close a call; the contact of a few announcements was wrong and is corrected."""
    call, first, last = window.call, window.first, window.last
    announced = at(first - dt.timedelta(days=int(rng.integers(10, 31))), 10)

    def said(contact: str) -> b.CallAnnounced:
        return b.CallAnnounced(
            title=f"{call[:4]}年度の提案の募集（第{call[-1]}回）",
            period=Period(start=first, end=last),
            files=tuple(file.key for file in files),
            window=b.Desk(
                name="総務課情報公開窓口", address=f"架空市中央{agency.number + 1}番地", contact=contact
            ),
        )

    contact = f"窓口番号{agency.number + 1:03}"
    wrong = said("未定") if rng.random() < 0.05 else None
    yield Draft(announced, said(contact), call, call=call, wrong=wrong)
    yield Draft(at(first, 0), b.CallOpened(), call, call=call)
    yield Draft(at(last + dt.timedelta(days=1), 0), b.CallClosed(), call, call=call)


def _cases(
    agency: Agency,
    files: list[_Held],
    windows: list[_Window],
    rng: np.random.Generator,
) -> Iterator[Draft]:
    """Deal the agency's cases over its calls and files; some are on products that exist."""
    products: list[Product] = []
    which = np.sort(rng.integers(0, len(windows), agency.cases)).tolist() if windows else []
    for n, number in enumerate(which):
        window = windows[number]
        offered = max(1, len(files) // 3) if window.again else len(files)
        file = files[int(rng.integers(0, offered))]
        path = Path(
            case=f"{window.call}-{n + 1:06}",
            file=file.key,
            call=window.call,
            first=window.first,
            last=window.last,
            heard=file.heard,
            people=file.people,
        )
        made = yield from case_of(path, products, rng)
        if made is not None:
            products.append(made)


def _asked(rng: np.random.Generator) -> Iterator[Draft]:
    """The inquiries of the first year; some were first put down under the wrong kind of asker."""
    askers = [by for by, n in _ASKED.items() for _ in range(n)]
    days = np.sort(rng.integers(0, 304, len(askers))).tolist()
    for n, by in enumerate(rng.permutation(len(askers)).tolist()):
        said = b.InquiryReceived(by=askers[by], about="制度の概要")
        wrong = b.InquiryReceived(by="private", about="制度の概要") if n % 24 == 7 else None
        day = dt.date(FIRST_YEAR, 5, 31) + dt.timedelta(days=days[n])
        key = f"問{n + 1:04}"
        yield Draft(at(day, 11), said, key, wrong=wrong)
        if n % 40:
            yield Draft(at(day + dt.timedelta(days=int(rng.integers(0, 15))), 15), b.InquiryAnswered(), key)


def _complaints(agency: Agency, rng: np.random.Generator) -> Iterator[Draft]:
    """A few complaints a body; of some nothing was meant as one, and they are annulled."""
    for n in range(int(rng.integers(0, 4))):
        day = dt.date(FIRST_YEAR, 8, 1) + dt.timedelta(days=int(rng.integers(0, 900)))
        key = f"苦{n + 1:03}"
        void = rng.random() < 0.1
        yield Draft(at(day, 14), b.ComplaintReceived(about="募集の案内が分かりにくい。"), key, void=void)
        if not void and rng.random() < 0.9:
            answered = at(day + dt.timedelta(days=int(rng.integers(1, 60))), 16)
            yield Draft(answered, b.ComplaintAnswered(outcome="案内を改めた。"), key)
