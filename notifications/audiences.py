"""Who a broadcast is for: a rule about places, turned into SQL.

A rule is data (kept with the dispatch) and is evaluated when the audience is
frozen, never earlier. Coverage of a named area includes the areas inside it. A
person who gave only their country counts as being in every area of it: better
one message too many than one too few.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from crises.models import Crisis
from geography.selectors import codes_covered_by
from registry.models import Channel
from registry.registration import alert_purpose

# (country code, ISO 3166-2 area code or None for the whole country)
Place = tuple[str, str | None]


@dataclass(frozen=True)
class AudienceRule:
    """People whose current stay lies in `included` and not in `excluded`.

    reached_by: a dispatch id; then the audience is exactly those it reached.
    """

    included: tuple[Place, ...] = ()
    excluded: tuple[Place, ...] = ()
    reached_by: int | None = None

    def as_data(self) -> dict[str, Any]:
        """Return the rule as JSON data."""
        return {
            "included": [list(place) for place in self.included],
            "excluded": [list(place) for place in self.excluded],
            "reached_by": self.reached_by,
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> AudienceRule:
        """Read what `as_data` wrote."""
        return cls(
            tuple((country, area) for country, area in data["included"]),
            tuple((country, area) for country, area in data["excluded"]),
            data["reached_by"],
        )


def rule_for(crisis: Crisis) -> AudienceRule:
    """Return the rule of everybody in a crisis's areas."""
    rows = list(crisis.areas.values_list("country_id", "area_id", "is_excluded"))
    return AudienceRule(
        tuple((country, area) for country, area, excluded in rows if not excluded),
        tuple((country, area) for country, area, excluded in rows if excluded),
    )


def _covered(places: Iterable[Place]) -> tuple[list[str], list[str]]:
    """Return the whole countries named, and every area code named or inside a named one."""
    places = list(places)
    countries = sorted({country for country, area in places if area is None})
    areas = sorted(
        {code for _, area in places if area is not None for code in codes_covered_by(area)}
    )
    return countries, areas


def placed_sql(rule: AudienceRule) -> tuple[str, dict[str, Any]]:
    """Return SQL for one row per person in the audience's places, and its parameters.

    Columns: registrant_id, country_id, area_id, post_id. Expects %(first)s and
    %(end)s, the half-open range of person ids (either may be null).
    """
    parameters: dict[str, Any] = {}
    bounds = (
        "(%(first)s::uuid IS NULL OR {column} >= %(first)s) "
        "AND (%(end)s::uuid IS NULL OR {column} < %(end)s)"
    )
    if rule.reached_by is not None:
        parameters["reached_by"] = rule.reached_by
        sql = f"""
            SELECT m.registrant_id, m.country_id, m.area_id, m.post_id
              FROM notifications_audiencemember m
             WHERE m.dispatch_id = %(reached_by)s AND {bounds.format(column="m.registrant_id")}
               AND EXISTS (
                   SELECT FROM notifications_delivery d
                     LEFT JOIN notifications_delivery sent
                       ON sent.dispatch_id = d.dispatch_id AND sent.seq = d.shared_with_seq
                    WHERE d.dispatch_id = m.dispatch_id AND d.member_number = m.number
                      AND coalesce(sent.status, d.status) IN (20, 25, 40))"""
        return sql, parameters
    countries, areas = _covered(rule.included)
    # Somebody who named only the country may be in any of its areas.
    whole = sorted({country for country, _ in rule.included})
    out_countries, out_areas = _covered(rule.excluded)
    parameters |= {
        "countries": countries,
        "areas": areas,
        "whole": whole,
        "out_countries": out_countries,
        "out_areas": out_areas,
    }
    sql = f"""
        SELECT DISTINCT ON (s.registrant_id)
               s.registrant_id, s.country_id, s.area_id, s.post_id
          FROM registry_stay s
         WHERE s.ended_at IS NULL AND s.from_on <= current_date
           AND (s.until_on IS NULL OR s.until_on >= current_date)
           AND {bounds.format(column="s.registrant_id")}
           AND (s.country_id = ANY(%(countries)s) OR s.area_id = ANY(%(areas)s)
                OR (s.area_id IS NULL AND s.country_id = ANY(%(whole)s)))
           AND NOT (s.country_id = ANY(%(out_countries)s))
           AND NOT coalesce(s.area_id = ANY(%(out_areas)s), false)
         ORDER BY s.registrant_id, s.from_on DESC, s.id"""
    return sql, parameters


def reachable_sql(rule: AudienceRule) -> tuple[str, dict[str, Any]]:
    """Return SQL for one row per permitted contact point of the people placed.

    Besides the columns of `placed_sql`: contact_point_id, channel, token,
    language (of the person, first of theirs the message exists in), purpose_code,
    proof_id. Expects %(languages)s and %(fallback)s as well. An unconfirmed
    contact is used only where a person has no confirmed one (docs/adr/0006).
    """
    placed, parameters = placed_sql(rule)
    purposes = {channel: alert_purpose(channel) for channel in Channel}
    parameters["sms_purpose"] = purposes[Channel.SMS]
    parameters["mail_purpose"] = purposes[Channel.EMAIL]
    sql = f"""
        WITH placed AS ({placed}),
        consents AS (
            SELECT subject_id, purpose_code, proof_id FROM consent_live
             WHERE purpose_code IN (%(sms_purpose)s, %(mail_purpose)s)
               AND (%(first)s::uuid IS NULL OR subject_id >= %(first)s)
               AND (%(end)s::uuid IS NULL OR subject_id < %(end)s))
        SELECT p.registrant_id, p.country_id, p.area_id, p.post_id,
               c.id AS contact_point_id, c.channel, c.token,
               coalesce(
                   (SELECT spoken FROM unnest(r.language || r.other_languages)
                        WITH ORDINALITY AS known(spoken, place)
                     WHERE spoken = ANY(%(languages)s) ORDER BY place LIMIT 1),
                   %(fallback)s) AS language,
               l.purpose_code, l.proof_id
          FROM placed p
          JOIN registry_registrant r ON r.id = p.registrant_id AND r.restricted_at IS NULL
          JOIN registry_contactpoint c
            ON c.registrant_id = p.registrant_id AND c.removed_at IS NULL
          JOIN consents l
            ON l.subject_id = p.registrant_id
           AND l.purpose_code =
               CASE c.channel WHEN {int(Channel.SMS)} THEN %(sms_purpose)s ELSE %(mail_purpose)s END
         WHERE c.confirmed_at IS NOT NULL OR NOT EXISTS (
               SELECT FROM registry_contactpoint o
                WHERE o.registrant_id = p.registrant_id AND o.removed_at IS NULL
                  AND o.confirmed_at IS NOT NULL)"""
    return sql, parameters


@dataclass(frozen=True)
class AudiencePreview:
    """What a broadcast would reach, counted before anybody decides.

    Everything counts people, except sms and emails, which count addresses after
    shared ones were merged.
    """

    placed: int
    reachable: int
    not_agreed: int
    country_only: int
    stale: int
    sms: int
    emails: int
    by_language: dict[str, int]
    by_area: dict[str, int]

    @property
    def low(self) -> int:
        """At least so many are probably there: recently confirmed and reachable."""
        return max(0, self.reachable - self.stale)

    @property
    def high(self) -> int:
        """At most so many registered people are there, reachable or not."""
        return self.placed


def preview(
    cursor: Any, rule: AudienceRule, languages: Sequence[str], fallback: str
) -> AudiencePreview:
    """Count the audience of a rule without writing anything. One pass, any size."""
    placed, placed_parameters = placed_sql(rule)
    reachable, parameters = reachable_sql(rule)
    bounds = {"first": None, "end": None}
    cursor.execute(
        f"""SELECT count(*), count(*) FILTER (WHERE area_id IS NULL) FROM ({placed}) p""",
        {**placed_parameters, **bounds},
    )
    total, country_only = cursor.fetchone()
    cursor.execute(
        f"""
        CREATE TEMPORARY TABLE preview_rows ON COMMIT DROP AS {reachable}""",
        {**parameters, **bounds, "languages": list(languages), "fallback": fallback},
    )
    cursor.execute(
        """
        SELECT count(DISTINCT registrant_id),
               count(DISTINCT token) FILTER (WHERE channel = %s),
               count(DISTINCT token) FILTER (WHERE channel = %s)
          FROM preview_rows""",
        [int(Channel.SMS), int(Channel.EMAIL)],
    )
    people, sms, emails = cursor.fetchone()
    cursor.execute(
        """
        SELECT count(DISTINCT p.registrant_id) FROM preview_rows p
         WHERE NOT EXISTS (
               SELECT FROM registry_stay s
                WHERE s.registrant_id = p.registrant_id AND s.ended_at IS NULL
                  AND s.last_confirmed_at > now() - interval '180 days')"""
    )
    (stale,) = cursor.fetchone()
    cursor.execute(
        "SELECT language, count(DISTINCT registrant_id) FROM preview_rows GROUP BY 1 ORDER BY 2 DESC"
    )
    by_language = dict(cursor.fetchall())
    cursor.execute(
        """SELECT coalesce(area_id, country_id), count(DISTINCT registrant_id)
             FROM preview_rows GROUP BY 1 ORDER BY 2 DESC"""
    )
    by_area = dict(cursor.fetchall())
    cursor.execute("DROP TABLE preview_rows")
    return AudiencePreview(
        placed=total,
        reachable=people,
        not_agreed=total - people,
        country_only=country_only,
        stale=stale,
        sms=sms,
        emails=emails,
        by_language=by_language,
        by_area=by_area,
    )
