"""The public notice says what the law asks for, of each regime."""

from __future__ import annotations

import re

import pytest
from support.hostile import HOSTILE

from tokumei.schemas.laws import LAWS
from tokumei.transforms.pages.notices import notice_page
from tokumei.transforms.report.notice import render_notice


def test_private_notice(make_policy, report):
    notice = render_notice(make_policy(), report)
    assert "第43条第3項及び第4項" in notice
    items = notice.split("## 1 ")[1].split("## 2 ")[0]
    assert re.findall("- 「(.*)」", items) == [
        "会員番号",
        "生年月日",
        "性別",
        "住所",
        "職業",
        "年間購入額",
        "入会日",
    ]
    assert "暗号化したファイルを" in notice.split("## 2 ")[1]
    assert "この情報は、匿名加工情報です" in notice
    assert "氏名" not in notice and "提案" not in notice


@pytest.mark.parametrize(
    ("regime", "product", "article"),
    [
        ("public", "行政機関等匿名加工情報", "法第117条"),
        ("public_2022", "行政機関等匿名加工情報", "法第115条"),
        ("public_2017", "行政機関非識別加工情報", "法第44条の11"),
    ],
)
def test_public_notice(make_policy, make_report, regime, product, article):
    notice = render_notice(make_policy(regime), make_report(people=12_345))
    assert f"# {product}の概要" in notice
    assert all(f"（{article}第{n}号）" in notice for n in (1, 2, 3))
    assert "本人の数: 12,345人" in notice
    assert "- 「年間購入額」" in notice and "氏名" not in notice
    assert "みなと市 総務局 デジタル推進課" in notice
    assert "2026年12月1日から2028年11月30日まで" in notice
    assert ("匿名加工情報" in notice) == (regime != "public_2017")


def test_the_notice_of_a_small_file_names_the_ordinance_and_its_book(make_policy, make_report):
    report = make_report(people=396, small_file_ordinance="みなと市個人情報保護条例第5条")
    first, _, items = render_notice(make_policy("public"), report).partition("## 1 ")
    assert "第75条第5項及びみなと市個人情報保護条例第5条に基づく帳簿に記載した事項" in first
    assert "個人情報ファイル簿" not in first and "本人の数: 396人" in items


def said(markdown):
    """What a notice in Markdown says, line by line, without its marks."""
    lines = [re.sub(r"^(#+|-) ", "", line) for line in markdown.splitlines() if line]
    plain = [re.sub(r"\\\\(.)", r"\1", line).replace("&lt;", "<").replace("&gt;", ">") for line in lines]
    return " ".join(" ".join(plain).split())


@pytest.mark.parametrize("regime", ["private", "public", "public_2022", "public_2017"])
def test_the_page_says_what_the_text_says(make_policy, make_report, parse, regime):
    text = render_notice(make_policy(regime), make_report(people=12_345))
    page = parse(notice_page(text, LAWS[regime]))
    shown = page.text().partition("現物")[0]
    body = shown[shown.index("}", shown.rindex("{")) + 1 :].replace("}", "").strip()
    assert body.startswith(said(text)), (body, said(text))
    assert [tag for tag, _ in page.tags].count("h2") == text.count("\n## ")
    assert {a["href"] for tag, a in page.tags if tag == "a"} == {
        "../../register/index.html",
        "public-report.html",
    }
    assert ("個人情報ファイル簿" in body[len(said(text)) :]) == (regime != "private")


def test_the_page_shows_markup_as_text(make_policy, report, parse):
    text = render_notice(make_policy(name=HOSTILE, how_provided="- # **太字** \\ &lt;"), report)
    page = notice_page(text, LAWS["private"])
    assert "<script" not in page and " ".join(HOSTILE.split()) in parse(page).text()
    assert "# **太字** \\ &lt;" in parse(page).text()


def test_notice_escapes_markup(make_policy, report):
    notice = render_notice(make_policy(name=HOSTILE, how_provided=HOSTILE), report)
    assert "<script" not in notice
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\"'\\&\\`\\|\\*\\_\\[x\\](y) \\# h" in notice
    assert len([line for line in notice.splitlines() if line.startswith("#")]) == 4
