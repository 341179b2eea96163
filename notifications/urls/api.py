"""Addresses providers call back, and where a monitoring system reads."""

from __future__ import annotations

from django.urls import re_path

from notifications import api, provider_api
from notifications.views import engine

app_name = "api"

_NAME = r"(?P<provider>[a-z0-9-]{1,20})"
_PROVIDER = rf"^callbacks/sms/{_NAME}"
_KANNEL = rf"^callbacks/kannel/{_NAME}"
_FORM = rf"^callbacks/form/{_NAME}"

urlpatterns = [
    re_path(rf"{_PROVIDER}/receipt$", api.SmsReceiptView.as_view(), name="sms-receipt"),
    re_path(rf"{_PROVIDER}/inbound$", api.SmsInboundView.as_view(), name="sms-inbound"),
    re_path(
        rf"{_KANNEL}/receipt$", provider_api.KannelReceiptView.as_view(), name="kannel-receipt"
    ),
    re_path(
        rf"{_KANNEL}/inbound$", provider_api.KannelInboundView.as_view(), name="kannel-inbound"
    ),
    re_path(rf"{_FORM}/receipt$", provider_api.FormReceiptView.as_view(), name="form-receipt"),
    re_path(rf"{_FORM}/inbound$", provider_api.FormInboundView.as_view(), name="form-inbound"),
    re_path(r"^callbacks/mail/bounce$", provider_api.BounceView.as_view(), name="mail-bounce"),
    re_path(r"^metrics$", engine.metrics, name="metrics"),
]
