"""Counting an audience before anybody decides: never a bare number.

One number is exact, the number of people a message would be queued for; the
approver types it. How many of them are really there is another matter, because
people move and do not tell. That is an Estimate, made so:

* A stay believed for certain on the day it was confirmed loses half its weight in a
  half-life, learned from what people answered when we asked (registry.decaying). With an age
  of a days the weight is w = 0.5 ** (a / half-life): the chance that the person is still there.
* likely is the sum of the weights; low and high are made of what is not known, so that the
  range holds the truth nine times of ten (notifications.estimating).
* Somebody who named only the country, or a wider area, may be elsewhere in it. low leaves
  them out, high takes them in, likely takes the share that the affected places have among
  the people of that country who named an area (half, where nobody did).
* Whoever has no confirmed contact that did not bounce counts in low as not reached.

So low ≤ likely ≤ high ≤ the exact number. Phones that are switched off are not in it: the
live board shows those.
"""

from __future__ import annotations

from collections import Counter
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
from notifications.estimating import Estimate, Weights, estimate_of
from notifications.overridden import count_overridden
from registry.decaying import Decays, learned_decays
from registry.finding.points_engine import Part
from registry.models import Channel


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
    # Of the reachable, who is written to under an override only.
    overridden: int = 0
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


# How likely each placed person is still there, and how likely it is the named part of what
# they named. Somebody an earlier message reached is where that message found them.
_WEIGHED = """
    CREATE TEMPORARY TABLE preview_placed ON COMMIT DROP AS
      WITH decay AS MATERIALIZED (
           SELECT * FROM unnest(%(decay_kinds)s::text[], %(decay_dated)s::boolean[],
                                %(decay_countries)s::text[], %(half_lives)s::float8[],
                                %(factors)s::float8[])
             WITH ORDINALITY AS d(kind, is_dated, country, half_life, factor, number))
    SELECT p.registrant_id, p.country_id, p.area_id, p.post_id, p.is_vague,
           CASE WHEN p.last_confirmed_at IS NULL THEN 1.0
                ELSE power(0.5, greatest(extract(epoch FROM now() - p.last_confirmed_at), 0)
                                / 86400.0
                                / coalesce(own.half_life, world.half_life)) END::float8 AS weight,
           coalesce(own.factor, world.factor, 1.0) AS factor,
           coalesce(own.number, world.number, 0) AS decay,
           CASE WHEN p.is_vague THEN coalesce(share.inside, 0.5) ELSE 1.0 END::float8 AS inside
      FROM ({placed}) p
      LEFT JOIN ({share}) share ON share.country_id = p.country_id
      LEFT JOIN decay own ON own.kind = p.kind AND own.country = p.country_id
                         AND own.is_dated = (p.until_on IS NOT NULL)
      LEFT JOIN decay world ON world.kind = p.kind AND world.country = ''
                           AND world.is_dated = (p.until_on IS NOT NULL)"""

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
    coalesce(sum({sure} * weight), 0), coalesce(sum({sure} * power(weight, factor)), 0),
    coalesce(sum({sure} * weight * (1 - weight)), 0),
    coalesce(sum(weight * inside), 0), coalesce(sum(weight), 0),
    coalesce(sum(power(weight, 1 / factor)), 0), coalesce(sum(weight * (1 - weight)), 0)"""

_PLACED = f"""
    SELECT coalesce(area_id, country_id), grouping(coalesce(area_id, country_id)) = 1,
           count(*) FILTER (WHERE is_vague),
           {_SUMS.format(sure="(NOT is_vague)::int")}
      FROM preview_placed
     GROUP BY GROUPING SETS ((decay), (decay, coalesce(area_id, country_id)))"""  # noqa: S608

_REACHED = f"""
    WITH people AS (
        SELECT r.registrant_id, coalesce(r.area_id, r.country_id) AS place,
               bool_or(c.confirmed_at IS NOT NULL AND c.bounced_at IS NULL) AS is_sure
          FROM preview_rows r JOIN registry_contactpoint c ON c.id = r.contact_point_id
         GROUP BY 1, 2)
    SELECT place, grouping(place) = 1,
           {_SUMS.format(sure="(is_sure AND NOT is_vague)::int")}
      FROM people JOIN preview_placed USING (registrant_id)
     GROUP BY GROUPING SETS ((decay), (decay, place))"""  # noqa: S608

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
    decays = _decay_parameters(learned_decays())
    cursor.execute(_WEIGHED.format(placed=placed, share=share), parameters | decays)
    cursor.execute(
        "CREATE TEMPORARY TABLE preview_rows ON COMMIT DROP AS "  # noqa: S608
        + permitted_sql("SELECT * FROM preview_placed", is_widened=bool(rule.override)),
        parameters | purpose_parameters(rule),
    )
    # Tables just made have no statistics, and the planner would take them for empty.
    cursor.execute("ANALYZE preview_placed")
    cursor.execute("ANALYZE preview_rows")
    try:
        overridden = count_overridden(cursor, rule.override) if rule.override else 0
        return replace(_counted(cursor, parameters), overridden=overridden)
    finally:
        cursor.execute("DROP TABLE preview_placed, preview_rows")


def _counted(cursor: Any, parameters: dict[str, Any]) -> AudiencePreview:
    vague = 0
    placed: list[Weights] = []
    placed_by_area: Counter[str] = Counter()
    for place, is_all, vague_here, *sums in cursor.execute(_PLACED).fetchall():
        if is_all:
            placed.append(Weights(*sums))
            vague += int(vague_here)
        else:
            placed_by_area[place] += int(sums[0])
    reached: list[Weights] = []
    reached_by_area: dict[str, list[Weights]] = {}
    for place, is_all, *sums in cursor.execute(_REACHED).fetchall():
        groups = reached if is_all else reached_by_area.setdefault(place, [])
        groups.append(Weights(*sums))
    by_area = {
        place: AreaCount(
            count,
            _people_in(reached_by_area.get(place, [])),
            estimate_of(reached_by_area.get(place, [])),
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
        placed=_people_in(placed),
        reachable=_people_in(reached),
        there=estimate_of(placed),
        reached=estimate_of(reached),
        not_agreed=_people_in(placed) - _people_in(reached) - no_contact,
        no_contact=no_contact,
        vague=vague,
        by_language=dict(sorted(by_language.items(), key=lambda one: (-one[1].people, one[0]))),
        by_area=by_area,
        fallback_languages=fallback_languages,
    )


def _people_in(groups: Sequence[Weights]) -> int:
    return sum(int(group.people) for group in groups)


def _decay_parameters(decays: Decays) -> dict[str, Any]:
    keys = sorted(decays)
    return {
        "decay_kinds": [kind for kind, _, _ in keys],
        "decay_dated": [is_dated for _, is_dated, _ in keys],
        "decay_countries": [country for _, _, country in keys],
        "half_lives": [decays[key].half_life for key in keys],
        "factors": [decays[key].factor for key in keys],
    }
