"""SMS parts, against a second reading of the standard written down here."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.segmenting import Encoding, segment

# 3GPP TS 23.038, 6.2.1: the table as it is printed, column by column, code 00 to 7F. The
# escape (1B) stands as \x1b.
DEFAULT_TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
# 6.2.1.1: code after the escape.
EXTENSION_TABLE = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]",
    0x40: "|", 0x65: "€",
}  # fmt: skip
SEPTETS = {
    **{character: bytes([code]) for code, character in enumerate(DEFAULT_TABLE) if code != 0x1B},
    **{character: bytes([0x1B, code]) for code, character in EXTENSION_TABLE.items()},
}
LETTERS_WITHOUT_CR = sorted(set(SEPTETS) - {"\r"})

gsm_text = st.text(st.sampled_from(LETTERS_WITHOUT_CR), max_size=700)
edge_text = st.builds(
    lambda pieces: "".join(pieces),
    st.lists(st.sampled_from(["a" * 151, "a" * 76, "b", "€", "{}", "é"]), max_size=14),
)
any_text = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\r"),
        st.sampled_from("aéعربيЩ中😀👩\u0301\u0327\u064b\u200d"),
    ),
    max_size=320,
)


def septets(text: str) -> bytes:
    return b"".join(SEPTETS[character] for character in text)


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-be")) // 2


def fewest_parts(costs: list[int], alone: int, joined: int) -> int:
    """Count parts by looking at every place where the text may be cut."""
    if sum(costs) <= alone:
        return 1 if costs else 0
    best = [0] + [len(costs)] * len(costs)
    for end in range(1, len(costs) + 1):
        used, begin = 0, end
        while begin and used + costs[begin - 1] <= joined:
            begin -= 1
            used += costs[begin]
            best[end] = min(best[end], best[begin] + 1)
    return best[-1]


@given(st.one_of(gsm_text, edge_text))
def test_gsm_texts_agree_with_the_standard(text: str) -> None:
    found = segment(text)
    costs = [len(SEPTETS[character]) for character in text]
    assert found.encoding is Encoding.GSM7
    assert found.text == text
    assert found.units_used == len(septets(text)) == sum(costs)
    assert len(found.parts) == fewest_parts(costs, 160, 153)
    limit = 160 if len(found.parts) < 2 else 153
    for part in found.parts:
        # No part ends in an escape that belongs to the next one.
        assert 0 < len(septets(part)) <= limit
        assert not septets(part).endswith(b"\x1b")
    last = len(septets(found.parts[-1])) if found.parts else 0
    assert found.units_left_in_part == limit - last


@given(any_text)
def test_any_text_arrives_whole_and_no_letter_is_replaced(text: str) -> None:
    found = segment(text)
    if found.encoding is Encoding.UCS2:
        assert found.text == text
        # It could not have been said in the smaller alphabet.
        assert not set(unicodedata.normalize("NFC", text)) <= set(SEPTETS)
        limit = 70 if len(found.parts) < 2 else 67
        assert all(0 < utf16_units(part) <= limit for part in found.parts)
        assert found.units_used == utf16_units(text)
        assert found.units_left_in_part == limit - utf16_units(found.parts[-1])
        for part in found.parts:
            # Each part is whole characters: it stands alone as UTF-16.
            assert part.encode("utf-16-be").decode("utf-16-be") == part
    else:
        assert set(found.text) <= set(SEPTETS)
        letters = [c for c in unicodedata.normalize("NFC", text) if c.isalnum()]
        assert [c for c in found.text if c.isalnum()] == letters


@given(any_text)
def test_marks_stay_with_their_letter_and_full_parts_are_full(text: str) -> None:
    found = segment(text)
    if found.encoding is Encoding.GSM7 or len(found.parts) < 2:
        return
    for part, following in zip(found.parts, found.parts[1:], strict=False):
        if unicodedata.category(following[0])[0] == "M":
            # Only a heap of marks that fills a part by itself is cut.
            assert all(unicodedata.category(c)[0] == "M" or c == "\u200d" for c in part[1:])
        else:
            cluster = following[0]
            for character in following[1:]:
                if unicodedata.category(character)[0] != "M" and character != "\u200d":
                    break
                cluster += character
            assert utf16_units(part) + utf16_units(cluster) > 67


@pytest.mark.parametrize(
    ("text", "encoding", "parts", "used", "left"),
    [
        ("", Encoding.GSM7, 0, 0, 160),
        ("a" * 160, Encoding.GSM7, 1, 160, 0),
        ("a" * 161, Encoding.GSM7, 2, 161, 145),
        ("a" * 306, Encoding.GSM7, 2, 306, 0),
        ("a" * 307, Encoding.GSM7, 3, 307, 152),
        ("a" * 158 + "€", Encoding.GSM7, 1, 160, 0),
        ("a" * 159 + "€", Encoding.GSM7, 2, 161, 145),
        # Dividing 306 by 153 says two; the escape pair does not fit at the seam.
        ("a" * 152 + "€" + "a" * 152, Encoding.GSM7, 3, 306, 152),
        ("ї" * 70, Encoding.UCS2, 1, 70, 0),
        ("ї" * 71, Encoding.UCS2, 2, 71, 63),
        ("ї" * 134, Encoding.UCS2, 2, 134, 0),
        ("ї" * 66 + "😀" + "ї" * 66, Encoding.UCS2, 3, 134, 66),
        ("😀" * 35, Encoding.UCS2, 1, 70, 0),
        ("😀" * 36, Encoding.UCS2, 2, 72, 61),
        ("ї" * 66 + "ї\u0301" + "ї" * 3, Encoding.UCS2, 2, 71, 62),
    ],
)
def test_known_edges(text: str, encoding: Encoding, parts: int, used: int, left: int) -> None:
    found = segment(text)
    assert found.encoding is encoding
    assert len(found.parts) == parts
    assert found.units_used == used
    assert found.units_left_in_part == left


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("“Go” – it’s safe…", '"Go" - it\'s safe...'),
        ("«Oui»\u00a0: 5\u202f€", '"Oui" : 5 €'),
        ("e\u0301te\u0301", "été"),
        ("Mu\u0308nchen", "München"),
        ("\u212bngström", "Ångström"),
        ("co\u00adope\u200brate", "cooperate"),
        ("a\r\nb\rc", "a\nb\nc"),
    ],
)
def test_what_means_the_same_is_said_in_the_smaller_alphabet(text: str, sent: str) -> None:
    found = segment(text)
    assert found.encoding is Encoding.GSM7
    assert found.text == sent


@pytest.mark.parametrize(
    "text",
    ["reçu", "être", "Łódź", "Привіт", "مرحبا", "你好", "İstanbul", "“reçu” – ok", "o\u0302te"],
)
def test_a_letter_outside_the_alphabet_keeps_the_whole_text_as_it_is(text: str) -> None:
    found = segment(text)
    assert found.encoding is Encoding.UCS2
    assert found.text == text
