"""The papers of a release show the way to one another, and no public one to an internal one."""

import re

from support.helpers import policy_of

KEEP = {"keep": True, "because": "粗い区分のため"}
PUBLIC = ("notice.html", "public-report.html")


def ways(page):
    """The files that a page leads to, by the names that they have on it."""
    links = re.findall(r'<a href="([^"#]+)(?:#[^"]*)?">([^<]*)</a>', page.read_text())
    found = {title: (page.parent / href).resolve() for href, title in links}
    assert all(place.is_file() for place in found.values()), found
    return found


def test_report_notice_and_register_lead_to_one_another(run):
    rows = {"data.csv": "sex\n" + "男\n" * 12 + "女\n" * 12}
    done = run(policy_of({"sex": KEEP}, k=5, limit=0.1), rows, args=("--release-id", "r1"))
    assert done.status == 0, done.err
    release, register = done.release.resolve(), (done.root / "register" / "index.html").resolve()
    notice, public = (release / name for name in PUBLIC)
    assert ways(release / "report.html") == {
        "公表": notice,
        "作成報告書（公表できる部分）": public,
        "作成・提供の記録": register,
    }
    assert ways(register) == {"公表した概要": notice, "作成報告書（公表できる部分）": public}
    assert ways(notice) == {"作成・提供の記録": register, "作成報告書（公表できる部分）": public}
    assert ways(public) == {}
    assert f"notice:   {done.release}/notice.html" in done.out


def test_the_book_of_another_body_leads_to_its_own_releases(run):
    rows = {"data.csv": "sex\n" + "男\n" * 12 + "女\n" * 12}
    for name, body in (("r1", "株式会社甲"), ("r2", "株式会社乙")):
        policy = policy_of({"sex": KEEP}, k=5, limit=0.1)
        policy["file"]["body"] = body
        done = run(policy, rows, args=("--release-id", name))
        assert done.status == 0, done.err
    first = done.root / "register" / "index.html"
    second = ways(first)["株式会社乙"]
    assert ways(first)["公表した概要"] == (done.root / "releases" / "r1" / "notice.html").resolve()
    assert ways(second)["公表した概要"] == (done.root / "releases" / "r2" / "notice.html").resolve()
