"""Addresses providers call back."""

from __future__ import annotations

from django.urls import re_path

from notifications import api

app_name = "api"

_PROVIDER = r"^callbacks/sms/(?P<provider>[a-z0-9-]{1,20})"

urlpatterns = [
    re_path(rf"{_PROVIDER}/receipt$", api.SmsReceiptView.as_view(), name="sms-receipt"),
    re_path(rf"{_PROVIDER}/inbound$", api.SmsInboundView.as_view(), name="sms-inbound"),
]
