"""What a gateway's HTTP answer means for one SMS."""

from __future__ import annotations

import json
import re
import time
from email.utils import parsedate_to_datetime

from notifications.channels.protocol import HandedOver, Outcome, RouteUnavailable

_MAX_RETRY_AFTER = 3600.0
# Never with a run of digits, which could be the number itself.
_ERROR_CODE = re.compile(r"(?!.*[0-9]{5})[a-z][a-z0-9_.-]{0,29}")
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
#: What gateways say of a text, and of us; every other short code concerns the number.
_TEXT_ERRORS = frozenset({"invalid_text", "text_too_long", "invalid_encoding", "text_rejected"})
_SENDER_ERRORS = frozenset(
    {"invalid_request", "invalid_json", "missing_field", "invalid_sender", "sender_rejected"}
)
# A proxy lost touch with the gateway behind it: the message may have gone through.
_PROXY_LOST_TOUCH = (502, 504)


def meaning_of(
    status: int, retry_after: str, answer: dict[str, object]
) -> HandedOver | RouteUnavailable:
    """Return the outcome, or RouteUnavailable when the gateway took and judged nothing."""
    code = f"http-{status}"
    if 200 <= status < 300:
        reference = str(answer.get("id", ""))
        if not _REFERENCE.fullmatch(reference):
            reference = ""
        return HandedOver(Outcome.ACCEPTED, reference, code)
    if status in _PROXY_LOST_TOUCH:
        return HandedOver(Outcome.UNKNOWN, "", code)
    if status not in (400, 422):
        return RouteUnavailable(code, retry_after=seconds_to_wait(retry_after))
    error = answer.get("error")
    if not isinstance(error, str) or not _ERROR_CODE.fullmatch(error):
        return HandedOver(Outcome.SENDER_REFUSED, "", code)
    if error in _TEXT_ERRORS:
        outcome = Outcome.MESSAGE_REFUSED
    elif error in _SENDER_ERRORS:
        outcome = Outcome.SENDER_REFUSED
    else:
        outcome = Outcome.REFUSED
    return HandedOver(outcome, "", f"{code}-{error}")


def json_object(body: bytes) -> dict[str, object]:
    """Return the JSON object in `body`, an empty one for anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def seconds_to_wait(retry_after: str) -> float | None:
    """Return Retry-After, seconds or a date, as seconds from now; None if there is none."""
    if retry_after.isdecimal():
        return min(float(retry_after), _MAX_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(retry_after).timestamp()
    except (ValueError, IndexError, TypeError):
        return None
    return min(max(at - time.time(), 0.0), _MAX_RETRY_AFTER)
