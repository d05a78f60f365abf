"""Hironsan corpus: 500 sentences of Japanese news with names of people and places marked by hand (MIT)."""

from itertools import chain

PERSON, PLACE = "PSN", "LOC"


def sentences():
    """Return (text, [(start, end, kind)]) of each sentence, in the order of the corpus."""
    from hironsan.corpus import hiron2016

    found = []
    for words in chain(hiron2016.iob_sents("train"), hiron2016.iob_sents("test")):
        text, spans = "", []
        for surface, *_, tag in words:
            start, text = len(text), text + surface
            if tag.startswith("B-"):
                spans.append([start, len(text), tag[2:]])
            elif tag.startswith("I-") and spans:
                spans[-1][1] = len(text)
        found.append((text, [tuple(span) for span in spans]))
    return found


def covered(marked, found):
    """Return per mark whether spans cover the whole of it; ``found`` is text → its spans, (start, end)."""
    return [
        {*range(start, end)} <= {place for a, b in found.get(number, ()) for place in range(a, b)}
        for number, start, end in marked
    ]
