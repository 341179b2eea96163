"""Counting an audience before anybody decides: never a bare number.

One number is exact, the number of people a message would be queued for; the
approver types it. How many of them are really there is another matter, because
people move and do not tell. That is an Estimate, made so:

* A stay believed for certain on the day it was confirmed loses half its weight in a
  half-life that depends on its kind (`HALF_LIVES`, in days). With an age of a days the
  weight is w = 0.5 ** (a / half-life): the chance that the person is still there.
* likely is the sum of the weights.
* Nobody knows the half-lives well, so low takes them half as long (a weight becomes w²)
  and high twice as long (it becomes √w). Chance adds 1.645 standard deviations of a sum of
  independent yes-or-no draws on either side, as for a range that holds nine times of ten.
* Somebody who named only the country, or a wider area, may be elsewhere in it. low leaves
  them out, high takes them in, likely takes the share that the affected places have among
  the people of that country who named an area (half, where nobody did).
* Whoever has no confirmed contact that did not bounce counts in low as not reached.

So low ≤ likely ≤ high ≤ the exact number. The half-lives are a first guess from what
registers abroad have seen (France: 15 of 100 leave in a year) until our own confirmations
teach better. Phones that are switched off are not in it: the live board shows those.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from notifications.audiences import (
    AudienceRule,
    permitted_sql,
    placed_sql,
    purpose_parameters,
)
from notifications.drawn_areas import laid_out
from registry.finding.points_engine import Part
from registry.models import Channel, StayKind

HALF_LIVES: dict[str, int] = {
    StayKind.RESIDENCE: 1500,
    StayKind.WORK: 730,
    StayKind.STUDY: 540,
    StayKind.OTHER: 365,
    StayKind.TRAVEL: 30,
}
# A traveller who named the last day is believed for longer than one who did not.
DATED_TRAVEL_HALF_LIFE = 120
_NINE_OF_TEN = 1.645


@dataclass(frozen=True)
class Estimate:
    """A range of people: at least low, most likely so many, at most high."""

    low: int
    likely: int
    high: int


@dataclass(frozen=True)
class LanguageCount:
    """Who gets the text of one language: people, and addresses after shared ones were merged."""

    people: int
    sms: int
    emails: int


@dataclass(frozen=True)
class AreaCount:
    """One place: people registered there, people a message would be queued for, an estimate."""

    placed: int
    reachable: int
    reached: Estimate


@dataclass(frozen=True)
class AudiencePreview:
    """What a broadcast would reach now. Everything counts people, but sms and emails addresses.

    placed: registered there. reachable: of those, a message would be queued for (exact).
    there and reached: estimates of how many of the two are really there. not_agreed and
    no_contact: why the others get nothing. vague: of the placed, named only the country or
    a wider area. fallback_languages: whose language has no text, by that language.
    """

    placed: int
    reachable: int
    there: Estimate
    reached: Estimate
    not_agreed: int
    no_contact: int
    vague: int
    # Whether positions were not known, so that a drawn shape counts as all areas it touches.
    is_widened: bool = False
    by_language: dict[str, LanguageCount] = field(default_factory=dict)
    by_area: dict[str, AreaCount] = field(default_factory=dict)
    fallback_languages: dict[str, int] = field(default_factory=dict)

    @property
    def sms(self) -> int:
        """Text messages that would leave."""
        return sum(count.sms for count in self.by_language.values())

    @property
    def emails(self) -> int:
        """E-mails that would leave."""
        return sum(count.emails for count in self.by_language.values())

    @property
    def fallback(self) -> int:
        """People who get the text of the language chosen for everybody else."""
        return sum(self.fallback_languages.values())


@dataclass(frozen=True)
class Weights:
    """Sums of weights over a group of people; see the module's own words.

    squared, plain and root are sums of w², w and √w, each thinned as low, likely and high
    want it; the variances belong to the first and the last.
    """

    people: int
    squared: float
    plain: float
    root: float
    squared_variance: float
    root_variance: float

    @property
    def estimate(self) -> Estimate:
        likely = min(round(self.plain), self.people)
        low = math.floor(self.squared - _NINE_OF_TEN * math.sqrt(self.squared_variance))
        high = math.ceil(self.root + _NINE_OF_TEN * math.sqrt(self.root_variance))
        return Estimate(min(max(low, 0), likely), likely, max(min(high, self.people), likely))


_HALF_LIFE = f"""
    CASE WHEN kind = '{StayKind.TRAVEL.value}' AND until_on IS NOT NULL
         THEN {DATED_TRAVEL_HALF_LIFE}
         {" ".join(f"WHEN kind = '{kind}' THEN {days}" for kind, days in HALF_LIVES.items())}
         ELSE {HALF_LIVES[StayKind.OTHER]} END"""

# How likely each placed person is still there, and how likely it is the named part of what
# they named. Somebody an earlier message reached is where that message found them.
_WEIGHED = f"""
    CREATE TEMPORARY TABLE preview_placed ON COMMIT DROP AS
    SELECT p.registrant_id, p.country_id, p.area_id, p.post_id, p.is_vague,
           CASE WHEN p.last_confirmed_at IS NULL THEN 1.0
                ELSE power(0.5, greatest(extract(epoch FROM now() - p.last_confirmed_at), 0)
                                / 86400.0 / ({_HALF_LIFE})) END::float8 AS weight,
           CASE WHEN p.is_vague THEN coalesce(share.inside, 0.5) ELSE 1.0 END::float8 AS inside
      FROM ({{placed}}) p LEFT JOIN ({{share}}) share ON share.country_id = p.country_id"""  # noqa: S608 (our own words)

# Of the people of a country who named an area: what share named an affected one.
_SHARE = """
    SELECT country_id,
           avg(CASE WHEN (area_id = ANY(%(areas)s) OR country_id = ANY(%(countries)s))
                         AND NOT area_id = ANY(%(out_areas)s) THEN 1.0 ELSE 0.0 END) AS inside
      FROM registry_stay
     WHERE ended_at IS NULL AND from_on <= current_date AND area_id IS NOT NULL
       AND (until_on IS NULL OR until_on >= current_date)
       AND country_id = ANY(%(all_countries)s)
     GROUP BY country_id"""
# The same with shapes: of the people whose position or area says where they are.
_SHARE_DRAWN = f"""
    SELECT s.country_id,
           avg(CASE WHEN (coalesce(d.part = {int(Part.INSIDE)}, false)
                          OR coalesce(s.area_id = ANY(%(areas)s), false)
                          OR s.country_id = ANY(%(countries)s)
                          OR (d.stay_id IS NULL AND s.area_id = ANY(%(drawn_whole)s)))
                         AND NOT coalesce(d.out_part = {int(Part.INSIDE)}, false)
                         AND NOT coalesce(s.area_id = ANY(%(out_areas)s), false)
                    THEN 1.0 ELSE 0.0 END) AS inside
      FROM registry_stay s LEFT JOIN drawn_stays d ON d.stay_id = s.id
     WHERE s.ended_at IS NULL AND s.from_on <= current_date
       AND (s.until_on IS NULL OR s.until_on >= current_date)
       AND (s.position IS NOT NULL OR s.area_id IS NOT NULL) AND %(positions_count)s
       AND (s.country_id = ANY(%(all_countries)s) OR s.country_id = ANY(%(drawn_countries)s))
     GROUP BY s.country_id"""  # noqa: S608
_NO_SHARE = "SELECT NULL::text AS country_id, 1.0 AS inside WHERE false"

_SUMS = """
    count(*),
    coalesce(sum({sure} * weight ^ 2), 0), coalesce(sum(weight * inside), 0),
    coalesce(sum(sqrt(weight)), 0),
    coalesce(sum({sure} * weight ^ 2 * (1 - weight ^ 2)), 0),
    coalesce(sum(sqrt(weight) * (1 - sqrt(weight))), 0)"""

_PLACED = f"""
    SELECT coalesce(area_id, country_id), grouping(coalesce(area_id, country_id)) = 1,
           count(*) FILTER (WHERE is_vague),
           {_SUMS.format(sure="(NOT is_vague)::int")}
      FROM preview_placed GROUP BY GROUPING SETS ((), (coalesce(area_id, country_id)))"""  # noqa: S608

_REACHED = f"""
    WITH people AS (
        SELECT r.registrant_id, coalesce(r.area_id, r.country_id) AS place,
               bool_or(c.confirmed_at IS NOT NULL AND c.bounced_at IS NULL) AS is_sure
          FROM preview_rows r JOIN registry_contactpoint c ON c.id = r.contact_point_id
         GROUP BY 1, 2)
    SELECT place, grouping(place) = 1,
           {_SUMS.format(sure="(is_sure AND NOT is_vague)::int")}
      FROM people JOIN preview_placed USING (registrant_id)
     GROUP BY GROUPING SETS ((), (place))"""  # noqa: S608

# Of rows that share an address the first is sent, as when the audience is frozen.
_ADDRESSES = """
    SELECT language, channel, count(*)
      FROM (SELECT DISTINCT ON (channel, token) language, channel FROM preview_rows
             ORDER BY channel, token, registrant_id, contact_point_id) AS sent
     GROUP BY 1, 2"""

_LANGUAGES = "SELECT language, count(DISTINCT registrant_id) FROM preview_rows GROUP BY 1"

_FALLBACK = """
    SELECT r.language, count(*)
      FROM registry_registrant r
     WHERE r.id IN (SELECT registrant_id FROM preview_rows)
       AND NOT (r.language || r.other_languages) && %(languages)s::varchar[]
     GROUP BY 1 ORDER BY 2 DESC, 1"""

_NO_CONTACT = """
    SELECT count(*) FROM preview_placed p
      JOIN registry_registrant r ON r.id = p.registrant_id
     WHERE r.restricted_at IS NOT NULL OR NOT EXISTS (
           SELECT FROM registry_contactpoint c
            WHERE c.registrant_id = p.registrant_id AND c.removed_at IS NULL)"""


def preview(
    cursor: Any, rule: AudienceRule, languages: Sequence[str], fallback: str
) -> AudiencePreview:
    """Count the audience of a rule; a fixed number of queries, whatever its size.

    cursor: of psycopg, inside a transaction. Nothing is written but temporary tables, which
    are gone when this returns.
    """
    with laid_out(cursor, rule.shapes, rule.out_shapes) as drawn:
        is_exact = drawn is None or drawn.is_exact
        counted = _previewed(cursor, rule, languages, fallback, is_exact=is_exact)
    return replace(counted, is_widened=not is_exact)


def _previewed(
    cursor: Any, rule: AudienceRule, languages: Sequence[str], fallback: str, *, is_exact: bool
) -> AudiencePreview:
    placed, parameters = placed_sql(rule, is_exact=is_exact)
    parameters |= {"first": None, "end": None, "languages": list(languages), "fallback": fallback}
    share = _NO_SHARE if rule.reached_by else _SHARE_DRAWN if rule.is_drawn else _SHARE
    cursor.execute(_WEIGHED.format(placed=placed, share=share), parameters)
    cursor.execute(
        "CREATE TEMPORARY TABLE preview_rows ON COMMIT DROP AS "  # noqa: S608
        + permitted_sql("SELECT * FROM preview_placed"),
        parameters | purpose_parameters(),
    )
    # Tables just made have no statistics, and the planner would take them for empty.
    cursor.execute("ANALYZE preview_placed")
    cursor.execute("ANALYZE preview_rows")
    try:
        return _counted(cursor, parameters)
    finally:
        cursor.execute("DROP TABLE preview_placed, preview_rows")


def _counted(cursor: Any, parameters: dict[str, Any]) -> AudiencePreview:
    placed, there, vague = 0, Estimate(0, 0, 0), 0
    placed_by_area: dict[str, int] = {}
    for place, is_all, vague_here, *sums in cursor.execute(_PLACED).fetchall():
        if is_all:
            placed, there, vague = int(sums[0]), Weights(*sums).estimate, int(vague_here)
        else:
            placed_by_area[place] = int(sums[0])
    reachable, reached = 0, Estimate(0, 0, 0)
    reached_by_area: dict[str, Weights] = {}
    for place, is_all, *sums in cursor.execute(_REACHED).fetchall():
        if is_all:
            reachable, reached = int(sums[0]), Weights(*sums).estimate
        else:
            reached_by_area[place] = Weights(*sums)
    nobody = Weights(0, 0.0, 0.0, 0.0, 0.0, 0.0)
    by_area = {
        place: AreaCount(
            count,
            reached_by_area.get(place, nobody).people,
            reached_by_area.get(place, nobody).estimate,
        )
        for place, count in sorted(placed_by_area.items(), key=lambda one: (-one[1], one[0]))
    }
    addresses = {
        (language, channel): count
        for language, channel, count in cursor.execute(_ADDRESSES).fetchall()
    }
    by_language = {
        language: LanguageCount(
            people,
            addresses.get((language, int(Channel.SMS)), 0),
            addresses.get((language, int(Channel.EMAIL)), 0),
        )
        for language, people in cursor.execute(_LANGUAGES).fetchall()
    }
    fallback_languages = dict(cursor.execute(_FALLBACK, parameters).fetchall())
    no_contact = int(cursor.execute(_NO_CONTACT).fetchone()[0])
    return AudiencePreview(
        placed=placed,
        reachable=reachable,
        there=there,
        reached=reached,
        not_agreed=placed - reachable - no_contact,
        no_contact=no_contact,
        vague=vague,
        by_language=dict(sorted(by_language.items(), key=lambda one: (-one[1].people, one[0]))),
        by_area=by_area,
        fallback_languages=fallback_languages,
    )
