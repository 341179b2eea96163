"""The forms under which a word is half of a pair, and the forms one slip away.

    folded     spelling habits of languages made one: "silva"      for what is spelled alike
    skeleton   consonants only: "slp"                              for what sounds alike

Slips are made where the question is taken apart, not in what is stored: a question asks for
every form one letter away, and a person has a handful of tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

# The letters that are left in skeletons and in folded forms.
_CONSONANTS = "hklmnprst"
_LETTERS = "abdefghijklmnoprstuvz"
_LONGEST = 14
_RUN = re.compile(r"(.)\1+")


class Kind:
    """What half a pair is: the first byte of its value."""

    FOLDED = b"f"
    SKELETON = b"s"
    PLACE = b"p"
    PLACE_SKELETON = b"q"
    YEAR = b"y"
    POST = b"o"


def value(kind: bytes, text: str) -> bytes:
    """Return half a pair as bytes: at most 15, long words cut."""
    return kind + text.encode("utf-8")[:_LONGEST]


def _slips(form: str, letters: str) -> Iterator[str]:
    for at in range(len(form) + 1):
        start, rest = form[:at], form[at:]
        if rest:
            yield start + rest[1:]
            if len(rest) > 1:
                yield start + rest[1] + rest[0] + rest[2:]
            for letter in letters:
                yield start + letter + rest[1:]
        for letter in letters:
            yield start + letter + rest


def _near(form: str, letters: str) -> tuple[str, ...]:
    # Neither skeletons nor folded forms have a letter twice in a row.
    found = {_RUN.sub(r"\1", slipped) for slipped in _slips(form, letters)}
    return tuple(sorted(found - {form, ""}))


@lru_cache(maxsize=1024)
def skeletons_near(skeleton: str) -> tuple[str, ...]:
    """Return the skeletons one consonant away, without the skeleton itself."""
    return _near(skeleton, _CONSONANTS)


@lru_cache(maxsize=1024)
def folds_near(folded: str) -> tuple[str, ...]:
    """Return the folded forms one letter away, without the form itself."""
    return _near(folded, _LETTERS)
