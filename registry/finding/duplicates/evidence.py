"""How likely two records are of one person, and what says so.

The odds are those of record linkage (Fellegi and Sunter): how often records are repeated at
all, times how much oftener each agreement is seen in one person than in two. How much a name
says is read off the register itself: of a name that twenty people bear, each of them is one in
twenty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from registry.finding.duplicates.likeness import NOTHING, Likeness, likeness
from registry.finding.normalising import Word
from registry.models import DuplicateReason

# From which probability a pair is put before an officer.
LEAST_PROBABILITY = 0.9
# Of people who register, how many are there already.
_REPEATED = 0.05
# Bearers of a name by chance that are expected beside those counted.
_UNSEEN_BEARERS = 0.3
# Of pairs who share a phone or an address, odds that they are one person and not a family.
_SHARED_CONTACT = 0.4
_SHARED_PASSPORT = 200.0
_OTHER_STATE = 0.01
_ALIKE = 0.7
# How alike the least alike words of one name are, surely and at all.
_WORD_ALIKE, _LEAST_WORD_ALIKE = 0.72, 0.6
_PLACE_WORDS_SHARED = 0.5


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one person, opened, for the time of a comparison.

    birth: {"year", "month", "day"} as far as known; areas: (country, area or "") of the stays.
    """

    person_id: UUID
    names: tuple[Word, ...] = ()
    birth: Mapping[str, int] = field(default_factory=dict)
    passport: str = ""
    nationality: str = ""
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    areas: frozenset[tuple[str, str]] = frozenset()
    post_ids: frozenset[int] = frozenset()
    place: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Evidence:
    """How likely two records are of one person (0 to 1), and why, the strongest reason first."""

    probability: float
    reasons: tuple[DuplicateReason, ...]


def alike(mine: Facts, theirs: Facts) -> Likeness:
    """Return how alike the names of two people are."""
    return likeness(mine.names, theirs.names)


def weigh(mine: Facts, theirs: Facts, names: Likeness, bearers: int) -> Evidence:
    """Return what speaks for two records being of one person.

    names: how alike their names are; bearers: how many others in the register have a name as
    alike to mine, this one among them.
    """
    birth, birth_reason = _birth(mine.birth, theirs.birth)
    place, place_reason = _place(mine, theirs)
    shared = [
        *([DuplicateReason.PHONE] if mine.phones & theirs.phones else []),
        *([DuplicateReason.EMAIL] if mine.emails & theirs.emails else []),
    ]
    is_passport = bool(mine.passport) and mine.passport == theirs.passport
    odds = [_by_name(names, bearers) * birth * place]
    if shared:
        odds.append(_SHARED_CONTACT * _name_in_household(mine, theirs, names) * min(birth, 10.0))
    if is_passport:
        odds.append(_by_passport(mine, theirs, names) * min(max(birth, 0.2), 3.0))
    best = max(odds)
    reasons = [
        *([DuplicateReason.PASSPORT] if is_passport else []),
        *shared,
        *_name_reason(names),
        *birth_reason,
        *place_reason,
    ]
    return Evidence(best / (1 + best), tuple(reasons))


def _by_name(names: Likeness, bearers: int) -> float:
    if not _may_be_one_name(names):
        return 0.0
    if names.score >= 0.96:
        said = 1.0
    elif names.score >= 0.88:
        said = 0.8
    elif names.score >= 0.8:
        said = 0.4
    else:
        said = 0.1
    # Brothers and sisters: a family name in common, and given names that sound a little alike.
    if names.weakest < _WORD_ALIKE:
        said *= 0.1
    return _REPEATED * said / (max(bearers, 1) - 1 + _UNSEEN_BEARERS)


def _name_in_household(mine: Facts, theirs: Facts, names: Likeness) -> float:
    """People who share a phone mostly share a family name: the given name decides."""
    if not mine.names or not theirs.names:
        return 1.0
    if names.weakest < _LEAST_WORD_ALIKE:
        return 0.02
    if names.score >= 0.9:
        return 30.0
    return 12.0 if names.score >= _ALIKE else 0.5


def _by_passport(mine: Facts, theirs: Facts, names: Likeness) -> float:
    odds = _SHARED_PASSPORT
    # Two States may give out one number.
    if mine.nationality and theirs.nationality and mine.nationality != theirs.nationality:
        odds *= _OTHER_STATE
    if names != NOTHING:
        odds *= 5.0 if names.score >= _ALIKE else 0.1
    return odds


def _birth(
    mine: Mapping[str, int], theirs: Mapping[str, int]
) -> tuple[float, Sequence[DuplicateReason]]:
    year, other = mine.get("year"), theirs.get("year")
    if not year or not other:
        return 1.0, ()
    days = (mine.get("month"), mine.get("day")), (theirs.get("month"), theirs.get("day"))
    are_whole = all(all(part) for part in days)
    if year == other:
        if not are_whole:
            return 40.0, (DuplicateReason.BIRTH_YEAR,)
        if days[0] == days[1]:
            return 3000.0, (DuplicateReason.BIRTH_DATE,)
        if days[0] == days[1][::-1]:
            return 500.0, (DuplicateReason.BIRTH_YEAR,)
        return 1.0, (DuplicateReason.BIRTH_YEAR,)
    if are_whole and days[0] == days[1]:
        return 5.0, ()
    is_slip = abs(year - other) == 1 or sorted(str(year)) == sorted(str(other))
    return (0.3 if is_slip else 0.01), ()


def _place(mine: Facts, theirs: Facts) -> tuple[float, Sequence[DuplicateReason]]:
    if mine.place and theirs.place:
        shared = len(mine.place & theirs.place)
        if shared >= _PLACE_WORDS_SHARED * min(len(mine.place), len(theirs.place)):
            return 12.0, (DuplicateReason.PLACE,)
    areas = {area for area in mine.areas & theirs.areas if area[1]}
    if areas:
        return 4.0, (DuplicateReason.AREA,)
    if mine.post_ids & theirs.post_ids:
        return 1.5, ()
    return (0.3 if mine.post_ids and theirs.post_ids else 1.0), ()


def _name_reason(names: Likeness) -> Sequence[DuplicateReason]:
    if names.is_same:
        return (DuplicateReason.NAME,)
    return (DuplicateReason.ALIKE_NAME,) if _may_be_one_name(names) else ()


def _may_be_one_name(names: Likeness) -> bool:
    return names.score >= _ALIKE and names.weakest >= _LEAST_WORD_ALIKE
