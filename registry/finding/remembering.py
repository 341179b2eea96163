"""What is alike to which word, known by heart.

Finding the words alike to a typed one is half the work of a search, and people share names:
five thousand words are four of five words in the names of a million people. The ten thousand
commonest are learned while nobody asks. Other words are remembered from one search to the next,
until the vocabulary changes or somebody is erased.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from registry.finding.matching import SLIGHT, Alike, Effort, alike_surfaces
from registry.finding.normalising import Word
from registry.finding.vocabulary import Vocabulary

_MOST_KEPT = 2_000
# How many words are learned, how many in one go, and how often a word must be there to pay.
_MOST_LEARNED, _AT_ONCE = 10_000, 20
_LEAST_USES = 3
# After so many changes of the vocabulary it is asked anew which words are the common ones.
_CHANGES = 5_000


class Memory:
    """What was found alike to the commonest words, and to those typed of late."""

    def __init__(self) -> None:
        self._edition = -1
        self._kept: dict[tuple[str, Effort], Alike] = {}
        self._learned: dict[int, Alike] = {}
        # Learned words by the keys under which a newcomer would be alike to them.
        self._by_key: defaultdict[int, set[int]] = defaultdict(set)
        self._to_learn: list[int] = []
        self._chosen_at = -_CHANGES

    def alike(self, asked: Word, vocabulary: Vocabulary, effort: Effort) -> Alike:
        """Return what `alike_surfaces` returns."""
        if effort is SLIGHT:
            number = vocabulary.surface_number(asked.surface)
            learned = None if number is None else self._learned.get(number)
            if learned is not None:
                return learned
        if self._edition != vocabulary.edition or len(self._kept) >= _MOST_KEPT:
            self._kept, self._edition = {}, vocabulary.edition
        key = asked.surface, effort
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = alike_surfaces(asked, vocabulary, effort)
        return found

    def learn(self, vocabulary: Vocabulary) -> Iterator[None]:
        """Learn what is missing, stopping after every few words."""
        if vocabulary.edition >= self._chosen_at + _CHANGES:
            common = vocabulary.commonest(_MOST_LEARNED, _LEAST_USES)
            self._to_learn = [number for number in common if number not in self._learned]
            self._chosen_at = vocabulary.edition
        while self._to_learn:
            for number in self._to_learn[-_AT_ONCE:]:
                self._learn(number, vocabulary)
            del self._to_learn[-_AT_ONCE:]
            yield

    def _learn(self, number: int, vocabulary: Vocabulary) -> None:
        word = vocabulary.word(number)
        if not word.surface:
            return
        self._learned[number] = alike_surfaces(word, vocabulary, SLIGHT)
        for key in vocabulary.asking_keys(word, SLIGHT.letters):
            self._by_key[key].add(number)

    def meet(self, newcomer: int, vocabulary: Vocabulary) -> None:
        """Forget what a word that is new may change; it is learned again."""
        if not self._learned:
            return
        for key in vocabulary.listing_keys(newcomer):
            for number in self._by_key.pop(key, ()):
                if self._learned.pop(number, None) is not None:
                    self._to_learn.append(number)

    def forget(self) -> None:
        """Drop what was typed: somebody was erased."""
        self._kept = {}

    def part_with(self, number: int) -> None:
        """Drop a word that nobody has any more."""
        self._learned.pop(number, None)
