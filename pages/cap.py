"""Released messages in the Common Alerting Protocol 1.2 (OASIS), one block per language."""

from __future__ import annotations

import datetime
from uuid import UUID
from xml.etree import ElementTree

from django.conf import settings
from django.urls import reverse

from crises.models import AffectedArea
from crises.places import full_name
from crises.selectors import shape_name
from geography.shapes import Circle, Polygons
from notifications.models import Broadcast, BroadcastText
from notifications.publishing import released_broadcast, without_link

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
# CAP wants whole seconds and an offset.
_TIME = "%Y-%m-%dT%H:%M:%S+00:00"


def cap_xml(message_id: UUID) -> bytes | None:
    """Return a released message as a CAP document; None when there is no such message."""
    broadcast = released_broadcast(message_id)
    if broadcast is None:
        return None
    message = broadcast.dispatch.message
    alert = ElementTree.Element("alert", xmlns=NAMESPACE)
    _put(alert, "identifier", message.cap_identifier)
    _put(alert, "sender", settings.SITE_ORIGIN)
    _put(alert, "sent", _at(broadcast.approved_at))
    _put(alert, "status", "Actual")
    _put(alert, "msgType", message.cap_message_type)
    _put(alert, "scope", "Public")
    if reference := _reference(broadcast.refers_to):
        _put(alert, "references", reference)
    for text in sorted(broadcast.texts.all(), key=lambda each: each.language):
        _put_info(alert, broadcast, text)
    ElementTree.indent(alert)
    document: bytes = ElementTree.tostring(alert, encoding="utf-8", xml_declaration=True)
    return document


def _put_info(alert: ElementTree.Element, broadcast: Broadcast, text: BroadcastText) -> None:
    info = ElementTree.SubElement(alert, "info")
    _put(info, "language", text.language)
    _put(info, "category", "Safety")
    _put(info, "event", broadcast.crisis.title)
    _put(info, "urgency", broadcast.urgency)
    _put(info, "severity", broadcast.severity)
    _put(info, "certainty", broadcast.certainty)
    _put(info, "expires", _at(broadcast.expires_at))
    _put(info, "senderName", settings.SITE_NAME)
    _put(info, "headline", text.subject)
    _put(info, "description", without_link(text.email_body))
    page = reverse("pages:crisis", args=[broadcast.crisis.public_id])
    _put(info, "web", settings.SITE_ORIGIN + page)
    for row in broadcast.crisis.areas.all():
        if not row.is_excluded:
            _put_area(info, row)


def _put_area(info: ElementTree.Element, row: AffectedArea) -> None:
    area = ElementTree.SubElement(info, "area")
    if row.place:
        _put(area, "areaDesc", full_name(row.place))
        country, inner = row.place
        geocode = ElementTree.SubElement(area, "geocode")
        _put(geocode, "valueName", "ISO 3166-2" if inner else "ISO 3166-1")
        _put(geocode, "value", inner or country)
        return
    shape = row.drawn
    _put(area, "areaDesc", shape_name(shape))
    if isinstance(shape, Circle):
        _put(area, "circle", f"{shape.latitude},{shape.longitude} {shape.radius_km}")
    elif isinstance(shape, Polygons):
        # CAP has no holes: an area with one is said too large rather than too small.
        for outer, *_holes in shape.polygons:
            closed = [*outer, outer[0]] if outer[0] != outer[-1] else outer
            _put(area, "polygon", " ".join(f"{lat},{long}" for long, lat in closed))


def _reference(earlier: Broadcast | None) -> str:
    if earlier is None or not hasattr(earlier, "dispatch"):
        return ""
    identifier = earlier.dispatch.message.cap_identifier
    return f"{settings.SITE_ORIGIN},{identifier},{_at(earlier.approved_at)}"


def _put(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text


def _at(moment: datetime.datetime | None) -> str:
    assert moment is not None
    return moment.astimezone(datetime.UTC).strftime(_TIME)
