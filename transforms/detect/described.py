"""Who is told of in sentences: names of people, places and addresses, dates, ages, in one reading.

NamedPeople by dictionary and rules, so some are missed: how many is measured on labelled text, in
tests/transforms/detect/test_described.py. Codes, telephones and mail are other recognizers' (`kinds`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from tokumei.transforms.detect.dates import age_spans, date_spans
from tokumei.transforms.detect.employers import employer_spans
from tokumei.transforms.detect.introduced import introduced_people
from tokumei.transforms.detect.kana import kana_names
from tokumei.transforms.detect.people import longer_names, named_people
from tokumei.transforms.detect.places import (
    address_tails,
    addresses_by_form,
    municipality_spans,
    place_words,
)
from tokumei.transforms.detect.readable import readable_texts
from tokumei.transforms.detect.spans import SpanLabel, Spans
from tokumei.transforms.detect.titled import titled_people
from tokumei.transforms.detect.words import Words, words_of

_PROPER = frozenset("姓独名単人固両地国未")


class Described(NamedTuple):
    """What sentences tell of people.

    Attributes:
        spans: people, places, employers and schools, dates and ages; they may overlap (`Spans.merged`).
        longer: names of institutions, diseases and other things, in which a person's name is none (山口大学).
            Labelled `SpanLabel.OTHER`.
        proper: all words that are proper nouns, or that no dictionary has, found or not: those that no span
            of any kind covers are what redaction leaves to be judged. Labelled `SpanLabel.OTHER`.
    """

    spans: Spans
    longer: Spans
    proper: Spans


def described_in(texts: pa.Array) -> Described:
    """Return what the texts of a column tell of people, in code points of the texts as given.

    Args:
        texts: a column of any text type, dictionary-encoded or not; nulls hold nothing.

    Each text is read by itself, equal texts once: what is found does not depend on the batch, on other
    threads or on the machine, only on the dictionary (`dictionary_version`). Linear in the characters;
    a tokenizer is made for each thread when first needed.
    """
    read = readable_texts(texts)
    words = words_of(read.texts)
    people = named_people(read.texts, words)
    places = _places(words, place_words(words, people.words))
    found = [
        *((*_place(words, first, behind), SpanLabel.PERSON) for first, behind in people.words),
        *people.beside,
        *_labelled(kana_names(read.texts), SpanLabel.PERSON),
        *_labelled(address_tails(read.texts, (*places, *municipality_spans(read.texts))), SpanLabel.PLACE),
        *_labelled(introduced_people(read.texts), SpanLabel.PERSON),
        *_labelled(titled_people(read.texts), SpanLabel.PERSON),
        *_labelled(addresses_by_form(read.texts), SpanLabel.PLACE),
        *_labelled(employer_spans(read.texts), SpanLabel.EMPLOYER),
        *_labelled(date_spans(read.texts), SpanLabel.DATE),
        *_labelled(age_spans(read.texts), SpanLabel.AGE),
    ]
    longer = _labelled(_places(words, longer_names(words)), SpanLabel.OTHER)
    return Described(
        read.in_rows(Spans.of(found)), read.in_rows(Spans.of(longer)), read.in_rows(_proper(words))
    )


def _place(words: Words, first: int, behind: int) -> tuple[int, int, int]:
    return int(words.text[first]), int(words.start[first]), int(words.end[behind - 1])


def _places(words: Words, ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int, int]]:
    return [_place(words, first, behind) for first, behind in ranges]


def _labelled(found: Iterable[tuple[int, int, int]], label: SpanLabel) -> Iterable[tuple[int, int, int, int]]:
    return ((*span, label) for span in found)


def _proper(words: Words) -> Spans:
    chosen = np.array([letter in _PROPER for letter in words.letters], dtype=bool)
    labels = np.full(int(chosen.sum()), SpanLabel.OTHER, dtype=np.int8)
    return Spans(words.text[chosen], words.start[chosen], words.end[chosen], labels)
