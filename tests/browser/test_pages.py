"""The pages in a real browser: axe-core finds nothing, nothing is cut off at any width, and what is printed can be signed."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.helpers import policy_of
from support.id_pos_release import id_pos_policy, id_pos_report

from tokumei.pipelines.cli import main
from tokumei.schemas.laws import LAWS
from tokumei.schemas.public_report import public_part
from tokumei.schemas.register import Book
from tokumei.schemas.register_ends import Withdrawal
from tokumei.schemas.released_entry import entry_of
from tokumei.schemas.report_attacks import AttackReport, SuccessRate, TargetsReport
from tokumei.schemas.report_classes import ExampleClass, ExampleLabel
from tokumei.schemas.report_earlier import EarlierReport, JointRelease
from tokumei.schemas.report_rehearsal import Expected, Rehearsal, RehearsedChoice
from tokumei.transforms.pages.notices import notice_page, withdrawn_page
from tokumei.transforms.register.views import VIEWS
from tokumei.transforms.report.notice import render_notice
from tokumei.transforms.report.page import render_public_report, render_report

HERE = Path(__file__).parent
WIDTHS = (1280, 768, 400)


def examples():
    labels = [(f"{low}代", place) for low in (20, 30, 40, 50, 60) for place in ("東京都", "神奈川県")]
    return tuple(
        ExampleClass(
            table="customers",
            title="会員",
            labels=(ExampleLabel(title="年代", label=age), ExampleLabel(title="地域", label=place)),
            people=5 + 300 * i,
            capped=False,
        )
        for i, (age, place) in enumerate(labels)
    )


def rehearsal():
    choices = (
        RehearsedChoice(name="方針のとおり", records=21_934, people=21_934, left_out=37, loss=0.2, exposed=3),
        RehearsedChoice(name="k=20, recoding=cells", refused="requirement.suppression", seconds=12.3),
    )
    expected = Expected(seconds=10.8, cpu_seconds=2.4, peak_mib=437, compared=True)
    return id_pos_report(rehearsal=Rehearsal(sample=20, expected=expected, choices=choices))


def attacks():
    """One that everybody was counted for, and one on people who were drawn; the second gains too much."""
    rates = [SuccessRate(rate=rate, low=rate / 2, high=2 * rate) for rate in (0.03, 0.01, 0.02)]
    told = dict(zip(("success", "control", "advantage"), rates, strict=True))
    common = {"rarest": False, "table": "customers", "table_title": "会員", "chance": 0.001, "people": 990}
    common |= {"title": "照合", "learns": None, "declared": 0, **told}
    common |= {
        "sentence": "年代と市区町村を知る者は、探した990人のうち3.0%を言い当てた。",
        "knows": ("年代", "市区町村"),
    }
    common["control_meaning"] = "別の人について知っていることで、その人のレコードを探したとき"
    drawn = TargetsReport(drawn=1000, left_out=10, of_all=rates[0], absent=200, named=3)
    return (
        AttackReport(attack="linkage", counted=False, at_most=0.01, targets=drawn, untreated=0.97, **common),
        AttackReport(
            attack="singling_out", counted=True, at_most=0.5, targets=None, untreated=None, **common
        ),
    )


def earlier():
    """A table that was compared with what its recipients hold, and one of which nobody asked."""
    counts = {"suppressed": 3, "held_back": 31, "waiting": 9, "people": 5, "releases": 364}
    among = {"recodings": 2, "people": 570, "few": 0, "alone": 0, "told": 0}
    joint = JointRelease(release="winter-2025", people=570, few=0, alone=0, told=0)
    moved = {"stayed": 570, "altered": 5, "came": 12, "left": 8, "by_counts": 2}
    asked = EarlierReport(
        table="customers",
        title="会員",
        frozen="spring-2026",
        **counts,
        **moved,
        joint=(joint,),
        together=among,
    )
    unasked = EarlierReport(
        table="lines", title="購買", frozen=None, **counts, by_counts=300, asked=False, classes=4
    )
    return asked, unasked


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Pages of every kind, by name."""
    folder = tmp_path_factory.mktemp("pages")
    measured = {"classes": examples(), "attacks": attacks(), "earlier": earlier()}
    report, policy = id_pos_report(**measured), id_pos_policy("public")
    notice = notice_page(render_notice(policy, report), LAWS["public"])
    gone = Withdrawal(release_id="r1", at="2026-12-01T10:00:00+09:00", because="誤った列が含まれていたため")
    book = Book().with_entry(entry_of(policy, id_pos_report(regime="public")))
    texts = {
        "report": render_report(report),
        "rehearsal": render_report(rehearsal()),
        "public-report": render_public_report(public_part(report)),
        "notice": notice,
        "withdrawn": withdrawn_page(notice, gone),
        "register": VIEWS["index.html"](book.after_withdrawal(gone, gone.at)).decode(),
        "empty-register": VIEWS["index.html"](Book()).decode(),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text)
    return {name: folder / f"{name}.html" for name in texts}


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The report of purchases with histories, by a run: long sentences, curves, findings that nobody declared."""
    folder = tmp_path_factory.mktemp("released")
    rows = "".join(
        f"p{i},{'男女'[i % 2]},item{(i * 7 + j) % 23}\n" for i in range(120) for j in range(1 + i % 5)
    )
    (folder / "data.csv").write_text("id,sex,item\n" + rows)
    policy = policy_of(
        {
            "id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "member"}]},
            "sex": {"keep": True, "because": "粗い区分のため"},
            "item": {"keep": True, "because": "分析に用いるため"},
        },
        k=3,
        limit=0.1,
    )
    policy["tables"]["t"] |= {"person": "id", "rows_per_person": "several"}
    (folder / "policy.json").write_text(json.dumps(policy, ensure_ascii=False))
    assert main(["anonymize", str(folder / "policy.json"), "--output", str(folder / "out")]) == 0
    return next(folder.glob("out/releases/*/report.html"))


@pytest.fixture(scope="module")
def agencies(tmp_path_factory):
    """The public pages of many bodies."""
    folder = tmp_path_factory.mktemp("agencies")
    assert main(["synthesize", "agencies", "--rows", "20", "--output", str(folder / "out")]) == 0
    args = ["--year", "2017", "--as-of", "2018-06-30", "--pages", str(folder / "pages")]
    assert main(["statistics", str(folder / "out"), *args]) == 0
    return {
        f"agencies-{name}": folder / "pages" / f"{name}.html" for name in ("index", "register", "products")
    }


@pytest.fixture(scope="module")
def seen(pages, released, agencies, tmp_path_factory):
    """What the browser says of all pages."""
    if not shutil.which("npm"):
        if os.environ.get("CI"):
            pytest.fail("npm is not there")
        pytest.skip("needs Node 20 or newer")
    folder = Path(
        subprocess.run([HERE / "install.sh"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    )
    shutil.copy(HERE / "browse.mjs", folder)  # imports are looked for beside it
    order = {
        "pages": {name: str(path) for name, path in {**pages, "released": released, **agencies}.items()},
        "widths": WIDTHS,
        "to": str(tmp_path_factory.mktemp("photographs")),
    }
    done = subprocess.run(
        ["node", "browse.mjs"],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder / "tmp"), "FONTCONFIG_FILE": str(folder / "fonts.conf")},
        input=json.dumps(order),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
    )
    return json.loads(done.stdout)


def test_axe_finds_nothing(seen):
    found = {
        (name, width): view["axe"] for name, page in seen.items() for width, view in page["widths"].items()
    }
    assert len(found) == len(seen) * len(WIDTHS) and len(seen) == 11
    assert {place: told for place, told in found.items() if told} == {}


def test_nothing_is_cut_off_at_any_width(seen):
    found = {(name, w): view["clipped"] for name, page in seen.items() for w, view in page["widths"].items()}
    assert {place: told for place, told in found.items() if told} == {}


def test_every_sheet_has_its_number(seen):
    for name, page in seen.items():
        total = len(page["sheets"])
        for i, lines in enumerate(page["sheets"], 1):
            assert lines[-1] == f"{i}/{total}", (name, i, lines[-3:])


def test_no_heading_stands_alone_at_the_foot_of_a_sheet(seen):
    """Neither a heading, nor the caption or the head of a table."""
    for name, page in seen.items():
        heads = {heading for heading in page["headings"] if len(heading) > 2}
        for i, lines in enumerate(page["sheets"][:-1], 1):
            assert lines[-2] not in heads, (name, i, lines[-4:])


def test_the_internal_report_says_so_on_every_sheet_and_has_boxes_to_sign(seen):
    for name in ("report", "released", "rehearsal"):
        assert all("内部用" in lines[0] for lines in seen[name]["sheets"]), name
    for name in ("report", "released"):
        first = "".join(seen[name]["sheets"][0])
        assert re.search("決裁欄.*決裁合議審査起案", first), first
    for name, page in seen.items():
        if name not in ("report", "released", "rehearsal"):
            assert "内部用" not in "".join("".join(lines) for lines in page["sheets"]), name


def test_a_table_over_several_sheets_has_its_head_on_each(seen):
    sheets = ["".join(lines) for lines in seen["agencies-index"]["sheets"]]
    headed = [i for i, text in enumerate(sheets) if "数行政機関独立行政法人等計" in text]
    assert len(headed) > 1 and headed == [*range(headed[0], headed[-1] + 1)]
