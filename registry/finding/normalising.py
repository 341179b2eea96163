"""What stays of a name when spelling, script and accents are taken away.

A word has four forms, each coarser than the one before:

    surface   NFKC, casefolded, in its own letters          محمد    müller     shevchenko
    plain     the same in the letters a to z                mhmd    muller     shevchenko
    folded    spelling habits of languages made one         mhmd    muler      sevsenko
    skeleton  consonants only, voiced and unvoiced as one   mhmt    mlr        spsnk

Skeletons are what the vowelless and the vowelled spelling of a name share; folded forms are
what mistakes are counted on. Letters that languages read differently ("ch", "j", "x") give a
word more than one *reading*. Changing any rule here changes what is found: count up
NORM_VERSION, so that a stored index made by other rules is thrown away.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from registry.finding.scripts import Script, hangul_by_letter, latin_letters, script_of

NORM_VERSION = 2
# Longer input is cut: nobody's name, and work grows with length.
MAX_WORD_LETTERS = 40
MAX_WORDS = 16
MAX_READINGS = 8

_APOSTROPHES = re.compile("['’‘ʼʻʿʾʹʺ`´′ˈ·ּ׳״]")


def _listed(text: str) -> list[str]:
    return text.split()


# Words that join the parts of a name and are left out as often as not.
PARTICLES = frozenset(
    _listed(
        "de da do di du del dela della dalla das des dos den der van von vom zu zur zum ter ten la "
        "le les lo los las y e i al el ul ad as ar an az ez ibn bin ben bint binti bt bte b ould "
        "wuld mc st san ap af av of the ال بن ابن بنت ولد אל בן בת"
    )
)
_HONORIFICS = frozenset(_listed("mr mrs ms dr prof mme hadj hajj haj hajji shri"))

# "Servant of …" and "… of the faith", run together in a hundred spellings.
_SERVANTS = {
    "عبد": re.compile("^(عبد)(ال.{2,})$"),
    "abd": re.compile("^(abd)[aeiouü]?(?:l|([rsndzt])(?=\\2))(.{3,})$"),
    "абд": re.compile("^(абд)[аеуи]?(?:ь?л|([рсндзт])(?=\\2))(.{3,})$"),
}
_OF_THE_FAITH = re.compile("^(.{3,})[aeiouü]d(d[iey]{1,2}ne?)$|^(.{3,})[аеу]д(дин)$")
_CHINESE_FAMILY = frozenset(
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何高林罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾肖蕭田董袁潘于蒋"
    "蔣蔡余杜叶葉程苏蘇魏吕呂丁任沈姚卢盧姜崔钟鍾谭譚陆陸汪范廖石金韦韋贾賈夏付方白邹鄒孟熊秦邱江尹薛闫阎段雷侯龙龍史陶黎"
    "贺賀顾顧毛郝龚龔邵万萬钱錢严嚴覃武戴莫孔向汤湯文"
)
_LONG_FAMILY = frozenset(
    _listed(
        "欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 司徒 慕容 皇甫 东方 東方 令狐 尉迟 宇文 长孫 夏侯 "
        "남궁 황보 제갈 사공 선우 서문 독고"
    )
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a name in its four forms."""

    surface: str
    plain: str
    folded: str
    skeleton: str
    script: Script

    @property
    def is_particle(self) -> bool:
        """Whether people leave this word out without thinking."""
        return is_particle(self.surface)


def is_particle(surface: str) -> bool:
    """Whether a surface form only joins or adorns the words round it."""
    return surface in PARTICLES or surface in _HONORIFICS


def surfaces(text: str) -> list[str]:
    """Split text into surface forms, in order; at most MAX_WORDS of them.

    An apostrophe joins ("O'Brien"), a hyphen parts. Unparted Chinese and Korean names are
    parted after the family name, and "Abdulrahman" after the servant.
    """
    tidy = text[:1000].casefold() if text.isascii() else _composed(text[:1000])
    tidy = _APOSTROPHES.sub("", tidy)
    words = [_cut(word) for word in _split_at_marks(tidy)]
    if len(words) == 1:
        words = _part_family_name(words[0])
    return [part for word in words for part in _part_compound(word) if part][:MAX_WORDS]


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())


def _cut(word: str) -> str:
    return word[:MAX_WORD_LETTERS]


def _split_at_marks(text: str) -> list[str]:
    found = text.split()
    if all(map(str.isalnum, found)):
        return found
    # Vowel signs and viramas are not \w, but they do not end a word either.
    kept = "".join(
        letter
        if letter.isalnum() or unicodedata.category(letter)[0] == "M"
        else ("" if unicodedata.category(letter) == "Cf" else " ")
        for letter in text
    )
    return kept.split()


def _part_family_name(word: str) -> list[str]:
    script = script_of(word)
    if script not in (Script.HAN, Script.HANGUL) or not 2 <= len(word) <= 5:
        return [word]
    if len(word) > 2 and word[:2] in _LONG_FAMILY:
        return [word[:2], word[2:]]
    if script is Script.HANGUL or (word[0] in _CHINESE_FAMILY and len(word) <= 3):
        return [word[:1], word[1:]]
    # Not a Chinese family name: Japanese ones mostly have two letters.
    return [word[:2], word[2:]] if len(word) > 2 else [word]


def _part_compound(word: str) -> list[str]:
    pattern = _SERVANTS.get(word[:3])
    if pattern is not None and (found := pattern.match(word)):
        return [found[1], found[found.lastindex or 1]]
    if ("d" in word or "д" in word) and (found := _OF_THE_FAITH.match(word)):
        return [part for part in found.groups() if part]
    return [word]


@lru_cache(maxsize=16_384)
def word(surface: str) -> Word:
    """Return all forms of one surface form."""
    marked = _letters(surface)
    folded = fold(marked)
    return Word(surface, marked.replace("'", ""), folded, skeleton(folded), script_of(surface))


def _letters(surface: str) -> str:
    letters = latin_letters(surface)
    if surface.startswith("ال") and len(surface) >= 4:
        return letters[2:]
    return letters


def words(text: str) -> list[Word]:
    """Return the words of a text, in order, those without any letter left out."""
    return [found for found in map(word, surfaces(text)) if found.plain]


# --- folding ------------------------------------------------------------------

# In order: what must be there for the rule to matter, what is looked for, what it becomes.
# Each takes one habit of writing away.
_FOLDS = [
    (needed, re.compile(pattern), result)
    for needed, pattern, result in (
        ("e", "^(?:ye|ie|je)(?=[lvkfgn])", "e"),
        ("d", "^dz?h|^dsch|dzh|dsch|^dj|dj", "j"),
        ("x", "^x", "s"),
        ("hs", "^hs", "s"),
        ("s", "shch|schtsch|szcz|sch|tsh|sh|sz|ts|ss", "s"),
        ("c", "chtch|tsch|tch|cz|cs|tc", "s"),
        ("z", "tz", "s"),
        ("ch", "ch(?=[bcdfgklmnpqrstvwz])", "h"),
        ("ch", "ch", "s"),
        ("zh", "zh", "j"),
        ("ph", "ph", "f"),
        ("kh", "kh", "h"),
        ("h", "(?<=[tdbgrw])h", ""),
        ("gu", "gu(?=[eiy])", "g"),
        ("q", "qu|q", "k"),
        ("c", "ck|c(?![eiyhs])", "k"),
        ("c", "c", "s"),
        ("x", "x", "ks"),
        ("w", "w", "v"),
        ("ff", "off$", "ov"),
        ("ff", "eff$", "ev"),
        ("o", "ou|oo|oe", "u"),
        ("u", "uu|ue", "u"),
        ("a", "ae|aa", "a"),
        ("y", "iy|yi|y", "i"),
        ("i", "ij", "i"),
        ("ee", "ee", "i"),
        ("ji", "ji(?=[aou])", "j"),
        ("i", "ie$|i[ie]*i", "i"),
        ("h", "(?<=[aeiou])h$", ""),
        ("'", "'", ""),
        ("", r"(.)\1+", r"\1"),
    )
]


def fold(plain: str) -> str:
    """Return the folded form of a plain one; never "" unless `plain` is."""
    if not plain.isalpha() and any(letter.isdigit() for letter in plain):
        return plain
    folded = plain
    for needed, pattern, result in _FOLDS:
        if needed in folded:
            folded = pattern.sub(result, folded)
    return folded or plain


_SAME_SOUND = str.maketrans("bvfdgzjq", "ppptkssk", "aeiou")
_RUN = re.compile(r"(.)\1+")


@lru_cache(maxsize=16_384)
def skeleton(folded: str) -> str:
    """Return the consonants of a folded form; the form itself when it has none."""
    return _RUN.sub(r"\1", folded.translate(_SAME_SOUND)) or folded


# --- readings -------------------------------------------------------------------

# Where languages read the same letters differently: (needed, letters, other letters).
_OTHER_READINGS = [
    (needed, re.compile(pattern), result)
    for needed, pattern, result in (
        ("ch", "ch", "kh"),
        ("ch", "ch", "k"),
        ("c", "c(?!h)", "s"),
        ("c", "c(?!h)", "k"),
        ("j", "j", "y"),
        ("j", "j", "h"),
        ("j", "j", "g"),
        ("x", "x", "sh"),
        ("x", "x", "h"),
        ("th", "th", "s"),
        ("dh", "dh", "z"),
        ("h", "h", ""),
        ("h", "(?<![kcsgpztd])h", "g"),
        ("g", "(?<!n)g(?!h)", "h"),
        ("g", "^g(?=[eiy])|(?<=[aeiou])g(?=[eiy])", "y"),
        ("g", "g(?=[eiy])", "j"),
        ("w", "(?<=.)w", "u"),
        ("o", "(?:ou|o)(?=[aei])", "w"),
        ("u", "u(?=[aei])", "w"),
        ("q", "q(?=[iu])", "ch"),
        ("mp", "^mp", "b"),
        ("nt", "^nt", "d"),
        ("gk", "^gk", "g"),
        ("u", "(?<=[aeiou])u(?=[^aeiouw])", "v"),
        ("l", "^(?:al|el|ul)(?=[b-df-hj-np-tv-z][a-z]{3})", ""),
        ("mp", "mp", "b"),
        ("nt", "nt", "d"),
        ("h", "h$", "kh"),
        ("eo", "eo", "u"),
        ("eu", "eu", "u"),
        ("ui", "ui$", "i"),
    )
]
_CARRIED_VOWELS = frozenset(("او", "أو", "اي", "أي"))
_OWN_READINGS = {
    "이": ("yi", "rhee"),
    "박": ("pak", "bak"),
    "임": ("im", "rim"),
    "서": ("suh",),
    "오": ("o",),
    "허": ("hur",),
    "정": ("chung", "jeong"),
    "조": ("jo",),
    "노": ("ro",),
    "유": ("ryu", "yu"),
    "전": ("chun",),
    "여": ("ryo",),
    "나": ("ra",),
}


def own_readings(surface: str) -> tuple[str, ...]:
    """Return the folded forms a word has by custom, which no rule would give it."""
    if script_of(surface) is not Script.HANGUL:
        return ()
    customary = (hangul_by_letter(surface), *_OWN_READINGS.get(surface, ()))
    usual = fold(latin_letters(surface))
    return tuple(dict.fromkeys(form for form in map(fold, customary) if form != usual))


@lru_cache(maxsize=16_384)
def readings(surface: str) -> tuple[str, ...]:
    """Return the folded forms a word may have, the likeliest first, at most MAX_READINGS."""
    first = word(surface)
    if not first.plain.isalpha():
        return (first.folded,)
    found = dict.fromkeys([first.folded, *own_readings(surface)])
    if first.script is Script.ARABIC and "ع" in surface:
        found[fold(latin_letters(surface.replace("ع", "")))] = None
    if first.script is Script.ARABIC and surface[:2] in _CARRIED_VOWELS:
        found[fold(latin_letters(surface[1:]))] = None
    if first.script is Script.HEBREW and "ו" in surface[1:]:
        found[fold(latin_letters(surface[0] + surface[1:].replace("ו", "ב")))] = None
    marked = _letters(surface)
    for needed, pattern, result in _OTHER_READINGS:
        if needed in marked and (other := pattern.sub(result, marked)) != marked:
            found[fold(other)] = None
    return tuple(form for form in found if form)[:MAX_READINGS]


def skeletons(surface: str) -> tuple[str, ...]:
    """Return the distinct skeletons of a word's readings, the likeliest first."""
    return tuple(dict.fromkeys(skeleton(form) for form in readings(surface)))


def forget() -> None:
    """Drop the words that are remembered to save work: somebody was erased."""
    word.cache_clear()
    skeleton.cache_clear()
    readings.cache_clear()
