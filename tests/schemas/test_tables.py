import csv
import datetime
import io
import itertools
import subprocess
import sys
import zipfile
from collections import Counter
from importlib import resources

import pytest

from tokumei.schemas.tables import (
    address_hierarchy,
    area_codes,
    eras,
    fold_place_name,
    is_invisible,
    municipalities,
    regions,
    variant_groups,
)
from tokumei.schemas.tables.build_municipalities import build_municipalities, main
from tokumei.schemas.tables.people import name_kanji

LINES = [
    ("13102", "東京都", "中央区", "銀座"),
    ("14117", "神奈川県", "横浜市青葉区", "美しが丘"),
    ("14118", "神奈川県", "横浜市都筑区", "川和町"),
    ("14362", "神奈川県", "足柄上郡大井町", "金子（次のビルを除く、"),
    ("14362", "神奈川県", "足柄上郡大井町", "続きの行）"),
    ("12329", "千葉県", "印旛郡栄町", "安食"),
    ("12101", "千葉県", "千葉市中央区", "栄町"),
    ("13381", "東京都", "三宅島三宅村", "阿古"),
    ("13206", "東京都", "府中市", "宮町"),
    ("34208", "広島県", "府中市", "府川町"),
    ("13421", "東京都", "小笠原村", "小笠原村一円"),
]


def archive(path, lines):
    text = io.StringIO()
    for code, prefecture, city, town in lines:
        csv.writer(text).writerow(
            [code, "000  ", "0000000", "ｶﾅ", "ｶﾅ", "ｶﾅ", prefecture, city, town, *"000000"]
        )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("KEN_ALL.CSV", text.getvalue().encode("cp932"))
    return path


def test_build_from_an_archive(tmp_path):
    output = tmp_path / "municipalities.csv"
    main([str(archive(tmp_path / "ken_all.zip", LINES)), "--output", str(output)])
    assert output.read_bytes().decode().split("\n") == [
        "code,prefecture,county,name,county_alone,name_alone",
        "12100,千葉県,,千葉市,1,1",
        "12101,千葉県,,千葉市中央区,1,1",
        "12329,千葉県,印旛郡,栄町,1,0",
        "13102,東京都,,中央区,0,0",
        "13206,東京都,,府中市,0,0",
        "13381,東京都,三宅島,三宅村,1,1",
        "13421,東京都,,小笠原村,1,1",
        "14110,神奈川県,,横浜市,1,1",
        "14117,神奈川県,,横浜市青葉区,1,1",
        "14118,神奈川県,,横浜市都筑区,1,1",
        "14362,神奈川県,足柄上郡,大井町,1,1",
        "34208,広島県,,府中市,0,0",
        "",
    ]


def test_build_refuses_names_that_the_variants_would_mix_up():
    with pytest.raises(ValueError, match="same spelling"):
        build_municipalities(
            [*LINES, ("14999", "神奈川県", "龍崎市", "x"), ("14998", "神奈川県", "竜崎市", "x")]
        )


def test_municipalities():
    table = municipalities()
    assert len(table) == 1912
    assert len({place.code for place in table}) == len({place.full for place in table}) == 1912
    assert [place.code for place in table] == sorted(place.code for place in table)
    by_code = {place.code: place for place in table}
    assert by_code["14214"].full == "神奈川県伊勢原市"
    assert by_code["14100"].full == "神奈川県横浜市"
    assert by_code["27140"].full == "大阪府堺市"
    assert by_code["22130"].full == "静岡県浜松市"
    assert (by_code["28481"].county, by_code["28481"].name) == ("赤穂郡", "上郡町")
    assert (by_code["29203"].county, by_code["29203"].name) == ("", "大和郡山市")
    assert (by_code["13364"].county, by_code["13364"].name) == ("", "神津島村")


def test_counts_are_those_of_the_country():
    table = municipalities()
    designated = [
        p
        for p in table
        if p.code.endswith("0")
        and any(q.name.startswith(p.name) and q != p and q.prefecture == p.prefecture for q in table)
    ]
    wards = [p for p in table if p.name.endswith("区") and "市" in p.name]
    assert (len(designated), len(wards)) == (20, 171)
    assert len([p for p in table if p.name.endswith("区") and p.prefecture == "東京都"]) == 23
    assert len(table) - len(wards) == 1718 + 23


def test_prefecture_codes_agree_with_the_regions():
    order = list(regions())
    assert len(order) == 47
    for place in municipalities():
        assert order.index(place.prefecture) + 1 == int(place.code[:2])


def test_regions():
    assert Counter(regions().values()) == {
        "北海道": 1,
        "東北": 6,
        "関東": 7,
        "中部": 9,
        "近畿": 7,
        "中国": 5,
        "四国": 4,
        "九州・沖縄": 8,
    }
    assert regions()["神奈川県"] == "関東"
    assert regions()["沖縄県"] == "九州・沖縄"
    assert "神奈川" not in regions()


def test_hierarchy_has_one_parent_for_each_place():
    rows = address_hierarchy()
    assert ("神奈川県伊勢原市", "神奈川県", "関東") in rows
    assert len({city for city, _, _ in rows}) == len(rows) == 1912
    assert all(
        city.startswith(prefecture) and region == regions()[prefecture] for city, prefecture, region in rows
    )


def test_eras_follow_one_another():
    table = eras()
    assert [era.letter for era in table] == list("MTSHR")
    gaps = [(later.first_day - earlier.last_day).days for earlier, later in itertools.pairwise(table)]
    assert gaps == [0, 0, 1, 1]  # the edicts of 1912 and 1926 rename the day itself
    assert table[0].first_day == datetime.date(1873, 1, 1)
    assert table[-1].last_day == datetime.date.max
    assert all(era.first_year == era.first_day.year for era in table[1:])


def test_area_codes_are_prefix_free():
    table = area_codes()
    heads = sorted(table)
    assert not [a for a, b in itertools.pairwise(heads) if b.startswith(a)]
    assert all(head.startswith(code) or code.startswith(head) for head, code in table.items())
    assert all(2 <= len(code) <= 5 for code in table.values())
    known = {"03": "03", "06": "06", "0463": "0463", "04292": "04", "0422": "0422", "04992": "04992"}
    for head, code in known.items():
        found = {value for key, value in table.items() if key.startswith(head) or head.startswith(key)}
        assert found == {code} or (head == "0422" and found == {"042", "0422"})
    assert not [
        head for head in table if head.startswith(("0120", "0570", "0800", "090", "080", "070", "050"))
    ]


def test_variant_groups_do_not_overlap():
    chars = "".join(variant_groups())
    assert len(chars) == len(set(chars))
    assert all(len(group) > 1 for group in variant_groups())


def test_folding():
    assert fold_place_name("龍ヶ崎市") == fold_place_name("竜が崎市") == fold_place_name("竜 ｹ﨑　市")
    assert fold_place_name("神埼郡") != fold_place_name("神崎郡")
    assert fold_place_name(fold_place_name("塩竈市")) == fold_place_name("塩釜市")
    assert is_invisible("\u3000")
    assert is_invisible("\U000e0100")
    assert not is_invisible("市")


def test_folding_keeps_the_municipalities_of_a_prefecture_apart():
    names = Counter(fold_place_name(place.full) for place in municipalities())
    assert max(names.values()) == 1


def test_package_data_is_small_and_described():
    folder = resources.files("tokumei.schemas.tables")
    files = {
        item.name: len(item.read_bytes()) for item in folder.iterdir() if item.name.endswith((".csv", ".txt"))
    }
    assert sum(files.values()) < 1_900_000
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in readme for name in files)


def test_kernels_and_tables_do_not_import_beam():
    code = (
        "import sys, tokumei.schemas.tables, tokumei.transforms.values.addresses, tokumei.transforms.values.dates\n"
        "import tokumei.transforms.values.bands, tokumei.transforms.values.phones, tokumei.transforms.values.postal\n"
        "import tokumei.transforms.values.distinct\n"
        "sys.exit('apache_beam' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_in_kanji_and_how_they_are_read():
    surnames, given = name_kanji()
    assert (len(surnames), len(given)) == (29_208, 69_864)  # as the READMEs say
    assert surnames["佐藤"] == ("サトウ",) and {"アズマ", "ヒガシ"} <= {*surnames["東"]}
    assert "タロウ" in given["太郎"]
