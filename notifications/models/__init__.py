"""Broadcasts, what is sent to whom, and what comes back."""

from notifications.models.answers import Answer, AnswerState, AnswerVia
from notifications.models.broadcasts import (
    Broadcast,
    BroadcastKind,
    BroadcastState,
    BroadcastText,
    Certainty,
    Severity,
    Urgency,
)
from notifications.models.deliveries import (
    Attempt,
    AudienceMember,
    AudienceSlice,
    Chunk,
    ChunkState,
    Delivery,
    DeliveryStatus,
)
from notifications.models.dispatches import (
    Dispatch,
    DispatchState,
    Lane,
    MessageKind,
    MessageVersion,
    PersonalText,
)
from notifications.models.escalation import (
    EscalationTimer,
    PhoneTask,
    Step,
    TaskOutcome,
    TaskState,
)
from notifications.models.freshness import StayAnswer, StayQuestion
from notifications.models.heartbeats import Heartbeat, Work
from notifications.models.inbound import InboundMessage, Receipt
from notifications.models.limits import RoutineSms, Suppression
from notifications.models.overrides import NoticeOutcome, OverrideRecipient

__all__ = [
    "Answer",
    "AnswerState",
    "AnswerVia",
    "Attempt",
    "AudienceMember",
    "AudienceSlice",
    "Broadcast",
    "BroadcastKind",
    "BroadcastState",
    "BroadcastText",
    "Certainty",
    "Chunk",
    "ChunkState",
    "Delivery",
    "DeliveryStatus",
    "Dispatch",
    "DispatchState",
    "EscalationTimer",
    "Heartbeat",
    "InboundMessage",
    "Lane",
    "MessageKind",
    "MessageVersion",
    "NoticeOutcome",
    "OverrideRecipient",
    "PersonalText",
    "PhoneTask",
    "Receipt",
    "RoutineSms",
    "Severity",
    "StayAnswer",
    "StayQuestion",
    "Step",
    "Suppression",
    "TaskOutcome",
    "TaskState",
    "Urgency",
    "Work",
]
