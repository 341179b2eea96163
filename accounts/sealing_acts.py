"""The acts on the keys that concern encryption alone: turning sealing keys, sealing anew."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.key_acts import KeyAct, KeyActKind
from accounts.key_runners import KeyActRefused, Parameters, Runner, Step, run_with
from encryption import resealing, rotating
from encryption.keyring import Erased, SealError, keyring

SECOND_FACTOR = "second-factor"


def connect() -> None:
    """Name the runners; called once, at start."""
    run_with(
        KeyActKind.ROTATE_SEALING,
        Runner(_check_rotation, _count_rotation, _rotate),
    )
    run_with(KeyActKind.RESEAL_PERSON, Runner(_check_person, _count_person, _reseal))
    if reseal_second_factors not in rotating.system_resealers:
        rotating.system_resealers.append(reseal_second_factors)


# --- turning the sealing keys


def _check_rotation(parameters: Parameters) -> None:
    active = keyring().sealing_version
    if parameters.get("to") != active:
        raise KeyActRefused(f"The active sealing version of this process is {active}.")
    missing = set(rotating.count_by_version()) - set(keyring().sealing_versions)
    if missing:
        raise KeyActRefused("Some person keys lie under a version that is not loaded.")


def _count_rotation(parameters: Parameters) -> dict[str, int]:
    by_version = rotating.count_by_version()
    counts = {f"person keys under version {v}": n for v, n in sorted(by_version.items())}
    return {**counts, "person keys to wrap anew": rotating.remaining()}


def _rotate(act: KeyAct) -> Step:
    """Wrap one page; at the end of a round go round again for keys that were held."""
    cursor = act.cursor
    last = cursor.get("after")
    after = (uuid.UUID(last[0]), int(last[1])) if last else None
    page = rotating.rewrap_page(after)
    done = int(cursor.get("done", 0)) + page.done
    broken = int(cursor.get("broken", 0)) + page.broken
    if page.last is not None:
        at = [str(page.last[0]), page.last[1]]
        return Step(page.done, {"after": at, "done": done, "broken": broken})
    if rotating.remaining() == 0:
        rotating.reseal_system_values()
        return Step(page.done, {}, is_finished=True)
    if broken and not done:
        raise KeyActRefused(
            f"{broken} keys cannot be opened and stay under their old version; see the audit "
            "record. Keep that version until these people are erased or restored."
        )
    return Step(page.done, {})


def reseal_second_factors() -> int:
    """Seal the secrets of authenticator apps under the active key; return how many changed."""
    ring = keyring()
    changed = 0
    for pk in list(Authenticator.objects.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=pk).first()
            if row is None:
                continue
            data: dict[str, Any] = dict(row.data)
            for name in ("secret", "seed"):
                if fresh := _fresh(ring.sealing_version, data.get(name)):
                    data[name] = fresh
            if isinstance(codes := data.get("migrated_codes"), list):
                data["migrated_codes"] = [_fresh(ring.sealing_version, c) or c for c in codes]
            if data != row.data:
                row.data = data
                row.save(update_fields=["data"])
                changed += 1
    return changed


def _fresh(version: int, sealed: object) -> str | None:
    """Return a sealed text under the active version, or None where it is so already."""
    if not isinstance(sealed, str):
        return None
    data = base64.b64decode(sealed)
    if int.from_bytes(data[:2], "big") == version:
        return None
    plain = keyring().open_for_system(SECOND_FACTOR, data)
    return base64.b64encode(keyring().seal_for_system(SECOND_FACTOR, plain)).decode("ascii")


# --- sealing one person anew


def _person_of(parameters: Parameters) -> uuid.UUID:
    try:
        return uuid.UUID(str(parameters.get("person_id")))
    except ValueError:
        raise KeyActRefused("A person is named by the id of their record.") from None


def _check_person(parameters: Parameters) -> None:
    if not resealing.count_values(_person_of(parameters))["keys"]:
        raise KeyActRefused("This person has no key.")


def _count_person(parameters: Parameters) -> dict[str, int]:
    return resealing.count_values(_person_of(parameters))


def _reseal(act: KeyAct) -> Step:
    person_id = _person_of(act.parameters)
    try:
        if act.cursor.get("phase") != "waiting":
            resealing.give_new_keys(person_id)
            done = resealing.reseal_rows(person_id)
        else:
            resealing.let_former_keys_go(person_id)
            return Step(0, {}, is_finished=True)
    except resealing.TooEarly:
        done = 0
    except (Erased, SealError) as error:
        raise KeyActRefused(f"This person cannot be sealed anew: {error}.") from None
    since = resealing.former_key_since(person_id)
    until = since + resealing.GRACE if since is not None else None
    return Step(done, {"phase": "waiting"}, not_before=until)
