"""How alike two words are, between 0 and 1."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from registry.finding.normalising import Word, readings, skeleton, word
from registry.finding.vocabulary import Vocabulary

# Two words that fold to the same form differ in habit of writing only.
SAME_FOLD = 0.97
SAME_PLAIN = 0.99
# How much the consonants say about a word, by how many of them there are.
_SOUND_WEIGHT = (0.0, 0.3, 0.4, 0.52, 0.6, 0.66)
_VOWELLESS_BONUS = 0.2
_LEAST = 0.5
_LEAST_SPELLED = 0.2
LEAST_LOOSE = 0.34
_LOOSE_VALUE = 0.85
_MOST_FOLDS = 400
# So many of the likest folds are measured again on the words as written.
_CLOSELY = 30
LEAST_LOOSE = 0.34
_LOOSE_VALUE = 0.85
_MOST_FOLDS = 400
# So many of the likest folds are measured again on the words as written.
_CLOSELY = 30
# Words that neither sound nor spelling brought together are not more alike than this.
MOST_LOOSE = 0.5


def _sound_weight(sound: str, *, is_vowelless: bool) -> float:
    weight = _SOUND_WEIGHT[min(len(sound), 5)]
    return weight + _VOWELLESS_BONUS if is_vowelless else weight


def _blend(spelled: float, sounds: float, weight: float) -> float:
    return max(spelled, weight * sounds + (1 - weight) * spelled) * SAME_FOLD


def same_surfaces(asked: Word, vocabulary: Vocabulary) -> dict[int, float]:
    """Return the surfaces that are the asked word, or nearly so, the likest first."""
    fold = vocabulary.fold_number(asked.folded)
    surfaces = [] if fold is None else vocabulary.spellings(fold)
    alike = {surface: similarity(asked, word(vocabulary.surfaces[surface])) for surface in surfaces}
    return {surface: alike[surface] for surface in sorted(alike, key=lambda key: -alike[key])}


def alike_surfaces(asked: Word, vocabulary: Vocabulary) -> dict[int, float]:
    """Return how alike the surfaces of the vocabulary are to the asked word, the likest first.

    Surfaces that are less than half alike are left out.
    """
    found: dict[int, float] = {}
    if asked.plain.isalpha():
        by_sound = {skeleton(form): form for form in reversed(readings(asked.surface))}
        for sound, form in by_sound.items():
            folds = vocabulary.sounding([sound])
            _measure(asked, form, sound, folds, vocabulary, found, is_same_sound=True)
        near = vocabulary.near(asked.folded) | vocabulary.sounding_near(asked.skeleton)
        _measure(asked, asked.folded, asked.skeleton, near, vocabulary, found, is_same_sound=False)
        _measure_plain(asked, vocabulary, found)
    exact = vocabulary.fold_number(asked.folded)
    if exact is not None:
        found[exact] = SAME_FOLD
    likest = sorted(found, key=lambda fold: -found[fold])[:_MOST_FOLDS]
    alike: dict[int, float] = {}
    for rank, fold in enumerate(likest):
        if found[fold] < _LEAST:
            break
        for surface in vocabulary.spellings(fold):
            if rank < _CLOSELY:
                alike[surface] = similarity(asked, word(vocabulary.surfaces[surface]))
            else:
                alike[surface] = found[fold]
    ordered = sorted(alike, key=lambda surface: -alike[surface])
    return {surface: alike[surface] for surface in ordered}


def _measure(
    asked: Word,
    form: str,
    sound: str,
    folds: Collection[int],
    vocabulary: Vocabulary,
    found: dict[int, float],
    *,
    is_same_sound: bool,
) -> None:
    numbers = list(folds)
    texts = list(map(vocabulary.folds.__getitem__, numbers))
    # What sounds the same may be spelled quite differently; the rest comes by its spelling.
    cutoff = _LEAST_SPELLED if is_same_sound else _LEAST
    is_vowelless = asked.script.omits_vowels
    plain_weight = _sound_weight(sound, is_vowelless=False)
    vowelless_weight = _sound_weight(sound, is_vowelless=True)
    for text, spelled, at in process.extract(
        form, texts, scorer=OSA.normalized_similarity, score_cutoff=cutoff, limit=None
    ):
        number = numbers[at]
        has_gaps = vocabulary.omits_vowels(number) != is_vowelless
        weight = vowelless_weight if has_gaps else plain_weight
        sounds = 1.0 if is_same_sound else OSA.normalized_similarity(sound, skeleton(text))
        value = _blend(spelled, sounds, weight)
        if value > found.get(number, 0.0):
            found[number] = value


def _measure_plain(asked: Word, vocabulary: Vocabulary, found: dict[int, float]) -> None:
    for fold in vocabulary.near_plain(asked.plain):
        for surface in vocabulary.spellings(fold)[:1]:
            plain = word(vocabulary.surfaces[surface]).plain
            value = OSA.normalized_similarity(asked.plain, plain) * SAME_FOLD
            if value > found.get(fold, _LEAST):
                found[fold] = value


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
    sounds = OSA.normalized_similarity(asked.skeleton, held.skeleton)
    if sounds < 1.0 or asked.script != held.script:
        mine, theirs = readings(asked.surface), readings(held.surface)
        if len(mine) > 1 or len(theirs) > 1:
            spelled = max(spelled, _best(mine, held.folded), _best(theirs, asked.folded))
            sounds = max(
                sounds,
                _best([skeleton(form) for form in mine], held.skeleton),
                _best([skeleton(form) for form in theirs], asked.skeleton),
            )
    has_gaps = asked.script.omits_vowels != held.script.omits_vowels
    weight = _sound_weight(min(asked.skeleton, held.skeleton, key=len), is_vowelless=has_gaps)
    value = _blend(spelled, sounds, weight)
    start = JaroWinkler.similarity(asked.plain, held.plain)
    return 0.9 * value + 0.1 * min(start, SAME_FOLD)


def _best(forms: Collection[str], form: str) -> float:
    best: float = process.extractOne(form, forms, scorer=OSA.normalized_similarity)[1]
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
