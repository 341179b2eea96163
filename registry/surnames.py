"""Whether an officer may be a relative of the person whose record they open.

Only keyed tokens are compared, and only the answer is written down: no name of anybody.
"""

from __future__ import annotations

from accounts.models import StaffUser
from encryption.indexes import blind_index
from encryption.keyring import Erased, SealError
from registry.finding.normalising import is_particle, readings, skeletons, surfaces
from registry.finding.scripts import script_of
from registry.models import Registrant


def share_surname(user: StaffUser, person: Registrant) -> bool:
    """Tell whether a family name of the person may be one of the officer's, in any script."""
    try:
        family = str(person.family_names)
    except (Erased, SealError):
        return False
    first, *rest = surfaces(user.name) or [""]
    officers = [word for word in rest or [first] if not is_particle(word)]
    theirs = [word for word in surfaces(family) if not is_particle(word)]
    return any(_may_be_same(one, other) for one in officers for other in theirs)


def _may_be_same(one: str, other: str) -> bool:
    # What a script leaves unwritten, such as vowels, cannot be asked for in another.
    forms = readings if script_of(one) is script_of(other) else skeletons
    return bool(_tokens(forms(one)) & _tokens(forms(other)))


def _tokens(forms: tuple[str, ...]) -> set[int]:
    return {blind_index("surname", form) for form in forms}
