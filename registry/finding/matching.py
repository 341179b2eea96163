"""How alike two words are, between 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cdist, cpdist

from registry.finding.normalising import Word, readings, skeleton
from registry.finding.ranges import Integers, Reals
from registry.finding.vocabulary import Candidates, Vocabulary

# Two words that fold to the same form differ in habit of writing only.
SAME_FOLD = 0.97
SAME_PLAIN = 0.99
CUSTOMARY = 0.95
# How much the consonants say about a word, by how many of them there are.
_SOUND_WEIGHT = np.array([0.0, 0.3, 0.4, 0.52, 0.6, 0.66])
# Of a pair of which one lacks its vowels, how much of the spelling is in the consonants.
_CONSONANTS = 0.6
# Languages that read the letters in another way than the likeliest are that much less likely.
_OTHER_READING = 0.97
_MOST_FOLDS = 400
LEAST_LOOSE = 0.34
_LOOSE_VALUE = 0.85
# Words that neither sound nor spelling brought together are not more alike than this.
MOST_LOOSE = 0.5


@dataclass(frozen=True)
class Effort:
    """How far to look.

    `least`: how alike a word must be; `closely`: how many are measured again as written;
    `same_sound` and `near`: how alike words must be spelled that sound the same or are a letter
    or two away; `letters`: how many letters away; `least_sounds`: consonants from which
    skeletons may differ by one.
    """

    least: float
    closely: int
    same_sound: float
    near: float
    letters: int
    least_sounds: int


# Skeletons that differ are looked for in the second step only.
SLIGHT = Effort(least=0.72, closely=12, same_sound=0.3, near=0.72, letters=1, least_sounds=99)
THOROUGH = Effort(least=0.5, closely=30, same_sound=0.2, near=0.45, letters=2, least_sounds=3)


@dataclass(frozen=True, slots=True)
class Alike:
    """Numbers of surfaces and how alike each is to a word, the likest first."""

    surfaces: Integers
    values: Reals


# Folds and how alike they are.
Found: TypeAlias = tuple[Integers, Reals]
_VOWELS = str.maketrans("", "", "aeiou")


def _sound_weight(sound: str) -> float:
    return float(_SOUND_WEIGHT[min(len(sound), 5)])


def _blend(spelled: float, sounds: float, weight: float) -> float:
    return max(spelled, weight * sounds + (1 - weight) * spelled) * SAME_FOLD


def _blended(spelled: Reals, sounds: Reals | float, weight: Reals | float) -> Reals:
    return np.maximum(spelled, weight * sounds + (1 - weight) * spelled) * SAME_FOLD


def _spelled_without_vowels(form: str, other: str, spelled: float) -> float:
    """Return how alike two forms are spelled when one of them lacks its vowels."""
    consonants: float = OSA.normalized_similarity(form.translate(_VOWELS), other.translate(_VOWELS))
    return _CONSONANTS * consonants + (1 - _CONSONANTS) * spelled


def _spelled(form: str, others: list[str]) -> Reals:
    """Return how alike a form is spelled to each of others."""
    if not others:
        return np.empty(0)
    measured: Reals = cdist([form], others, scorer=OSA.normalized_similarity, dtype=np.float64)[0]
    return measured


def _spelled_in_pairs(forms: list[str], others: list[str]) -> Reals:
    """Return how alike each form is spelled to the one in its place among others."""
    if not others:
        return np.empty(0)
    measured: Reals = cpdist(forms, others, scorer=OSA.normalized_similarity, dtype=np.float64)
    return measured


def same_surfaces(asked: Word, vocabulary: Vocabulary) -> Alike:
    """Return the surfaces that are the asked word, or nearly so, the likest first."""
    fold = vocabulary.fold_number(asked.folded)
    surfaces = [] if fold is None else vocabulary.spellings(fold)
    values = [similarity(asked, vocabulary.word(surface)) for surface in surfaces]
    return _likest_first(np.array(surfaces, np.int64), np.array(values, np.float64))


def _likest_first(surfaces: Integers, values: Reals) -> Alike:
    order = np.argsort(-values, kind="stable")
    return Alike(surfaces[order], values[order])


def alike_surfaces(asked: Word, vocabulary: Vocabulary, effort: Effort) -> Alike:
    """Return how alike the surfaces of the vocabulary are to the asked word, the likest first.

    Surfaces that are less alike than the effort says are left out.
    """
    folds, values = _alike_folds(asked, vocabulary, effort)
    surfaces, places = vocabulary.all_spellings(folds)
    values = values[places]
    if len(values):
        # Those as likely as the last one measured again are measured too: which of them came
        # first would depend on the order of registration.
        last = min(effort.closely, len(values)) - 1
        closely = np.flatnonzero(values >= np.partition(values, -1 - last)[-1 - last])
        values[closely] = _as_written(asked, surfaces[closely], vocabulary, values[closely])
    customary = np.array(vocabulary.customary(asked.folded), np.int64)
    if len(customary):
        others = ~np.isin(surfaces, customary)
        surfaces = np.concatenate([surfaces[others], customary])
        values = np.concatenate([values[others], np.full(len(customary), CUSTOMARY)])
    return _likest_first(surfaces, values)


def _alike_folds(asked: Word, vocabulary: Vocabulary, effort: Effort) -> Found:
    """Return folds, each once, and how alike they are."""
    found: list[Found] = []
    if asked.plain.isalpha():
        by_sound: dict[str, str] = {}
        for form in readings(asked.surface):
            by_sound.setdefault(skeleton(form), form)
        is_sound_near = len(asked.skeleton) >= effort.least_sounds
        candidates = vocabulary.candidates(
            asked, by_sound, letters=effort.letters, is_sound_near=is_sound_near
        )
        found.append(_measured_sounds(asked, by_sound, candidates, vocabulary, effort))
        found.append(_measured_near(asked, candidates.near, vocabulary, effort))
        if len(candidates.near_plain):
            found.append(_measured_plain(asked, candidates.near_plain, vocabulary, effort))
    exact = vocabulary.fold_number(asked.folded)
    if exact is not None:
        found.append((np.array([exact]), np.array([SAME_FOLD])))
    if not found:
        return np.empty(0, np.int64), np.empty(0)
    folds = np.concatenate([each for each, _ in found]).astype(np.int64)
    values = np.concatenate([each for _, each in found])
    order = np.lexsort((-values, folds))
    folds, values = folds[order], values[order]
    if len(folds) > 1:
        is_first = np.concatenate(([True], folds[1:] != folds[:-1]))
        folds, values = folds[is_first], values[is_first]
    if len(folds) > _MOST_FOLDS:
        kept = values >= np.partition(values, -_MOST_FOLDS)[-_MOST_FOLDS]
        folds, values = folds[kept], values[kept]
    return folds, values


def _measured_sounds(
    asked: Word,
    by_sound: dict[str, str],
    candidates: Candidates,
    vocabulary: Vocabulary,
    effort: Effort,
) -> Found:
    """Measure the words that have a skeleton in common with one of the asked word's readings."""
    forms = list(by_sound.values())
    folds, places = candidates.sounding, candidates.sounds
    if not len(folds):
        return folds, np.empty(0)
    weights = _SOUND_WEIGHT[[min(len(sound), 5) for sound in by_sound]]
    gaps = vocabulary.vowelless(folds) != asked.script.omits_vowels
    # Of words that sound the same, how alike they must be spelled to be alike enough.
    least = np.maximum((effort.least / SAME_FOLD - weights) / (1 - weights), effort.same_sound)
    hopeful = vocabulary.may_be_within(folds, forms, places, least) | gaps
    folds, places, gaps = folds[hopeful], places[hopeful], gaps[hopeful]
    texts = list(map(vocabulary.folds.__getitem__, folds.tolist()))
    mine = list(map(forms.__getitem__, places.tolist()))
    spelled = _spelled_in_pairs(mine, texts)
    kept = spelled >= effort.same_sound
    lacking = (gaps & kept).nonzero()[0]
    if len(lacking):
        bare = [form.translate(_VOWELS) for form in forms]
        consonants = _spelled_in_pairs(
            [bare[place] for place in places[lacking].tolist()],
            [texts[at].translate(_VOWELS) for at in lacking.tolist()],
        )
        spelled[lacking] = _CONSONANTS * consonants + (1 - _CONSONANTS) * spelled[lacking]
    likely = np.where(places == 0, 1.0, _OTHER_READING)
    values = _blended(spelled, 1.0, weights[places]) * likely
    kept &= values >= effort.least
    return folds[kept], values[kept]


def _measured_near(asked: Word, folds: Integers, vocabulary: Vocabulary, effort: Effort) -> Found:
    """Measure the words that are, as folded, a letter or two away, or in their skeleton."""
    sound = asked.skeleton
    folds = vocabulary.within(folds, asked.folded, effort.near)
    spelled = _spelled(asked.folded, list(map(vocabulary.folds.__getitem__, folds.tolist())))
    kept = spelled >= effort.near
    folds, spelled = folds[kept], spelled[kept]
    sounds = _spelled(sound, list(map(vocabulary.sounds.__getitem__, folds.tolist())))
    values = _blended(spelled, sounds, _sound_weight(sound))
    kept = values >= effort.least
    return folds[kept], values[kept]


def _measured_plain(asked: Word, folds: Integers, vocabulary: Vocabulary, effort: Effort) -> Found:
    """Measure the words a letter away before folding, by the spelling that speaks for them."""
    speakers = vocabulary.speakers(folds).tolist()
    spelled = _spelled(asked.plain, list(map(vocabulary.plains.__getitem__, speakers)))
    # What is nearer as folded is measured as folded.
    values = spelled * SAME_FOLD
    kept = values >= effort.least
    return folds[kept], values[kept]


def _as_written(asked: Word, surfaces: Integers, vocabulary: Vocabulary, values: Reals) -> Reals:
    """Return how alike surfaces are as written; `values` is how alike their folds are."""
    numbers = surfaces.tolist()
    plains = [vocabulary.plains[surface] for surface in numbers]
    folds = [vocabulary.folds[fold] for fold in vocabulary.folds_of(surfaces).tolist()]
    start = cdist([asked.plain], plains, scorer=JaroWinkler.similarity, dtype=np.float64)[0]
    spelled = np.maximum(_spelled(asked.plain, plains), _spelled(asked.folded, folds))
    value = np.maximum(spelled * SAME_FOLD, values)
    written: Reals = 0.9 * value + 0.1 * np.minimum(start, SAME_FOLD)
    for at, surface in enumerate(numbers):
        if folds[at] == asked.folded:
            same = SAME_PLAIN if plains[at] == asked.plain else SAME_FOLD
            written[at] = 1.0 if vocabulary.surfaces[surface] == asked.surface else same
    return written


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


def loosely_alike(asked: Word, folds: Integers, vocabulary: Vocabulary) -> tuple[Integers, Reals]:
    """Return which of these folds are little alike but not nothing, and how alike.

    For words with so many mistakes that neither sound nor spelling brought them forward.
    """
    least = LEAST_LOOSE / _LOOSE_VALUE
    kept = vocabulary.within(folds, asked.folded, least)
    if not len(kept):
        return kept, np.empty(0)
    spelled = _spelled(asked.folded, [vocabulary.folds[fold] for fold in kept.tolist()])
    close = spelled >= least
    return kept[close], _LOOSE_VALUE * spelled[close]
