"""Who a broadcast is for: a rule about places, turned into SQL.

A rule is data (kept with the dispatch) and is evaluated when the audience is
frozen, never earlier. Coverage of a named area includes the areas inside it. A
person who gave only their country, or only a wider area, counts as being in
every area of it: better one message too many than one too few.

Counting an audience before anybody decides is in notifications.counting.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from crises.models import Crisis
from crises.overriding import running_override_id
from crises.places import Place
from geography.drawing import shape_from_data
from geography.selectors import codes_containing, codes_covered_by
from geography.shapes import Shape
from notifications.drawn_areas import place_parameters
from notifications.overridden import AGREED, WIDENED
from registry.finding.points_engine import Part
from registry.models import Channel
from registry.registration import alert_purpose

_INSIDE, _MAYBE = int(Part.INSIDE), int(Part.MAYBE)
_UNREADABLE, _OUTSIDE = int(Part.UNREADABLE), int(Part.OUTSIDE)


@dataclass(frozen=True)
class AudienceRule:
    """People whose current stay lies in `included` or `shapes` and not in what is left out.

    reached_by: ids of dispatches; if any, the audience is exactly those they reached.
    silent_of: id of a dispatch; if any, the audience is those of it who have not answered, and
    `rung` (notifications.models.Step) says by which ways and in which language.
    override: id of the override under which people who did not agree are reached as well.
    """

    included: tuple[Place, ...] = ()
    excluded: tuple[Place, ...] = ()
    reached_by: tuple[int, ...] = ()
    shapes: tuple[Shape, ...] = ()
    out_shapes: tuple[Shape, ...] = ()
    silent_of: int = 0
    rung: str = ""
    override: int = 0

    @property
    def is_drawn(self) -> bool:
        """Whether positions matter: then `drawn_stays` must be laid out beside the register."""
        return bool(self.shapes or self.out_shapes)

    @property
    def is_for_nobody(self) -> bool:
        """Whether no place, no shape and no earlier message says who is meant."""
        return not (self.included or self.shapes or self.reached_by or self.silent_of)

    def as_data(self) -> dict[str, Any]:
        """Return the rule as JSON data."""
        data: dict[str, Any] = {
            "included": [list(place) for place in self.included],
            "excluded": [list(place) for place in self.excluded],
            "reached_by": list(self.reached_by),
        }
        if self.is_drawn:
            data["shapes"] = [shape.as_data() for shape in self.shapes]
            data["out_shapes"] = [shape.as_data() for shape in self.out_shapes]
        if self.silent_of:
            data |= {"silent_of": self.silent_of, "rung": self.rung}
        if self.override:
            data["override"] = self.override
        return data

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> AudienceRule:
        """Read what `as_data` wrote."""
        return cls(
            tuple((country, area) for country, area in data["included"]),
            tuple((country, area) for country, area in data["excluded"]),
            tuple(data["reached_by"]),
            tuple(shape_from_data(shape) for shape in data.get("shapes", ())),
            tuple(shape_from_data(shape) for shape in data.get("out_shapes", ())),
            data.get("silent_of", 0),
            data.get("rung", ""),
            data.get("override", 0),
        )


def rule_for(crisis: Crisis) -> AudienceRule:
    """Return the rule of everybody in a crisis's areas, under its override if one is running."""
    rows = list(crisis.areas.order_by("country_id", "area_id", "pk"))
    named = [(row.place, row.is_excluded) for row in rows if row.place is not None]
    drawn = [(row.drawn, row.is_excluded) for row in rows if row.drawn is not None]
    return AudienceRule(
        tuple(place for place, is_excluded in named if not is_excluded),
        tuple(place for place, is_excluded in named if is_excluded),
        shapes=tuple(shape for shape, is_excluded in drawn if not is_excluded),
        out_shapes=tuple(shape for shape, is_excluded in drawn if is_excluded),
        override=running_override_id(crisis.pk),
    )


@dataclass(frozen=True)
class Coverage:
    """A rule's places spelled out in codes.

    countries: named as a whole; areas: named, or inside a named one. wider: areas that
    hold a named one, so that somebody who gave only them may be inside. vague_countries:
    where naming nothing but the country leaves open whether somebody is meant.
    """

    countries: list[str]
    areas: list[str]
    wider: list[str]
    all_countries: list[str]
    vague_countries: list[str]
    out_countries: list[str]
    out_areas: list[str]

    @classmethod
    def of(cls, rule: AudienceRule) -> Coverage:
        """Spell a rule out. Raises LookupError for an area nobody knows."""
        countries, areas = _spelled_out(rule.included)
        out_countries, out_areas = _spelled_out(rule.excluded)
        wider = {
            code for _, area in rule.included if area is not None for code in codes_containing(area)
        }
        thinned = {country for country, _ in rule.excluded}
        all_countries = sorted({country for country, _ in rule.included})
        return cls(
            countries=countries,
            areas=areas,
            wider=sorted(wider - set(areas)),
            all_countries=all_countries,
            vague_countries=[
                code for code in all_countries if code not in countries or code in thinned
            ],
            out_countries=out_countries,
            out_areas=out_areas,
        )


def _spelled_out(places: Iterable[Place]) -> tuple[list[str], list[str]]:
    """Return the whole countries named, and every area code named or inside a named one."""
    places = list(places)
    countries = sorted({country for country, area in places if area is None})
    areas = sorted(
        {code for _, area in places if area is not None for code in codes_covered_by(area)}
    )
    return countries, areas


_BOUNDS = (
    "(%(first)s::uuid IS NULL OR {column} >= %(first)s) "
    "AND (%(end)s::uuid IS NULL OR {column} < %(end)s)"
)


def placed_sql(rule: AudienceRule, *, is_exact: bool = True) -> tuple[str, dict[str, Any]]:
    """Return SQL for one row per person in the audience's places, and its parameters.

    With shapes in the rule it reads `drawn_stays` (notifications.drawn_areas); is_exact says
    whether positions are known at all.

    Columns: registrant_id, country_id, area_id, post_id, is_vague (they may be elsewhere
    in what they named), kind, until_on and last_confirmed_at of the stay. Expects %(first)s
    and %(end)s, the half-open range of person ids (either may be null).
    """
    if rule.reached_by:
        return _REACHED, {"reached_by": list(rule.reached_by)}
    if rule.silent_of:
        return _SILENT, {"silent_of": rule.silent_of}
    coverage = Coverage.of(rule)
    drawn = place_parameters(rule.shapes, rule.out_shapes, is_exact=is_exact)
    return _STAYING_DRAWN if rule.is_drawn else _STAYING, {
        **(drawn if rule.is_drawn else {}),
        "countries": coverage.countries,
        "areas": coverage.areas,
        "wider": coverage.wider,
        "all_countries": coverage.all_countries,
        "vague_countries": coverage.vague_countries,
        "out_countries": coverage.out_countries,
        "out_areas": coverage.out_areas,
    }


# Subqueries that give one value are asked person by person through an index. As a join this
# would read a whole dispatch once per person for as long as its statistics are new.
_REACHED = f"""
    SELECT DISTINCT ON (m.registrant_id)
           m.registrant_id, m.country_id, m.area_id, m.post_id, false AS is_vague,
           NULL::text AS kind, NULL::date AS until_on, NULL::timestamptz AS last_confirmed_at
      FROM notifications_audiencemember m
     WHERE m.dispatch_id = ANY(%(reached_by)s) AND {_BOUNDS.format(column="m.registrant_id")}
       AND (SELECT bool_or(coalesce(
                       (SELECT sent.status FROM notifications_delivery sent
                         WHERE sent.dispatch_id = d.dispatch_id AND sent.seq = d.shared_with_seq),
                       d.status) IN (20, 25, 40))
              FROM notifications_delivery d
             WHERE d.dispatch_id = m.dispatch_id AND d.member_number = m.number)
     ORDER BY m.registrant_id, m.dispatch_id DESC"""

_SILENT = f"""
    SELECT m.registrant_id, m.country_id, m.area_id, m.post_id, false AS is_vague,
           NULL::text AS kind, NULL::date AS until_on, NULL::timestamptz AS last_confirmed_at
      FROM notifications_audiencemember m
     WHERE m.dispatch_id = %(silent_of)s AND m.answer = ''
       AND {_BOUNDS.format(column="m.registrant_id")}"""

_STAYING = f"""
    SELECT DISTINCT ON (registrant_id)
           registrant_id, country_id, area_id, post_id, is_vague, kind, until_on,
           last_confirmed_at
      FROM (SELECT s.*,
                   CASE WHEN s.area_id IS NULL THEN s.country_id = ANY(%(vague_countries)s)
                        ELSE s.area_id = ANY(%(wider)s) END AS is_vague
              FROM registry_stay s
             WHERE s.ended_at IS NULL AND s.from_on <= current_date
               AND (s.until_on IS NULL OR s.until_on >= current_date)
               AND {_BOUNDS.format(column="s.registrant_id")}
               AND (s.country_id = ANY(%(countries)s) OR s.area_id = ANY(%(areas)s)
                    OR s.area_id = ANY(%(wider)s)
                    OR (s.area_id IS NULL AND s.country_id = ANY(%(all_countries)s)))
               AND NOT s.country_id = ANY(%(out_countries)s)
               AND NOT coalesce(s.area_id = ANY(%(out_areas)s), false)) AS stay
     ORDER BY registrant_id, is_vague, from_on DESC, id"""

# The same with shapes. Who gave no position, or one nobody can read, goes by area and country.
_STAYING_DRAWN = f"""
    SELECT DISTINCT ON (registrant_id)
           registrant_id, country_id, area_id, post_id, is_vague, kind, until_on,
           last_confirmed_at
      FROM (SELECT s.*, (lies.is_maybe_out OR NOT lies.is_surely_in) AS is_vague
              FROM registry_stay s
              LEFT JOIN drawn_stays d ON d.stay_id = s.id
             CROSS JOIN LATERAL (SELECT
                   %(positions_count)s AND s.position IS NOT NULL
                       AND coalesce(d.part, {_OUTSIDE}) <> {_UNREADABLE}
                       AND coalesce(d.out_part, {_OUTSIDE}) <> {_UNREADABLE} AS is_placed,
                   s.country_id = ANY(%(countries)s) OR coalesce(s.area_id = ANY(%(areas)s), false)
                       OR coalesce(s.area_id = ANY(%(wider)s), false)
                       OR (s.area_id IS NULL AND s.country_id = ANY(%(all_countries)s))
                       AS is_named,
                   CASE WHEN s.area_id IS NULL THEN s.country_id = ANY(%(vague_countries)s)
                        ELSE s.area_id = ANY(%(wider)s) END AS is_named_vaguely) named
             CROSS JOIN LATERAL (SELECT
                   (is_named AND NOT is_named_vaguely)
                       OR CASE WHEN is_placed THEN coalesce(d.part = {_INSIDE}, false)
                               ELSE coalesce(s.area_id = ANY(%(drawn_whole)s), false) END
                       AS is_surely_in,
                   CASE WHEN is_placed THEN coalesce(d.part = {_MAYBE}, false)
                        WHEN s.area_id IS NULL THEN s.country_id = ANY(%(drawn_countries)s)
                        ELSE s.area_id = ANY(%(drawn_areas)s) END AS is_maybe_in,
                   CASE WHEN is_placed THEN coalesce(d.out_part = {_INSIDE}, false)
                        ELSE coalesce(s.area_id = ANY(%(drawn_out_whole)s), false) END
                       AS is_surely_out,
                   CASE WHEN is_placed THEN coalesce(d.out_part = {_MAYBE}, false)
                        WHEN s.area_id IS NULL THEN s.country_id = ANY(%(drawn_out_countries)s)
                        ELSE s.area_id = ANY(%(drawn_out_areas)s) END AS is_maybe_out) lies
             WHERE s.ended_at IS NULL AND s.from_on <= current_date
               AND (s.until_on IS NULL OR s.until_on >= current_date)
               AND {_BOUNDS.format(column="s.registrant_id")}
               AND (is_named OR lies.is_surely_in OR lies.is_maybe_in)
               AND NOT lies.is_surely_out
               AND NOT s.country_id = ANY(%(out_countries)s)
               AND NOT coalesce(s.area_id = ANY(%(out_areas)s), false)) AS stay
     ORDER BY registrant_id, is_vague, from_on DESC, id"""


def reachable_sql(rule: AudienceRule, *, is_exact: bool = True) -> tuple[str, dict[str, Any]]:
    """Return SQL for one row per permitted contact point of the people placed.

    Columns: registrant_id, country_id, area_id, post_id, contact_point_id, channel, token,
    language (of the person, first of theirs the message exists in), purpose_code,
    proof_id, basis, override_id. Expects %(languages)s and %(fallback)s as well. An unconfirmed
    contact is used only where no confirmed one of the person may be (docs/adr/0006).
    """
    placed, parameters = placed_sql(rule, is_exact=is_exact)
    permitted = permitted_sql(
        placed, rung=rule.rung if rule.silent_of else "", is_widened=bool(rule.override)
    )
    return permitted, parameters | purpose_parameters(rule)


def purpose_parameters(rule: AudienceRule) -> dict[str, Any]:
    """Return the parameters `permitted_sql` needs besides those of its people."""
    return {
        "override": rule.override,
        "sms_purpose": alert_purpose(Channel.SMS),
        "mail_purpose": alert_purpose(Channel.EMAIL),
    }


# Each rung: at which of their languages that the message exists in, and which contacts.
_RUNGS = {
    "": (0, "is_confirmed OR NOT has_confirmed"),
    # Contacts the dispatch did not use: added since, or not confirmed. Those that were
    # confirmed have brought no answer (docs/adr/0017).
    "other-way": (
        0,
        """NOT EXISTS (SELECT FROM notifications_delivery used
                        WHERE used.dispatch_id = %(silent_of)s
                          AND used.registrant_id = permitted.registrant_id
                          AND used.contact_point_id = permitted.contact_point_id)""",
    ),
    "other-language": (1, "(is_confirmed OR NOT has_confirmed) AND language IS NOT NULL"),
}


def permitted_sql(placed: str, *, rung: str = "", is_widened: bool = False) -> str:
    """Return the SQL of `reachable_sql` for people given by a query with `placed_sql`'s columns.

    rung: of a ladder, which reads %(silent_of)s as well; see notifications.escalating.
    is_widened: by the override %(override)s.
    """
    nth, wanted = _RUNGS[rung]
    fallback = "NULL" if nth else "%(fallback)s"
    language = f"""coalesce(
                       (SELECT spoken FROM unnest(r.language || r.other_languages)
                            WITH ORDINALITY AS known(spoken, place)
                         WHERE spoken = ANY(%(languages)s) ORDER BY place OFFSET {nth} LIMIT 1),
                       {fallback})"""
    agreed, widened = "permitted", ""
    if is_widened:
        both = f"SELECT * FROM agreed UNION ALL {WIDENED.format(language=language)}"
        agreed, widened = "agreed", f", permitted AS ({both})"
    return f"""
        WITH placed AS MATERIALIZED ({placed}),
        {agreed} AS (
            SELECT p.registrant_id, p.country_id, p.area_id, p.post_id,
                   c.id AS contact_point_id, c.channel, c.token,
                   {language} AS language,
                   l.purpose_code, l.proof_id, c.confirmed_at IS NOT NULL AS is_confirmed,
                   bool_or(c.confirmed_at IS NOT NULL)
                       OVER (PARTITION BY p.registrant_id) AS has_confirmed, {AGREED}
              FROM placed p
              JOIN registry_registrant r ON r.id = p.registrant_id AND r.restricted_at IS NULL
              JOIN registry_contactpoint c
                ON c.registrant_id = p.registrant_id AND c.removed_at IS NULL
              -- One look into the index per contact. LIMIT keeps it that: without it the
              -- planner may read all consents of the register for every person placed.
              CROSS JOIN LATERAL (
                   SELECT live.purpose_code, live.proof_id FROM consent_live live
                    WHERE live.subject_id = p.registrant_id
                      AND live.purpose_code =
                          CASE c.channel WHEN {int(Channel.SMS)} THEN %(sms_purpose)s
                                         ELSE %(mail_purpose)s END
                    LIMIT 1) l){widened}
        SELECT registrant_id, country_id, area_id, post_id, contact_point_id, channel, token,
               language, purpose_code, proof_id, basis, override_id
          FROM permitted WHERE {wanted}"""
