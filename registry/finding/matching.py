"""How alike two words are, between 0 and 1."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from registry.finding.normalising import Word, readings, skeleton, word
from registry.finding.vocabulary import Vocabulary

# Two words that fold to the same form differ in habit of writing only.
SAME_FOLD = 0.97
SAME_PLAIN = 0.99
CUSTOMARY = 0.95
# How much the consonants say about a word, by how many of them there are.
_SOUND_WEIGHT = (0.0, 0.3, 0.4, 0.52, 0.6, 0.66)
# Of a pair of which one lacks its vowels, how much of the spelling is in the consonants.
_CONSONANTS = 0.6
# Languages that read the letters in another way than the likeliest are that much less likely.
_OTHER_READING = 0.97
_MOST_FOLDS = 400
LEAST_LOOSE = 0.34
_LOOSE_VALUE = 0.85
LEAST_LOOSE = 0.34
_LOOSE_VALUE = 0.85
# Words that neither sound nor spelling brought together are not more alike than this.
MOST_LOOSE = 0.5


@dataclass(frozen=True)
class Effort:
    """How far to look.

    `least`: how alike a word must be; `closely`: how many are measured again as written;
    `same_sound` and `near`: how alike words must be spelled that sound the same or are a letter
    or two away; `least_sounds`: consonants from which skeletons may differ by one.
    """

    least: float
    closely: int
    same_sound: float
    near: float
    least_sounds: int


QUICK = Effort(least=0.6, closely=12, same_sound=0.2, near=0.6, least_sounds=4)
THOROUGH = Effort(least=0.5, closely=30, same_sound=0.2, near=0.45, least_sounds=3)


def _sound_weight(sound: str) -> float:
    return _SOUND_WEIGHT[min(len(sound), 5)]


def _blend(spelled: float, sounds: float, weight: float) -> float:
    return max(spelled, weight * sounds + (1 - weight) * spelled) * SAME_FOLD


_VOWELS = str.maketrans("", "", "aeiou")


def _spelled_without_vowels(form: str, other: str, spelled: float) -> float:
    """Return how alike two forms are spelled when one of them lacks its vowels."""
    consonants: float = OSA.normalized_similarity(form.translate(_VOWELS), other.translate(_VOWELS))
    return _CONSONANTS * consonants + (1 - _CONSONANTS) * spelled


def same_surfaces(asked: Word, vocabulary: Vocabulary) -> dict[int, float]:
    """Return the surfaces that are the asked word, or nearly so, the likest first."""
    fold = vocabulary.fold_number(asked.folded)
    surfaces = [] if fold is None else vocabulary.spellings(fold)
    alike = {surface: similarity(asked, word(vocabulary.surfaces[surface])) for surface in surfaces}
    return {surface: alike[surface] for surface in sorted(alike, key=lambda key: -alike[key])}


def alike_surfaces(asked: Word, vocabulary: Vocabulary, effort: Effort) -> dict[int, float]:
    """Return how alike the surfaces of the vocabulary are to the asked word, the likest first.

    Surfaces that are less alike than the effort says are left out.
    """
    found: dict[int, float] = {}
    if asked.plain.isalpha():
        _measure_sounds(asked, vocabulary, effort, found)
        _measure_near(asked, vocabulary, effort, found)
    exact = vocabulary.fold_number(asked.folded)
    if exact is not None:
        found[exact] = SAME_FOLD
    texts = vocabulary.folds
    likest = sorted(found, key=lambda fold: (-found[fold], texts[fold]))[:_MOST_FOLDS]
    alike: dict[int, float] = {}
    for rank, fold in enumerate(likest):
        if found[fold] < effort.least:
            break
        for surface in vocabulary.spellings(fold):
            if rank < effort.closely:
                alike[surface] = similarity(asked, word(vocabulary.surfaces[surface]))
            else:
                alike[surface] = found[fold]
    alike |= dict.fromkeys(vocabulary.customary(asked.folded), CUSTOMARY)
    ordered = sorted(alike, key=lambda surface: -alike[surface])
    return {surface: alike[surface] for surface in ordered}


def _measure_sounds(
    asked: Word, vocabulary: Vocabulary, effort: Effort, found: dict[int, float]
) -> None:
    """Measure the words that have a skeleton in common with one of the asked word's readings."""
    by_sound: dict[str, str] = {}
    for form in readings(asked.surface):
        by_sound.setdefault(skeleton(form), form)
    is_vowelless, likely = asked.script.omits_vowels, 1.0
    for sound, form in by_sound.items():
        weight = _sound_weight(sound)
        for fold, text, spelled in _spelled_alike(
            form, vocabulary.sounding([sound]), vocabulary, effort.same_sound
        ):
            if vocabulary.omits_vowels(fold) != is_vowelless:
                spelled = _spelled_without_vowels(form, text, spelled)
            value = _blend(spelled, 1.0, weight) * likely
            if value > found.get(fold, 0.0):
                found[fold] = value
        likely = _OTHER_READING


def _measure_near(
    asked: Word, vocabulary: Vocabulary, effort: Effort, found: dict[int, float]
) -> None:
    """Measure the words a letter or two away, before or after folding, or in their skeleton."""
    sound = asked.skeleton
    weight = _sound_weight(sound)
    folds = vocabulary.near(asked.folded)
    if len(sound) >= effort.least_sounds:
        folds |= vocabulary.sounding_near(sound)
    for fold, text, spelled in _spelled_alike(asked.folded, folds, vocabulary, effort.near):
        sounds = OSA.normalized_similarity(sound, skeleton(text))
        value = _blend(spelled, sounds, weight)
        if value > found.get(fold, 0.0):
            found[fold] = value
    for fold in vocabulary.near_plain(asked.plain) - found.keys():
        for surface in vocabulary.spellings(fold)[:1]:
            plain = word(vocabulary.surfaces[surface]).plain
            found[fold] = OSA.normalized_similarity(asked.plain, plain) * SAME_FOLD


def _spelled_alike(
    form: str, folds: Collection[int], vocabulary: Vocabulary, least: float
) -> Iterator[tuple[int, str, float]]:
    numbers = list(folds)
    texts = list(map(vocabulary.folds.__getitem__, numbers))
    for text, spelled, at in process.extract(
        form, texts, scorer=OSA.normalized_similarity, score_cutoff=least, limit=None
    ):
        yield numbers[at], text, spelled


def similarity(asked: Word, held: Word) -> float:
    """Return how alike a typed word and a registered one are, as written."""
    if asked.surface == held.surface:
        return 1.0
    if asked.plain == held.plain:
        return SAME_PLAIN
    if asked.folded == held.folded:
        return SAME_FOLD
    spelled = max(
        OSA.normalized_similarity(asked.plain, held.plain),
        OSA.normalized_similarity(asked.folded, held.folded),
    )
    sounds: float = OSA.normalized_similarity(asked.skeleton, held.skeleton)
    weight = _sound_weight(min(asked.skeleton, held.skeleton, key=len))
    has_gaps = asked.script.omits_vowels != held.script.omits_vowels
    if sounds == 1.0 and has_gaps:
        spelled = _spelled_without_vowels(asked.folded, held.folded, spelled)
    value = _blend(spelled, sounds, weight)
    if sounds < 1.0 or asked.script != held.script:
        value = max(value, _OTHER_READING * _other_readings(asked, held, has_gaps=has_gaps))
    start = JaroWinkler.similarity(asked.plain, held.plain)
    return 0.9 * value + 0.1 * min(start, SAME_FOLD)


def _other_readings(asked: Word, held: Word, *, has_gaps: bool) -> float:
    """Return how alike two words are by those of their readings that sound the same."""
    mine = {skeleton(form): form for form in reversed(readings(asked.surface))}
    theirs = {skeleton(form): form for form in reversed(readings(held.surface))}
    best = 0.0
    for sound in mine.keys() & theirs.keys():
        form, other = mine[sound], theirs[sound]
        spelled: float = OSA.normalized_similarity(form, other)
        if has_gaps:
            spelled = _spelled_without_vowels(form, other, spelled)
        best = max(best, _blend(spelled, 1.0, _sound_weight(sound)))
    return best


def loosely_alike(asked: Word, folds: Sequence[str], most: int) -> list[tuple[int, float]]:
    """Return (position, how alike) of folded forms that are little alike but not nothing.

    For words with so many mistakes that neither sound nor spelling brought them forward.
    """
    found = process.extract(
        asked.folded,
        folds,
        scorer=OSA.normalized_similarity,
        score_cutoff=LEAST_LOOSE / _LOOSE_VALUE,
        limit=most,
    )
    return [(at, _LOOSE_VALUE * spelled) for _, spelled, at in found]
