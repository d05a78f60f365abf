"""A policy is suggested for files in Cloud Storage, and compared with them, as on a local disk."""

import json

import pytest

from tokumei.pipelines.cli import main

HEAD = "会員番号,氏名,性別,生年月日,購入額\n"
FACTS = {
    "file.name": "会員の台帳",
    "file.body": "株式会社サンプル",
    "file.department": "企画課",
    "file.purpose": "統計の作成",
    "file.how_provided": "暗号化した通信による送信",
    "requirements.because": "試算から",
    "tables.people.title": "会員",
}


def people(first, count, *, sex="男女"):
    """Invented people, each with a record."""
    return HEAD + "".join(
        f"M{i:05d},佐藤{'一二三四五六七八九十'[i % 10]}{'郎子'[i % 2]},{sex[i % 2]},"
        f"{1940 + i % 60}-{i % 12 + 1:02d}-{i % 28 + 1:02d},{(i * 7919) % 9000 + 100}\n"
        for i in range(first, first + count)
    )


@pytest.fixture
def go(bucket, capsys):
    def run(*args):
        capsys.readouterr()
        status = main(["suggest", *args])
        out, err = capsys.readouterr()
        assert "Traceback" not in err and "佐藤" not in out + err
        return status, out, err

    for i in (1, 2):
        bucket.put(f"in/people_{i}.csv", people(300 * i, 300))
    bucket.put("policies/answers.yaml", json.dumps(FACTS, ensure_ascii=False))
    return run


def test_files_policy_and_answers_in_a_bucket(go, bucket, capsys):
    uri = f"{bucket.uri}/in/people_*.csv"
    status, out, err = go(uri)
    assert status == 0 and "600" in out and uri in out, err
    status, _, err = go(
        uri, "--answers", f"{bucket.uri}/policies/answers.yaml", "--output", f"{bucket.uri}/policies/p.yaml"
    )
    assert status == 0, err
    policy = bucket.get("policies/p.yaml").decode()
    assert "株式会社サンプル" in policy and "株式会社サンプル" not in out
    assert main(["check", f"{bucket.uri}/policies/p.yaml"]) == 0, capsys.readouterr().err


def test_what_changes_in_a_bucket_is_told(go, bucket):
    _, out, _ = go(f"{bucket.uri}/in/people_*.csv", "--answers", f"{bucket.uri}/policies/answers.yaml")
    assert "株式会社サンプル" in out
    beside = out.replace(f"{bucket.uri}/in/", "../in/")
    assert beside != out
    bucket.put("policies/p.yaml", beside)
    policy = f"{bucket.uri}/policies/p.yaml"
    status, out, err = go("--against", policy)
    assert status == 0 and "nothing has changed" in out, out + err
    bucket.put("in/people_1.csv", people(300, 300).replace("購入額", "金額", 1))
    bucket.put("in/people_2.csv", people(600, 300).replace("購入額", "金額", 1))
    status, out, err = go("--against", policy)
    assert status == 4 and "suggest.changed" in err
    assert {line.split(": ")[1] for line in out.splitlines()} == {
        "the column is gone",
        "new column, which seems to hold quantity (量)",
    }, out


@pytest.mark.parametrize("where", ["in/none_*.csv", "none/people_1.csv"])
def test_what_is_not_there_is_told(go, bucket, where):
    status, _, err = go(f"{bucket.uri}/{where}")
    assert status == 3 and "input.missing" in err
