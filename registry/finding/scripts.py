"""Writing a word of any script with the letters a to z.

Cyrillic, Greek, Arabic and Hebrew have tables of their own, since people's names are
spelled in Latin letters by habit and not by the letter: "ου" is "ou", a final "ة" is "a".
Every other script goes through anyascii, with the few corrections its tables need for names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import IntEnum

from anyascii import anyascii


class Script(IntEnum):
    """The scripts that need to be told apart. Values are kept in one byte a word."""

    LATIN = 0
    CYRILLIC = 1
    GREEK = 2
    ARABIC = 3
    HEBREW = 4
    HAN = 5
    HANGUL = 6
    INDIC = 7
    OTHER = 8

    @property
    def omits_vowels(self) -> bool:
        """Whether short vowels are usually not written, or get lost on the way to Latin."""
        return self in (Script.ARABIC, Script.HEBREW, Script.INDIC)


_RANGES = (
    (0x0000, 0x024F, Script.LATIN),
    (0x0250, 0x02FF, Script.LATIN),
    (0x0370, 0x03FF, Script.GREEK),
    (0x0400, 0x052F, Script.CYRILLIC),
    (0x0590, 0x05FF, Script.HEBREW),
    (0x0600, 0x06FF, Script.ARABIC),
    (0x0750, 0x077F, Script.ARABIC),
    (0x08A0, 0x08FF, Script.ARABIC),
    (0x0900, 0x0DFF, Script.INDIC),
    (0x1C80, 0x1C8F, Script.CYRILLIC),
    (0x1E00, 0x1EFF, Script.LATIN),
    (0x1F00, 0x1FFF, Script.GREEK),
    (0x3400, 0x9FFF, Script.HAN),
    (0xAC00, 0xD7A3, Script.HANGUL),
    (0xF900, 0xFAFF, Script.HAN),
    (0x20000, 0x323AF, Script.HAN),
)


def script_of(word: str) -> Script:
    """Return the script of a word, judged by its first letter."""
    for letter in word:
        point = ord(letter)
        if letter.isalpha():
            for first, last, script in _RANGES:
                if first <= point <= last:
                    return script
            return Script.OTHER
    return Script.LATIN


def _pairs(text: str) -> dict[str, str]:
    """Read "a=b c=d e=" into a table."""
    return dict(pair.split("=") for pair in text.split())


def _listed(text: str) -> list[str]:
    return text.split()


_LATIN = _pairs(
    "ß=ss ø=o đ=d ł=l æ=ae œ=oe þ=th ð=d ı=i ŋ=ng ə=a ħ=h ĸ=k ŧ=t ƙ=k ɓ=b ɗ=d ƴ=y ɛ=e ɔ=o ɩ=i "
    "ʋ=v ɣ=g ʒ=zh ǝ=e ɲ=ny ŀ=l ĳ=ij ǆ=dz ǉ=lj ǌ=nj"
)
_CYRILLIC = _pairs(
    "а=a б=b в=v г=g д=d е=e ё=yo ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f "
    "х=kh ц=ts ч=ch ш=sh щ=shch ъ= ы=y ь= э=e ю=yu я=ya ґ=g є=ye і=i ї=yi ў=u ђ=dj ј=j љ=lj "
    "њ=nj ћ=ch џ=dj ѓ=gj ќ=kj ѕ=dz ѐ=e ѝ=i ә=a ғ=gh қ=q ң=ng ҥ=ng ө=o ұ=u ү=u һ=h ӣ=i ҷ=j ҳ=h "
    "ӯ=u ҡ=k ҙ=z ҫ=s җ=j ҕ=g ӏ= ӑ=a ӗ=e ӳ=u ѣ=e ѳ=f ѵ=i"
)
_GREEK_PAIRS = _pairs(
    "ου=ou αυ=av ευ=ev ηυ=iv γγ=ng γχ=nkh γξ=nx γκ=gk μπ=mp ντ=nt τσ=ts τζ=tz ει=i οι=i υι=i αι=e"
)
_GREEK = _pairs(
    "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f "
    "χ=kh ψ=ps ω=o"
)
_GREEK_PATTERN = re.compile("|".join([*_GREEK_PAIRS, "."]))
_ARABIC = _pairs(
    "ا=a أ=a إ=i آ=a ٱ=a ب=b ت=t ث=th ج=j ح=h خ=kh د=d ذ=dh ر=r ز=z س=s ش=sh ص=s ض=dh ط=t ظ=z "
    "ع=a غ=gh ف=f ق=q ك=k ل=l م=m ن=n ه=h ي=y ى=a ة=a ء= ئ=i ؤ=u پ=p چ=ch ژ=zh گ=g ک=k ی=y ې=e "
    "ے=e ہ=h ھ=h ۀ=e ۂ=e ۃ=a ٹ=t ڈ=d ڑ=r ں=n ڤ=v ڭ=ng ڨ=g ۆ=o ۇ=u ۈ=u ۋ=v ێ=e ە=a ڕ=r ڵ=l ښ=sh "
    "ګ=g ڼ=n ټ=t ډ=d ړ=r څ=ts ځ=dz"
)
_ARABIC_UNWRITTEN = re.compile("[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
# After these, at the start, or before a long vowel, waw is the consonant of "Nawal".
_WAW_IS_CONSONANT = re.compile("^و|و(?=[اأآيىیويةه])")
_HEBREW = _pairs(
    "א=a ב=b ג=g ד=d ה=h ו=u ז=z ח=kh ט=t י=y כ=k ך=kh ל=l מ=m ם=m נ=n ן=n ס=s ע=a פ=p ף=f צ=ts "
    "ץ=ts ק=k ר=r ש=sh ת=t"
)
_BEFORE_H = tuple("bcdgkprstwz")
_HEBREW_UNWRITTEN = re.compile("[\u0591-\u05c7]")
_INDIC_NASAL = re.compile("m(?=[kgcjtdsyz])")

# Family names as Koreans write them in Latin letters, which is not how the letters sound.
_KOREAN_FAMILY = _pairs(
    "김=kim 이=lee 박=park 최=choi 정=jung 강=kang 조=cho 윤=yoon 장=jang "
    "임=lim 오=oh 한=han 신=shin 서=seo 권=kwon 황=hwang 안=ahn 송=song "
    "유=yoo 홍=hong 전=jeon 고=ko 문=moon 손=son 양=yang 배=bae 백=baek "
    "허=heo 남=nam 심=shim 노=noh 하=ha 주=joo 구=koo 곽=kwak 성=sung "
    "차=cha 우=woo 진=jin 나=na 지=ji 엄=um 변=byun 원=won 천=chun "
    "방=bang 공=kong 현=hyun 함=ham 여=yeo 추=choo 도=do"
)
_HANGUL_INITIAL = _listed("g kk n d tt r m b pp s ss - j jj ch k t p h")
_HANGUL_VOWEL = _listed("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i")
_HANGUL_FINAL = _listed("- k k k n n n t l k m l l l p l m p p t t ng t t k t p t")


def latin_letters(word: str) -> str:
    """Return a casefolded word in the letters a to z and the digits; "" when nothing is left.

    An apostrophe stands between letters that only look like a pair: "r'h" is not "rh".
    """
    script = script_of(word)
    if script is Script.LATIN:
        written = _from_latin(word)
    elif script is Script.CYRILLIC:
        written = "".join(_CYRILLIC.get(letter, letter) for letter in word)
    elif script is Script.GREEK:
        written = _from_greek(word)
    elif script is Script.ARABIC:
        written = _from_arabic(word)
    elif script is Script.HEBREW:
        written = _from_hebrew(word)
    elif script is Script.HANGUL:
        written = _from_hangul(word)
    else:
        written = anyascii(word).lower().replace("'", "")
        if script is Script.INDIC:
            written = _mend_indic(written)
    if not written.isascii():
        written = anyascii(written).lower()
    return "".join(letter for letter in written if letter.isalnum() or letter == "'").strip("'")


def _without_marks(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _from_latin(word: str) -> str:
    if word.isascii():
        return word
    return "".join(_LATIN.get(letter, letter) for letter in _without_marks(word))


def _from_greek(word: str) -> str:
    # A diaeresis parts two vowels that would be read as one.
    parted = unicodedata.normalize("NFD", word).replace("\u0308", "-")
    bare = "".join(letter for letter in parted if not unicodedata.combining(letter))
    bare = re.sub("(.)-", r"-\1", bare)
    found = _GREEK_PATTERN.findall(bare)
    return "".join(_GREEK_PAIRS.get(part) or _GREEK.get(part, part) for part in found)


def _from_arabic(word: str) -> str:
    # NFC keeps alef with hamza apart from bare alef; the marks above are short vowels.
    bare = _ARABIC_UNWRITTEN.sub("", unicodedata.normalize("NFC", word))
    bare = _WAW_IS_CONSONANT.sub("w", bare).replace("و", "u")
    return _join_apart(_ARABIC.get(letter, letter) for letter in bare)


def _from_hebrew(word: str) -> str:
    bare = _HEBREW_UNWRITTEN.sub("", word).replace("וו", "w")
    # Alef and ayin carry the vowel that follows them.
    bare = re.sub("[אע](?=[וי])", "", bare) if len(bare) > 2 else bare
    if word.startswith("ו"):
        bare = "v" + bare[1:]
    if bare.endswith("ה"):
        bare = bare[:-1] + "a"
    return _join_apart(_HEBREW.get(letter, letter) for letter in bare)


def _join_apart(letters: Iterable[str]) -> str:
    # Without their vowels, "r" and "h" meet where nobody reads "rh".
    written = ""
    for letter in letters:
        parted = letter == "h" and written[-1:] in _BEFORE_H
        written += "'" + letter if parted else letter
    return written


def _from_hangul(word: str) -> str:
    return _KOREAN_FAMILY.get(word) or hangul_by_letter(word)


def hangul_by_letter(word: str) -> str:
    """Return a Korean word as its letters sound, family names too."""
    parts = []
    for letter in word:
        number = ord(letter) - 0xAC00
        if not 0 <= number < 11172:
            parts.append(letter)
            continue
        initial, rest = divmod(number, 588)
        vowel, final = divmod(rest, 28)
        parts += [_HANGUL_INITIAL[initial], _HANGUL_VOWEL[vowel], _HANGUL_FINAL[final]]
    return "".join(parts).replace("-", "")


def _mend_indic(written: str) -> str:
    # anyascii writes the nasal dot as m and the letters ca, cha as c; "Singh" needs its g.
    written = written.replace("mh", "ngh")
    return _INDIC_NASAL.sub("n", re.sub("ch?", "ch'", written))
