"""Notice and register name what is released: at the level that was chosen, and nothing of which nothing is left."""

import json
import re

from support.helpers import KEEP_ALL, PSEUDONYM, QI, SUPPRESS, policy_of

ID = {"title": "会員番号", "released_as": "仮ID", "treat": [PSEUDONYM]}
ADDRESS = {
    "title": "住所",
    "released_as": "市区町村",
    "treat": [
        {"criterion": 1, "method": "address", "level": "city"},
        {**QI, "hierarchy": {"kind": "address"}},
    ],
}
AGE = {
    "title": "年齢",
    "released_as": "年代（10ごとの区間）",
    "type": "integer",
    "treat": [{**QI, "hierarchy": {"kind": "intervals", "widths": [10]}}],
}
TOWNS = ["東京都港区", "東京都北区", "東京都新宿区", "東京都中野区"]


def test_items_are_told_as_they_are_released_everywhere(run):
    made = policy_of(
        {
            "id": ID,
            "address": ADDRESS,
            "age": AGE,
            "job": {"title": "職業", "treat": [SUPPRESS]},
            "kind": KEEP_ALL,
        },
        k=20,
    )
    rows = [(f"C{i}", TOWNS[i // 10] + "1-1", 20 + i % 10, f"職業{i}", "") for i in range(40)]
    lines = ["id,address,age,job,kind", *(",".join(map(str, row)) for row in rows)]
    done = run(made, {"data.csv": "\n".join(lines) + "\n"})
    assert done.status == 0, done.err
    items = ["仮ID", "市区町村（都道府県）", "年代（10ごとの区間）"]
    assert re.findall("- 「(.*)」", (done.release / "notice.md").read_text()) == items
    assert [c["item"] for c in done.report["tables"][0]["columns"] if c["item"]] == items
    book = json.loads((done.release.parents[1] / "register" / "book.json").read_text())
    assert book["entries"][-1]["product_items"][0]["items"] == items
    assert "every cell is blank or * in job, kind: notice and register do not name" in done.out
    page = (done.release / "report.html").read_text()
    assert "公表と帳簿での名称：市区町村（都道府県）" in page and page.count("公表と帳簿に記さない") == 2
