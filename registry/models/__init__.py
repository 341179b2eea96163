"""Registered people, where they stay, how they are reached, who is with them."""

from registry.models.cells import CellsComplete, StayCell
from registry.models.contacts import HOLD, Channel, ContactPoint, ContactProof, ProofPurpose
from registry.models.drafts import RegistrationDraft
from registry.models.duplicates import (
    DismissalReason,
    DuplicateProposal,
    DuplicateReason,
    DuplicateSearch,
    ProposalState,
)
from registry.models.family import Companion, ContactAnswer, EmergencyContact, Relation
from registry.models.looks import CallOutcome, ContactLogEntry, LookReason
from registry.models.observations import StayObservation
from registry.models.oversight import (
    Appearance,
    ListKind,
    Oddity,
    ReadingMark,
    ReadingOutcome,
    UnusualReading,
)
from registry.models.people import ErasedPerson, Registrant, Restoration
from registry.models.retention import RetentionRun
from registry.models.stays import Stay, StayKind
from registry.models.tokens import TokenBuild

__all__ = [
    "HOLD",
    "Appearance",
    "CallOutcome",
    "CellsComplete",
    "Channel",
    "Companion",
    "ContactAnswer",
    "ContactLogEntry",
    "ContactPoint",
    "ContactProof",
    "DismissalReason",
    "DuplicateProposal",
    "DuplicateReason",
    "DuplicateSearch",
    "EmergencyContact",
    "ErasedPerson",
    "ListKind",
    "LookReason",
    "Oddity",
    "ProofPurpose",
    "ProposalState",
    "ReadingMark",
    "ReadingOutcome",
    "Registrant",
    "RegistrationDraft",
    "Relation",
    "Restoration",
    "RetentionRun",
    "Stay",
    "StayCell",
    "StayKind",
    "StayObservation",
    "TokenBuild",
    "UnusualReading",
]
