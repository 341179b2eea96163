"""Every word of every name, once: its forms, and who has it.

Words are numbered twice. A *surface* is a word as written; several surfaces share one *fold*
("müller" and "мюллер" are two surfaces, "müller" and "muller" fold to one). People are listed
by surface; nearness is looked for among folds.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from registry.finding.neighbours import (
    Neighbours,
    near_keys,
    near_plain_keys,
    near_sound_keys,
    sound_key,
)
from registry.finding.normalising import Word, own_readings, skeletons, word
from registry.finding.parts import Parts, below, from_texts, numbers, texts, under
from registry.finding.postings import Postings
from registry.finding.ranges import Integers, Reals, distinct
from registry.finding.scripts import Script

NAME, PLACE = 0, 1
_LETTER_A, _NO_LETTER = ord("a"), 27


def letter_set(form: str) -> int:
    """Return which letters a form has, one bit each; all that are not a to z share a bit."""
    found = 0
    for letter in set(form):
        number = ord(letter) - _LETTER_A
        found |= 1 << (number if 0 <= number < 26 else _NO_LETTER)
    return found


@dataclass(frozen=True, slots=True)
class Candidates:
    """Folds that may be alike to a word.

    `sounding`: by a skeleton in common, the one at the place given in `sounds`; `near`: one or
    two letters away, or one in the skeleton; `near_plain`: one letter away before folding.
    """

    sounding: Integers
    sounds: Integers
    near: Integers
    near_plain: Integers


class Vocabulary:
    """Surfaces, folds and the people listed under each surface, by name and by place."""

    def __init__(self) -> None:
        self._surface_numbers: dict[str, int] = {}
        self.surfaces: list[str] = []
        # What each is in plain letters, and its script.
        self.plains: list[str] = []
        self._scripts = bytearray()
        self.fold_of = array("I")
        self._uses = array("I")
        self._fold_numbers: dict[str, int] = {}
        self.folds: list[str] = []
        self.sounds: list[str] = []
        # Length and letters of each fold: most words are ruled out by these alone.
        self._lengths = bytearray()
        self._letters = array("I")
        # The surface that speaks for its fold, and the others where there are any.
        self._speaker = array("I")
        self._others: dict[int, list[int]] = {}
        self._has_others = bytearray()
        self._vowelless = array("H")
        # Surfaces by the folded forms custom gives them besides their own.
        self._customary: dict[str, list[int]] = {}
        self.listed = (Postings(), Postings())
        self.neighbours = Neighbours(self._keys_of)
        # Counts up whenever there is a word more or less.
        self.edition = 0

    def __len__(self) -> int:
        return len(self._surface_numbers)

    # --- filling

    def number(self, surface: str) -> int | None:
        """Return the number of a surface, making one when it is new; None without letters."""
        number = self._surface_numbers.get(surface)
        if number is not None:
            return number
        forms = word(surface)
        if not forms.folded:
            return None
        number = len(self.surfaces)
        self.edition += 1
        fold = self._fold_numbers.get(forms.folded)
        if fold is None:
            fold = self._new_fold(forms, number)
        else:
            self._add_other(fold, number)
        self._surface_numbers[surface] = number
        for form in own_readings(surface):
            self._customary.setdefault(form, []).append(number)
        self.surfaces.append(surface)
        self.plains.append(surface if forms.plain == surface else forms.plain)
        self._scripts.append(forms.script)
        self.fold_of.append(fold)
        self._uses.append(0)
        for listed in self.listed:
            listed.new_word()
        self._vowelless[fold] += forms.script.omits_vowels
        self.neighbours.add(number)
        return number

    def _new_fold(self, forms: Word, surface: int) -> int:
        fold = len(self.folds)
        self._fold_numbers[forms.folded] = fold
        self._describe(forms.folded, forms.skeleton)
        self._speaker.append(surface)
        self._has_others.append(0)
        self._vowelless.append(0)
        return fold

    def _describe(self, folded: str, sound: str) -> None:
        self.folds.append(folded)
        self.sounds.append(folded if sound == folded else sound)
        self._lengths.append(min(len(folded), 255))
        self._letters.append(letter_set(folded))

    def _keys_of(self, surface: int) -> Iterator[int]:
        written = self.surfaces[surface]
        if not written:
            return
        for sound in skeletons(written):
            yield sound_key(sound)
        fold = self.fold_of[surface]
        if self._speaker[fold] == surface:
            yield from near_keys(self.folds[fold])
            yield from near_sound_keys(self.sounds[fold])
        # A mistake may fall into a pair of letters and make the folds quite different.
        plain = self.plains[surface]
        if plain != self.folds[fold]:
            yield from near_plain_keys(plain)

    def hold(self, surface: int) -> None:
        """Count one more use of a surface."""
        self._uses[surface] += 1

    def release(self, surface: int) -> bool:
        """Count one use less; a word nobody has any more is forgotten, and True returned."""
        self._uses[surface] -= 1
        if self._uses[surface]:
            return False
        self._forget(surface)
        return True

    def commonest(self, most: int, least_uses: int) -> list[int]:
        """Return the surfaces most people have, the rarer first."""
        if not self._uses:
            return []
        uses = np.frombuffer(self._uses, np.uint32)
        common = (uses >= least_uses).nonzero()[0]
        found: list[int] = common[np.argsort(uses[common], kind="stable")][-most:].tolist()
        return found

    def _forget(self, surface: int) -> None:
        # Numbers are not used again: keys in packed segments still point at them.
        written, fold = self.surfaces[surface], self.fold_of[surface]
        del self._surface_numbers[written]
        for form in own_readings(written):
            self._customary[form].remove(surface)
        self.edition += 1
        self.surfaces[surface] = self.plains[surface] = ""
        self._vowelless[fold] -= Script(self._scripts[surface]).omits_vowels
        others = self._others.get(fold, [])
        if self._speaker[fold] != surface:
            others.remove(surface)
        elif others:
            self._speaker[fold] = others.pop(0)
            self.neighbours.add(self._speaker[fold])
        else:
            del self._fold_numbers[self.folds[fold]]
            self.folds[fold] = self.sounds[fold] = ""
            self._lengths[fold] = self._letters[fold] = 0
        if not others:
            self._others.pop(fold, None)
            self._has_others[fold] = 0

    def _add_other(self, fold: int, surface: int) -> None:
        self._others.setdefault(fold, []).append(surface)
        self._has_others[fold] = 1

    # --- keeping

    def parts(self) -> dict[str, bytes]:
        """Return everything in it but who is listed as bytes."""
        return {
            "surfaces": from_texts(self.surfaces),
            "plains": from_texts(self.plains),
            "scripts": bytes(self._scripts),
            "folds": from_texts(self.folds),
            "sounds": from_texts(self.sounds),
            "lengths": bytes(self._lengths),
            "letters": self._letters.tobytes(),
            "fold_of": self.fold_of.tobytes(),
            "uses": self._uses.tobytes(),
            "speaker": self._speaker.tobytes(),
            "vowelless": self._vowelless.tobytes(),
            **under("neighbours", self.neighbours.parts()),
        }

    def restore(self, parts: Parts) -> None:
        """Undo `parts`, in an empty vocabulary."""
        self.fold_of = numbers("I", parts["fold_of"])
        self._uses = numbers("I", parts["uses"])
        self._speaker = numbers("I", parts["speaker"])
        self._vowelless = numbers("H", parts["vowelless"])
        self._letters = numbers("I", parts["letters"])
        self._lengths += parts["lengths"]
        self._scripts += parts["scripts"]
        self.surfaces = texts(parts["surfaces"], len(self.fold_of))
        self.plains = _sharing(texts(parts["plains"], len(self.fold_of)), self.surfaces)
        self.folds = texts(parts["folds"], len(self._speaker))
        self.sounds = _sharing(texts(parts["sounds"], len(self._speaker)), self.folds)
        self._surface_numbers = {text: at for at, text in enumerate(self.surfaces) if text}
        self._fold_numbers = {text: at for at, text in enumerate(self.folds) if text}
        self._has_others += bytes(len(self.folds))
        for listed in self.listed:
            for _ in self.surfaces:
                listed.new_word()
        for written, surface in self._surface_numbers.items():
            for form in own_readings(written):
                self._customary.setdefault(form, []).append(surface)
            fold = self.fold_of[surface]
            if self._speaker[fold] != surface:
                self._add_other(fold, surface)
        self.neighbours.restore(below("neighbours", parts))

    # --- asking

    def surface_number(self, surface: str) -> int | None:
        """Return the number of a surface somebody has."""
        return self._surface_numbers.get(surface)

    def fold_number(self, folded: str) -> int | None:
        """Return the number of a folded form somebody has."""
        return self._fold_numbers.get(folded)

    def spellings(self, fold: int) -> list[int]:
        """Return the surfaces of a fold."""
        if not self.folds[fold]:
            return []
        others = self._others.get(fold)
        return [self._speaker[fold], *others] if others else [self._speaker[fold]]

    def speakers(self, folds: Integers) -> Integers:
        """Return the surface that speaks for each fold."""
        found: Integers = np.frombuffer(self._speaker, np.uint32)[folds].astype(np.int64)
        return found

    def all_spellings(self, folds: Integers) -> tuple[Integers, Integers]:
        """Return the surfaces of folds, and the place among `folds` each belongs to."""
        speakers, places = self.speakers(folds), np.arange(len(folds))
        if not self._others:
            return speakers, places
        more = np.frombuffer(self._has_others, np.uint8)[folds].nonzero()[0]
        surfaces: list[int] = []
        of: list[int] = []
        for place, fold in zip(more.tolist(), folds[more].tolist(), strict=True):
            others = self._others[fold]
            surfaces += others
            of += [place] * len(others)
        return (
            np.concatenate([speakers, np.array(surfaces, np.int64)]),
            np.concatenate([places, np.array(of, np.int64)]),
        )

    def customary(self, folded: str) -> list[int]:
        """Return the surfaces that custom writes with this folded form: 박 is "pak"."""
        return self._customary.get(folded, [])

    def word(self, surface: int) -> Word:
        """Return a surface with its forms."""
        fold = self.fold_of[surface]
        return Word(
            self.surfaces[surface],
            self.plains[surface],
            self.folds[fold],
            self.sounds[fold],
            Script(self._scripts[surface]),
        )

    def script(self, surface: int) -> int:
        """Return the script of a surface, as a number."""
        return self._scripts[surface]

    def vowelless(self, folds: Integers) -> Integers:
        """Return for each fold whether somebody writes it in a script without short vowels."""
        return np.frombuffer(self._vowelless, np.uint16)[folds] > 0

    def candidates(
        self, asked: Word, sounds: Iterable[str], *, letters: int, is_sound_near: bool
    ) -> Candidates:
        """Return the folds that may be alike to a word one of whose skeletons is among `sounds`.

        `letters`: how many letters away, 1 or 2; `is_sound_near`: whether skeletons may differ
        by a letter.
        """
        keys = [sound_key(sound) for sound in sounds]
        sounding = len(keys)
        keys += near_keys(asked.folded, letters)
        if is_sound_near:
            keys += near_sound_keys(asked.skeleton)
        near = len(keys)
        if asked.plain != asked.folded:
            keys += near_plain_keys(asked.plain)
        found, places = self.neighbours.candidates(keys)
        folds = self.folds_of(found).astype(np.int64)
        is_sound = places < sounding
        is_plain = places >= near
        pairs = distinct(folds[is_sound] << 8 | places[is_sound])
        return Candidates(
            pairs >> 8,
            pairs & 0xFF,
            distinct(folds[~is_sound & ~is_plain]),
            distinct(folds[is_plain]),
        )

    def asking_keys(self, asked: Word, letters: int) -> set[int]:
        """Return the keys `candidates` looks under, without those of skeletons that differ."""
        return {
            *map(sound_key, skeletons(asked.surface)),
            *near_keys(asked.folded, letters),
            *near_plain_keys(asked.plain),
        }

    def listing_keys(self, surface: int) -> set[int]:
        """Return every key a surface or its fold is listed under."""
        return {*self._keys_of(surface), *near_keys(self.folds[self.fold_of[surface]])}

    def within(self, folds: Integers, form: str, least: float) -> Integers:
        """Return which folds can be spelled so much like a form, by length and letters."""
        lengths = np.frombuffer(self._lengths, np.uint8)[folds].astype(np.int64)
        letters = np.frombuffer(self._letters, np.uint32)[folds]
        most = (1 - least) * np.maximum(lengths, len(form)) + 1e-9
        other = np.bitwise_count(letters ^ np.uint32(letter_set(form)))
        kept: Integers = folds[(np.abs(lengths - len(form)) <= most) & (other <= 2 * most)]
        return kept

    def may_be_within(
        self, folds: Integers, forms: Sequence[str], places: Integers, least: Reals
    ) -> Integers:
        """Return whether each fold can be spelled so much like the form at its place.

        `least[i]`: how much like `forms[i]`.
        """
        lengths = np.frombuffer(self._lengths, np.uint8)[folds].astype(np.int64)
        letters = np.frombuffer(self._letters, np.uint32)[folds]
        own = np.array([len(form) for form in forms])[places]
        sets = np.array([letter_set(form) for form in forms], np.uint32)[places]
        most = (1 - least)[places] * np.maximum(lengths, own) + 1e-9
        found: Integers = np.abs(lengths - own) <= most
        found &= np.bitwise_count(letters ^ sets) <= 2 * most
        return found

    def folds_of(self, surfaces: Integers) -> Integers:
        """Return the folds of surfaces."""
        found: Integers = np.frombuffer(self.fold_of, np.uint32)[surfaces]
        return found


def _sharing(forms: list[str], others: list[str]) -> list[str]:
    """Return `forms`, each that equals its neighbour in `others` being the same object."""
    return [other if form == other else form for form, other in zip(forms, others, strict=True)]
