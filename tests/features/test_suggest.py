"""`tokumei suggest`: files → a policy with marked questions → answers → check → a release; and what changes later."""

import builtins
import json
import sys
from pathlib import Path

import polars as pl
import pytest
import yaml

from tokumei.pipelines.cli import main
from tokumei.schemas.strict import TO_DECIDE

FACTS = {
    "file.name": "住民の台帳",
    "file.body": "株式会社サンプル",
    "file.department": "企画課",
    "file.purpose": "統計の作成",
    "file.how_provided": "暗号化した通信による送信",
    "requirements.because": "試算から",
}


@pytest.fixture
def made(tmp_path, capsys, monkeypatch):
    """Invented files in the working directory."""
    monkeypatch.chdir(tmp_path)

    def make(preset, rows=1500, *more):
        assert main(["synthesize", preset, "--rows", str(rows), "--output", ".", *more]) == 0
        capsys.readouterr()
        return tmp_path

    return make


def suggested(run, *files, answers=None, args=()):
    """Run `suggest` with answers kept in a file; the policy's text."""
    extra = []
    if answers is not None:
        answers = {**answers, **{f"tables.{name.partition('.')[0]}.title": "表" for name in files}}
        Path("answers.yaml").write_text(json.dumps(answers, ensure_ascii=False))
        extra = ["--answers", "answers.yaml"]
    done = run(files[0], job="suggest", args=[*files[1:], *extra, *args])
    assert done.status == 0, done.err
    return done.out


def test_from_a_file_to_a_release(run, made):
    folder = made("residents")
    text = suggested(run, "residents.csv")
    (folder / "policy.yaml").write_text(text)
    refused = run(folder / "policy.yaml", job="check", args=["--json"])
    assert (refused.status, json.loads(refused.err)["code"]) == (2, "policy.to_decide")
    assert sum(TO_DECIDE in line for line in text.splitlines() if not line.startswith("#")) == len(FACTS) + 1

    (folder / "policy.yaml").write_text(suggested(run, "residents.csv", answers=FACTS))
    assert run(folder / "policy.yaml", job="check").status == 0
    released = run(folder / "policy.yaml")
    assert released.status == 0, released.err
    frame = pl.read_csv(folder / "residents.csv", infer_schema=False)
    for name in ("氏名", "氏名カナ", "電話番号", "個人番号", "住民票コード", "住所"):
        assert not [value for value in frame[name] if value in text]
    columns = yaml.safe_load(text)["tables"]["residents"]["columns"]
    assert {name: [step["method"] for step in c["treat"]] for name, c in columns.items()} == {
        "宛名番号": ["pseudonym"],
        "氏名": ["delete"],
        "氏名カナ": ["delete"],
        "性別": ["generalize"],
        "生年月日": ["year", "generalize"],
        "郵便番号": ["delete"],
        "住所": ["address", "generalize"],
        "電話番号": ["delete"],
        "住民票コード": ["delete"],
        "個人番号": ["delete"],
        "世帯ID": ["delete"],
        "続柄": ["generalize"],
    }


@pytest.mark.parametrize(
    ("preset", "files", "case"),
    [
        ("id_pos", ["members.csv", "receipts.csv"], "id_pos"),
        ("claims", ["claims.csv"], "prescriptions"),
        ("cards", ["card_members.csv", "card_uses.csv"], "cards"),
        ("tax", ["tax.csv"], "residents"),
    ],
)
def test_every_use_case_is_accepted(run, made, preset, files, case):
    folder = made(preset, 3000)
    text = suggested(run, *files, answers=FACTS, args=["--use-case", case])
    assert TO_DECIDE not in "".join(line for line in text.splitlines() if not line.startswith("#"))
    (folder / "policy.yaml").write_text(text)
    done = run(folder / "policy.yaml", job="check")
    assert done.status == 0, done.err
    policy = yaml.safe_load(text)
    assert ("histories" in policy) == (case != "residents")
    links = {
        step["link"]
        for table in policy["tables"].values()
        for column in table["columns"].values()
        for step in column.get("treat", ())
        if step["method"] == "pseudonym"
    }
    assert links == (set() if preset == "claims" else {"person"})


def test_what_is_doubtful_is_an_error_until_it_is_answered(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    body = "".join(f"{i:04d},ほげ{'あいうえお'[i % 5]}{i}の{i % 7},{'男女'[i % 2]}\n" for i in range(200))
    (tmp_path / "t.csv").write_text("会員番号,ふしぎ,性別\n" + body)
    place = "tables.t.columns.ふしぎ"
    text = suggested(run, "t.csv", answers=FACTS)
    (tmp_path / "policy.yaml").write_text(text)
    done = run(tmp_path / "policy.yaml", job="check", args=["--json"])
    told = json.loads(done.err)
    assert (done.status, told["code"]) == (2, "policy.to_decide") and place in told["where"]
    answers = {**FACTS, place: {"as": "自由記述", "because": "窓口のメモである"}}
    (tmp_path / "policy.yaml").write_text(suggested(run, "t.csv", answers=answers))
    assert run(tmp_path / "policy.yaml", job="check").status == 0


def test_two_numbers_that_may_be_the_person_are_a_question(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    body = "".join(f"{i % 50:04d},{i % 47:04d},{i}\n" for i in range(400))
    (tmp_path / "t.csv").write_text("会員番号,患者番号,数量\n" + body)
    (tmp_path / "policy.yaml").write_text(suggested(run, "t.csv", answers=FACTS))
    told = json.loads(run(tmp_path / "policy.yaml", job="check", args=["--json"]).err)
    assert told["code"] == "policy.to_decide" and told["where"].endswith("tables.t.person")
    answers = {**FACTS, "tables.t.person": "会員番号"}
    (tmp_path / "policy.yaml").write_text(suggested(run, "t.csv", answers=answers))
    assert run(tmp_path / "policy.yaml", job="check").status == 0


def test_unreadable_records_are_counted_into_the_policy(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    body = "".join(f"{i:04d},{'男女'[i % 2]},{20 + i % 50}\n" for i in range(300))
    (tmp_path / "t.csv").write_text("会員番号,性別,年齢\n" + body + "0400,男\n")
    text = suggested(run, "t.csv", answers=FACTS)
    assert yaml.safe_load(text)["rejects"] == {"limit": 1} and "ほかに読めない記録 1件" in text
    (tmp_path / "policy.yaml").write_text(text)
    assert run(tmp_path / "policy.yaml", job="check").status == 0


def test_a_file_without_a_header_shows_no_record(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(
        "".join(f"{i:04d},佐藤花子,{'男女'[i % 2]},1990-01-0{i % 9 + 1}\n" for i in range(99))
    )
    done = run("t.csv", job="suggest", args=["--json"])
    assert done.status == 3 and json.loads(done.err)["code"] == "input.header"
    assert "佐藤" not in done.out + done.err


@pytest.mark.parametrize(
    "layout", [{"encoding": "cp932"}, {"delimiter": "\t"}, {"parquet": True}, {"jsonl": True}]
)
def test_how_a_file_is_written_is_found(run, tmp_path, monkeypatch, layout):
    monkeypatch.chdir(tmp_path)
    rows = {
        "会員番号": [f"{i:04d}" for i in range(300)],
        "氏名": [
            f"{'佐藤鈴木'[i % 2 * 2 : i % 2 * 2 + 2]} {'花子太郎'[i % 2 * 2 : i % 2 * 2 + 2]}"
            for i in range(300)
        ],
        "性別": ["男女"[i % 2] for i in range(300)],
        "登録日": ["2024-01-01" if i % 2 else "2024-02-01" for i in range(300)],
    }
    frame, name = pl.DataFrame(rows), "t.csv"
    if layout.get("parquet"):
        name = "t.parquet"
        frame.with_columns(pl.col("登録日").str.to_date()).write_parquet(name)
    elif layout.get("jsonl"):
        name = "t.jsonl"
        frame.write_ndjson(name)
    else:
        text = frame.write_csv(separator=layout.get("delimiter", ","))
        Path(name).write_bytes(text.encode(layout.get("encoding", "utf-8")))
    (tmp_path / "policy.yaml").write_text(suggested(run, name, answers=FACTS))
    assert run(tmp_path / "policy.yaml", job="check").status == 0
    table = yaml.safe_load((tmp_path / "policy.yaml").read_text())["tables"]["t"]
    assert table["person"] == "会員番号" and table["columns"]["登録日"]["type"] == "date"


def test_on_a_terminal_it_asks_and_keeps_the_answers(run, made, monkeypatch):
    folder = made("residents", 500)
    asked = []

    def answer(prompt=""):
        asked.append(prompt)
        return "答え"

    monkeypatch.setattr(builtins, "input", answer)
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    done = run("residents.csv", job="suggest", args=["--answers", "kept.yaml", "--output", "policy.yaml"])
    assert done.status == 0, done.err
    assert len(asked) == len(FACTS) + 2  # the table's title; k, beside its reason: no number, no change
    assert set(yaml.safe_load((folder / "kept.yaml").read_text())) == {*FACTS, "tables.residents.title"}
    assert yaml.safe_load((folder / "policy.yaml").read_text())["tables"]["residents"]["title"] == "答え"
    assert run(folder / "policy.yaml", job="check").status == 0
    asked.clear()
    again = run("residents.csv", job="suggest", args=["--answers", "kept.yaml"])
    assert again.status == 0 and asked == []


def test_one_answer_names_a_series_of_columns(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    body = "".join(
        f"{i:04d},{'男女'[i % 2]},{i * 7 % 11 % 3},{i * 5 % 13 % 3},{i * 3 % 17 % 3},{i * 7919 % 9973},{i * 7907 % 9967}\n"
        for i in range(600)
    )
    (tmp_path / "t.csv").write_text("会員番号,性別,Q1A,Q2A,Q3A,XB_1,XB_2\n" + body)
    plain = yaml.safe_load(suggested(run, "t.csv"))["tables"]["t"]["columns"]
    assert [n for n, c in plain.items() if TO_DECIDE in c.get("title", "")] == ["Q1A", "XB_1"]
    assert "Q2A、Q3A" in plain["Q1A"]["title"] and "title" not in plain["Q2A"]

    place = "tables.t.columns.{}.title"
    said = {place.format("Q1A"): "回答", place.format("Q3A"): "自由回答", place.format("XB_2"): "残高"}
    text = suggested(run, "t.csv", answers={**FACTS, **said})
    columns = yaml.safe_load(text)["tables"]["t"]["columns"]
    titles = {name: column.get("title") for name, column in columns.items() if name.isascii()}
    assert TO_DECIDE in titles.pop("XB_1")
    assert titles == {"Q1A": "回答1", "Q2A": "回答2", "Q3A": "自由回答", "XB_2": "残高"}
    suggested(
        run,
        "t.csv",
        answers={**FACTS, **said, place.format("XB_1"): "残高"},
        args=["--output", "policy.yaml"],
    )
    assert run(tmp_path / "policy.yaml", job="check").status == 0


def test_an_edited_policy_is_not_overwritten(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    body = "".join(f"{i:04d},{'男女'[i % 2]},{20 + i % 50}\n" for i in range(300))
    (tmp_path / "t.csv").write_text("会員番号,性別,年齢\n" + body)
    output = ["--output", "policy.yaml", "--json"]
    suggested(run, "t.csv", args=output)
    policy = (tmp_path / "policy.yaml").read_bytes()
    suggested(run, "t.csv", args=output)
    assert (tmp_path / "policy.yaml").read_bytes() == policy
    edited = policy.replace("【要確認】表の日本語の名称".encode(), "会員".encode("cp932"))
    (tmp_path / "policy.yaml").write_bytes(edited)
    refused = run("t.csv", job="suggest", args=output)
    told = json.loads(refused.err)
    assert (refused.status, told["code"], told["where"]) == (2, "suggest.exists", "policy.yaml")
    assert (tmp_path / "policy.yaml").read_bytes() == edited != policy
    suggested(run, "t.csv", args=[*output, "--force"])
    assert (tmp_path / "policy.yaml").read_bytes() == policy


def test_nothing_has_changed(run, made, capsys):
    folder = made("residents", 800)
    (folder / "policy.yaml").write_text(suggested(run, "residents.csv", answers=FACTS))
    assert main(["suggest", "--against", str(folder / "policy.yaml")]) == 0
    both = run("residents.csv", job="suggest", args=["--against", str(folder / "policy.yaml")])
    assert both.status == 2 and "usage.files" in both.err


def test_against_tells_each_change_and_no_value(made, run, capsys):
    folder = made("residents", 800)
    (folder / "policy.yaml").write_text(suggested(run, "residents.csv", answers=FACTS))
    frame = pl.read_csv(folder / "residents.csv", infer_schema=False)
    frame.with_columns(
        pl.lit("a").alias("新"),
        pl.col("電話番号").alias("れんらく"),
        pl.lit("不明").alias("生年月日"),
        pl.col("電話番号").alias("続柄"),
    ).drop("世帯ID").write_csv(folder / "residents.csv")
    capsys.readouterr()
    assert main(["suggest", "--against", str(folder / "policy.yaml")]) == 4
    out, err = capsys.readouterr()
    at = "tables.residents.columns."
    assert f"{at}れんらく: new column, which seems to hold contact (連絡先)" in out
    assert f"{at}新: new column" in out and f"{at}世帯ID: the column is gone" in out
    assert f"{at}生年月日: type: 800 of 800 values cannot be read as date" in out
    assert f"{at}続柄: role: values or name say contact" in out and f"{at}続柄: share: " in out
    assert "suggest.changed" in err and not [v for v in frame["電話番号"] if v in out + err]


def of_table(text, table="t"):
    """The columns of a table of a suggested policy."""
    return yaml.safe_load(text)["tables"][table]["columns"]


def methods(column):
    """The methods of a column."""
    return [step["method"] for step in column.get("treat", ())]


def test_lines_of_people_are_histories_without_a_use_case(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    goods = ("米", "茶", "塩", "酢")
    body = "".join(
        f"{i % 90:04d},R{i // 2:05d},2025-0{i * 7 % 6 + 1}-{i * 11 % 28 + 1:02d},{'東西南北'[i * 13 % 4]}店,"
        f"{goods[i * 17 // 3 % 4]},{i % 5 + 1}\n"
        for i in range(900)
    )
    (tmp_path / "t.csv").write_text("会員番号,レシート番号,購入日,店舗名,商品名,数量\n" + body)
    text = suggested(run, "t.csv", answers=FACTS)
    policy = yaml.safe_load(text)
    (history,) = policy["histories"]
    assert history["known"] == 2
    known = {column for fact in history["facts"] for column in fact["columns"]}
    assert "tの数量は、行ごとには知られないものとした" in text
    assert known == {"購入日", "店舗名", "商品名"}
    columns = of_table(text)
    assert all(methods(columns[name])[-1] == "coarsen" for name in known)
    (tmp_path / "policy.yaml").write_text(text)
    released = run(tmp_path / "policy.yaml")
    assert released.status == 0, released.err


def test_what_separates_people_belongs_to_the_class_and_restores_nothing(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cities = (("東京都", "世田谷区太子堂", "154-0004"), ("大阪府", "大阪市北区梅田", "530-0001"))
    body = "".join(
        ",".join(
            (
                f"{i:04d}",
                *cities[i // 2 % 2],
                "男女"[i % 2],
                f"p{i % 2}{i % 3}",
                f"adults_{('50up', '25_50')[i // 5 % 2]}_urban",
                f"S{i * 31 % 29:03d}",
            )
        )
        + "\n"
        for i in range(1200)
    )
    header = "kaiin_no,todofuken,shikuchoson,yubin,seibetsu,profile,kind,tenpo_cd\n"
    (tmp_path / "t.csv").write_text(header + body)
    columns = of_table(suggested(run, "t.csv", answers=FACTS))
    assert methods(columns["kind"]) == ["generalize"] and TO_DECIDE in columns["kind"]["title"]
    quasi = {name for name, column in columns.items() if "generalize" in methods(column)}
    assert quasi == {"shikuchoson", "seibetsu", "tenpo_cd", "kind"}
    assert columns["profile"]["drop"] and "seibetsu" in columns["profile"]["because"]
    assert columns["todofuken"]["drop"] and methods(columns["yubin"]) == ["delete"]
    assert "市区町村" in columns["shikuchoson"]["released_as"]


def test_a_trial_says_what_it_tried_and_what_is_estimated(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    people = 4500  # more than a sample keeps
    body = "".join(f"{i % people:05d},{'男女'[i % people % 2]},{i % 7}\n" for i in range(2 * people))
    (tmp_path / "t.csv").write_text("会員番号,性別,数量\n" + body)
    text = suggested(run, "t.csv", answers=FACTS)
    tried = [line for line in text.splitlines() if line.startswith("#")]
    assert "# 問いにはすべて答えがある。" in tried and not any("全件" in line for line in tried)
    assert [line for line in tried if "k=5: 約" in line]
    assert any("histories、四号の処理を含まない" in line for line in tried)
    assert any("tokumei rehearse policy.yaml --try k=5,10,20" in line for line in tried)


def test_codes_of_health_are_sensitive_categories_and_titles_are_japanese(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    codes = [(i * 7919 % 9000 + 1000) * 11003 for i in range(80)]  # of a code system, and no quantity
    body = "".join(
        f"{i % 120},{i // 2},{codes[i * 31 % 80]},{1 + i % 12},{1 + i % 120 % 28},{i % 9},{i % 120}\n"
        for i in range(2400)
    )
    header = "person_id,receipt_no,condition_source_value,visit_month,day_of_birth,point,receipt_cd\n"
    (tmp_path / "t.csv").write_text(header.replace("receipt_cd", "memo") + body)
    columns = of_table(suggested(run, "t.csv", answers=FACTS))
    condition = columns["condition_source_value"]
    assert condition["sensitive"] and methods(condition) == ["rare_categories", "coarsen"]
    assert condition["treat"][0]["action"] == "group"
    titles = {name: column.get("title") for name, column in columns.items()}
    assert titles == {
        "person_id": "本人ID",
        "receipt_no": "レシート番号",
        "condition_source_value": "病名の元の値",
        "visit_month": "受診の月",
        "day_of_birth": "生日",
        "point": "ポイント",
        "memo": "自由記述",
    }


def test_numbers_that_bind_lines_are_no_category_and_codes_get_prefixes(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    goods = [  # six things have two codes
        (f"{84000 + j}{'AB'[j % 2] if j % 3 else ''}", f"LAMP {j % 90 % 10} {j % 90 // 10}")
        for j in range(96)
    ]
    body = "".join(
        f"{i // 8:04d},Z{i // 4:05d},2025-0{i % 6 + 1}-01,{','.join(goods[i * 37 % 96 if i % 2 else i % 96])}\n"
        for i in range(1600)
    )
    (tmp_path / "t.csv").write_text("会員番号,束ね番号,購入日,StockCode,Description\n" + body)
    columns = of_table(suggested(run, "t.csv", answers=FACTS))
    assert columns["束ね番号"]["drop"] and "束ねる番号" in columns["束ね番号"]["because"]
    assert columns["Description"]["drop"]
    (step,) = columns["StockCode"]["treat"]
    assert step["hierarchy"] == {"kind": "prefix", "keep": [5, 3, 1]}


CALLED = {
    "a person": "五十嵐一馬",
    "a person with a title": "佐藤 花子さん",
    "a mail address": "taro@example.com",
    "a telephone number": "090-1234-5678",
}
COLUMNS_OF_A_TABLE = "会員番号,性別,購入額"


def table_with(name, rows=400):
    lines = (f"M{i:05d},{'男女'[i % 2]},{(i * 7919) % 900},{i % 3}" for i in range(rows))
    return "\n".join((f"{COLUMNS_OF_A_TABLE},{name}", *lines)) + "\n"


@pytest.mark.parametrize("what", CALLED)
def test_a_column_that_is_called_like_somebody_is_told_by_its_place(run, tmp_path, monkeypatch, what):
    """A table that was turned: neither a policy nor a message has the name."""
    monkeypatch.chdir(tmp_path)
    Path("turned.csv").write_text(table_with(CALLED[what]))
    done = run("turned.csv", job="suggest", args=["--json"])
    told = json.loads(done.err)
    assert (done.status, told["code"]) == (3, "column.telling_name") and told["where"].endswith("column 4")
    assert CALLED[what] not in done.out + done.err


@pytest.mark.parametrize("what", CALLED)
def test_what_has_changed_is_told_without_the_name_of_somebody(run, tmp_path, monkeypatch, capsys, what):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(table_with("月"))
    Path("policy.yaml").write_text(suggested(run, "t.csv", answers=FACTS))
    Path("t.csv").write_text(table_with(CALLED[what]))
    capsys.readouterr()
    assert main(["suggest", "--against", "policy.yaml"]) == 4
    out, err = capsys.readouterr()
    assert "tables.t.columns, number 4 of the file: new column" in out and CALLED[what] not in out + err
