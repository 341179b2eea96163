"""What stays of a name when spelling, script and accents are taken away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.finding.normalising import (
    MAX_READINGS,
    MAX_WORD_LETTERS,
    MAX_WORDS,
    fold,
    readings,
    skeleton,
    skeletons,
    surfaces,
    word,
    words,
)
from registry.finding.scripts import Script, latin_letters, script_of


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("müller", "muller"),
        ("łukasz", "lukasz"),
        ("ørsted", "orsted"),
        ("đorđe", "dorde"),
        ("ışıl", "isil"),
        ("шевченко", "shevchenko"),
        ("їжакевич", "yizhakevich"),
        ("љубомир", "ljubomir"),
        ("παπαδόπουλος", "papadopoulos"),
        ("ευαγγελία", "evangelia"),
        ("μαΐου", "maiou"),
        ("محمّد", "mhmd"),
        ("مُحَمَّد", "mhmd"),
        ("محـــمد", "mhmd"),
        ("الخطيب", "khtyb"),
        ("نوال", "nwal"),
        ("نور", "nur"),
        ("شیرین", "shyryn"),
        ("יוסף", "yusf"),
        ("שרה", "shra"),
        ("김", "kim"),
        ("민수", "minsu"),
        ("小明", "xiaoming"),
        ("सिंह", "singh"),
        ("ተስፋዬ", "tesfaye"),
        ("გიორგი", "giorgi"),
        ("армен", "armen"),
    ],
)
def test_a_word_is_written_with_the_letters_a_to_z(written: str, plain: str) -> None:
    assert word(written).plain == plain


@pytest.mark.parametrize(
    "spellings",
    [
        "Shevchenko Chevtchenko Schewtschenko Ševčenko Szewczenko Шевченко שבצ'נקו",
        "Mohamed Mohammed Muhammad Mehmed محمد Мухаммед מוחמד መሐመድ",
        "Yusuf Youssef Yousuf يوسف Юсуф",
        "Papadopoulos Παπαδόπουλος",
        "Christos Hristos Χρήστος Христос",
        "Giannis Yannis Γιάννης",
        "Jovan Јован Иован",
        "Anwar Anouar أنور",
        "جمال Gamal Jamal Djamel",
        "David דוד Давид",
        "Daoud Dawood داود",
        "Sharma शर्मा শর্মা சர்மா",
        "Singh सिंह ਸਿੰਘ",
        "이 Lee Yi Rhee",
        "Müller Mueller Muller Мюллер",
        "Şahin Shahin Chahine شاهين",
        "Hernandez Ernandes Эрнандес",
        "رمضان Ramadan Ramadhan Ramazan",
    ],
    ids=lambda spellings: spellings.split()[0],
)
def test_all_spellings_share_a_skeleton_with_the_first(spellings: str) -> None:
    first, *others = spellings.split()
    known = set(skeletons(surfaces(first)[0]))
    for spelling in others:
        assert known & set(skeletons(surfaces(spelling)[0])), spelling


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("O'Brien", ["obrien"]),
        ("N’Guessan", ["nguessan"]),
        ("Jean-Pierre  DUPONT", ["jean", "pierre", "dupont"]),
        ("عبدالرحمن", ["عبد", "الرحمن"]),
        ("Abdulrahman", ["abd", "rahman"]),
        ("Abderrahmane", ["abd", "rahmane"]),
        ("Абдуррахман", ["абд", "рахман"]),
        ("Noureddine", ["nour", "dine"]),
        ("王小明", ["王", "小明"]),
        ("欧阳修", ["欧阳", "修"]),
        ("山田太郎", ["山田", "太郎"]),
        ("김민수", ["김", "민수"]),
        ("소영 김", ["소영", "김"]),
        ("राहुल शर्मा", ["राहुल", "शर्मा"]),
        ("\u202bأمل\u202c", ["أمل"]),
        ("  ,;  ", []),
    ],
)
def test_text_is_parted_into_words(text: str, parts: list[str]) -> None:
    assert surfaces(text) == parts


def test_digits_are_kept_as_they_are() -> None:
    assert [each.folded for each in words("Beirut 11003300")] == ["beirut", "11003300"]


@given(st.text(max_size=300))
def test_any_text_gives_few_short_words_of_plain_letters(text: str) -> None:
    found = words(text)
    assert len(found) <= MAX_WORDS
    for each in found:
        assert len(each.surface) <= MAX_WORD_LETTERS
        assert each.plain.isascii()
        assert each.folded
        assert each.skeleton
        assert len(readings(each.surface)) <= MAX_READINGS


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20))
def test_folding_leaves_letters_and_skeletons_have_no_vowel_beside_consonants(plain: str) -> None:
    folded = fold(plain)
    assert folded
    assert not set(folded) & set("cwxq")
    consonants = skeleton(folded)
    assert not set(consonants) & set("aeiou") or set(consonants) <= set("aeiou")


@given(st.text(min_size=1, max_size=20))
def test_capitals_never_matter(text: str) -> None:
    assert surfaces(text) == surfaces(text.casefold())


def test_scripts_are_told_apart() -> None:
    assert [script_of(each) for each in ("a", "я", "α", "ع", "א", "王", "김", "र", "ሀ", "1")] == [
        Script.LATIN,
        Script.CYRILLIC,
        Script.GREEK,
        Script.ARABIC,
        Script.HEBREW,
        Script.HAN,
        Script.HANGUL,
        Script.INDIC,
        Script.OTHER,
        Script.LATIN,
    ]


def test_two_letters_are_not_taken_for_a_pair() -> None:
    assert latin_letters("רהב") == "r'hb"
    assert word("الرحمن").skeleton == "rhmn"
