"""Every word of every name, once: its forms, and who has it.

Words are numbered twice. A *surface* is a word as written; several surfaces share one *fold*
("müller" and "мюллер" are two surfaces, "müller" and "muller" fold to one). People are listed
by surface; nearness is looked for among folds.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from registry.finding.neighbours import (
    Neighbours,
    near_keys,
    near_plain_keys,
    near_sound_keys,
    sound_key,
)
from registry.finding.normalising import own_readings, skeleton, skeletons, word
from registry.finding.parts import (
    Parts,
    below,
    from_lists,
    from_texts,
    lists,
    numbers,
    texts,
    under,
)
from registry.finding.scripts import script_of

NAME, PLACE = 0, 1
_NOBODY: array[int] = array("I")


class Vocabulary:
    """Surfaces, folds and the people listed under each surface, by name and by place."""

    def __init__(self) -> None:
        self._surface_numbers: dict[str, int] = {}
        self.surfaces: list[str] = []
        self.fold_of = array("I")
        self._uses = array("I")
        self._fold_numbers: dict[str, int] = {}
        self.folds: list[str] = []
        # The surface that speaks for its fold, and the others where there are any.
        self._speaker = array("I")
        self._others: dict[int, list[int]] = {}
        self._vowelless = array("H")
        # Surfaces by the folded forms custom gives them besides their own.
        self._customary: dict[str, list[int]] = {}
        self._listed: tuple[list[array[int] | None], list[array[int] | None]] = ([], [])
        self.neighbours = Neighbours(self._keys_of)

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
        fold = self._fold_numbers.get(forms.folded)
        if fold is None:
            fold = self._new_fold(forms.folded, number)
        else:
            self._others.setdefault(fold, []).append(number)
        self._surface_numbers[surface] = number
        for form in own_readings(surface):
            self._customary.setdefault(form, []).append(number)
        self.surfaces.append(surface)
        self.fold_of.append(fold)
        self._uses.append(0)
        for listed in self._listed:
            listed.append(None)
        self._vowelless[fold] += forms.script.omits_vowels
        self.neighbours.add(number)
        return number

    def _new_fold(self, folded: str, surface: int) -> int:
        fold = len(self.folds)
        self._fold_numbers[folded] = fold
        self.folds.append(folded)
        self._speaker.append(surface)
        self._vowelless.append(0)
        return fold

    def _keys_of(self, surface: int) -> Iterator[int]:
        written = self.surfaces[surface]
        if not written:
            return
        for sound in skeletons(written):
            yield sound_key(sound)
        fold = self.fold_of[surface]
        if self._speaker[fold] == surface:
            yield from near_keys(self.folds[fold])
            yield from near_sound_keys(skeleton(self.folds[fold]))
        # A mistake may fall into a pair of letters and make the folds quite different.
        plain = word(written).plain
        if plain != self.folds[fold]:
            yield from near_plain_keys(plain)

    def hold(self, surface: int) -> None:
        """Count one more use of a surface."""
        self._uses[surface] += 1

    def release(self, surface: int) -> None:
        """Count one use less; a word nobody has any more is forgotten."""
        self._uses[surface] -= 1
        if not self._uses[surface]:
            self._forget(surface)

    def _forget(self, surface: int) -> None:
        # Numbers are not used again: keys in packed segments still point at them.
        written, fold = self.surfaces[surface], self.fold_of[surface]
        del self._surface_numbers[written]
        for form in own_readings(written):
            self._customary[form].remove(surface)
        self.surfaces[surface] = ""
        self._vowelless[fold] -= script_of(written).omits_vowels
        others = self._others.get(fold, [])
        if self._speaker[fold] != surface:
            others.remove(surface)
        elif others:
            self._speaker[fold] = others.pop(0)
            self.neighbours.add(self._speaker[fold])
        else:
            del self._fold_numbers[self.folds[fold]]
            self.folds[fold] = ""
        if not others:
            self._others.pop(fold, None)

    def list_person(self, surface: int, slot: int, kind: int) -> None:
        """List a person under a surface. Slots must come in growing order."""
        listed = self._listed[kind]
        people = listed[surface]
        if people is None:
            people = listed[surface] = array("I")
        if not people or people[-1] != slot:
            people.append(slot)

    def unlist_person(self, surface: int, slot: int, kind: int) -> None:
        """Undo `list_person`; does nothing when the person is not listed."""
        people = self._listed[kind][surface]
        if people is None:
            return
        at = bisect_left(people, slot)
        if at < len(people) and people[at] == slot:
            del people[at]
        if not people:
            self._listed[kind][surface] = None

    # --- keeping

    def parts(self) -> dict[str, bytes]:
        """Return everything in it as bytes."""
        found = {
            "surfaces": from_texts(self.surfaces),
            "folds": from_texts(self.folds),
            "fold_of": self.fold_of.tobytes(),
            "uses": self._uses.tobytes(),
            "speaker": self._speaker.tobytes(),
            "vowelless": self._vowelless.tobytes(),
            **under("neighbours", self.neighbours.parts()),
        }
        for kind, listed in enumerate(self._listed):
            found[f"lengths.{kind}"], found[f"people.{kind}"] = from_lists(listed)
        return found

    def restore(self, parts: Parts) -> None:
        """Undo `parts`, in an empty vocabulary."""
        self.fold_of = numbers("I", parts["fold_of"])
        self._uses = numbers("I", parts["uses"])
        self._speaker = numbers("I", parts["speaker"])
        self._vowelless = numbers("H", parts["vowelless"])
        self.surfaces = texts(parts["surfaces"], len(self.fold_of))
        self.folds = texts(parts["folds"], len(self._speaker))
        self._surface_numbers = {text: at for at, text in enumerate(self.surfaces) if text}
        self._fold_numbers = {text: at for at, text in enumerate(self.folds) if text}
        for written, surface in self._surface_numbers.items():
            for form in own_readings(written):
                self._customary.setdefault(form, []).append(surface)
            fold = self.fold_of[surface]
            if self._speaker[fold] != surface:
                self._others.setdefault(fold, []).append(surface)
        names, places = (
            lists(parts[f"lengths.{kind}"], parts[f"people.{kind}"]) for kind in (NAME, PLACE)
        )
        self._listed = (names, places)
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

    def customary(self, folded: str) -> list[int]:
        """Return the surfaces that custom writes with this folded form: 박 is "pak"."""
        return self._customary.get(folded, [])

    def people(self, surface: int, kind: int = NAME) -> array[int]:
        """Return the slots of the people listed under a surface, in growing order."""
        return self._listed[kind][surface] or _NOBODY

    def omits_vowels(self, fold: int) -> bool:
        """Whether somebody writes this fold in a script without short vowels."""
        return self._vowelless[fold] > 0

    def sounding(self, sounds: Iterable[str]) -> set[int]:
        """Return folds that may have one of these skeletons."""
        return self._folds(map(sound_key, sounds))

    def near(self, folded: str) -> set[int]:
        """Return folds that may be one or two mistakes away."""
        return self._folds(near_keys(folded))

    def near_plain(self, plain: str) -> set[int]:
        """Return folds of words that may be one mistake away before folding."""
        return self._folds(near_plain_keys(plain))

    def sounding_near(self, sound: str) -> set[int]:
        """Return folds whose skeleton may be one letter away."""
        return self._folds(near_sound_keys(sound))

    def _folds(self, keys: Iterable[int]) -> set[int]:
        return set(map(self.fold_of.__getitem__, self.neighbours.candidates(keys)))
