"""Redaction as a method: the same under retry, whatever else is in the chunk; nulls stay; what it counts."""

import pickle
from dataclasses import replace

import pyarrow as pa

from tokumei.schemas.redaction import RedactText as Spec
from tokumei.transforms.criteria.base import ChunkRows, Context
from tokumei.transforms.criteria.redacting import RedactText
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.redaction.own_columns import OwnColumn

NAME = OwnColumn.of("氏名", None)
TEXTS = pa.array(["佐藤様、090-1234-5678", None, "", "発熱", "鈴木は不在、隣の佐藤一郎さんが対応"])
NAMES = pa.array(["佐藤 花子", "佐藤 花子", "佐藤 花子", None, "鈴木 次郎"])


def method(**settings):
    spec = {"method": "redact_text", "criterion": 1, "because": "試験", **settings}
    return pickle.loads(pickle.dumps(RedactText(Spec.model_validate(spec), Context(5, None))))


def rows(chunk=("s", 0), names=NAMES):
    return ChunkRows(
        key=RunKey(b"k" * 32),
        column=("t", "memo"),
        chunk=chunk,
        persons=None,
        numbering="n",
        units=None,
        times={},
        own={NAME: names},
    )


def test_a_retry_gives_the_same_and_plants_the_same():
    first, again = (method().treat_records(TEXTS, rows()) for _ in range(2))
    assert first.values.to_pylist() == [
        *("〔氏名〕様、〔電話〕", None, "", "発熱"),
        "〔氏名〕は不在、隣の〔氏名〕さんが対応",
    ]
    assert first.values == again.values and first.redaction == again.redaction
    assert first.changed.tolist() == [True, False, False, False, True]
    other = method().treat_records(TEXTS, rows(("s", 1)))
    assert other.values == first.values and other.redaction == first.redaction


def test_a_record_is_treated_alone():
    whole = method().treat_records(TEXTS, rows()).values.to_pylist()
    alone = [
        method().treat_records(TEXTS[i : i + 1], rows(names=NAMES[i : i + 1])).values[0].as_py()
        for i in (0, 4)
    ]
    assert alone == [whole[0], whole[4]]


def test_what_is_counted_adds_up_and_holds_no_text():
    told = method().treat_records(TEXTS, rows()).redaction
    assert (told.texts, told.changed, told.whole) == (4, 2, 0)
    assert told.labels == {"氏名": 3, "電話": 1} and told.characters == sum(
        len(t or "") for t in TEXTS.to_pylist()
    )
    empty = method().treat_records(TEXTS[:0], rows(names=NAMES[:0])).redaction
    assert (empty.texts, empty.planted) == (0, replace(told).planted)
    assert not any("佐藤" in str(part) for part in vars(told).values())
