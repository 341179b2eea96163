"""Addresses of the personal answer pages, and of what people see of their own messages."""

from __future__ import annotations

from django.urls import path

from notifications.views import answers, my_record

app_name = "answers"

urlpatterns = [
    path("a/<slug:reference>", answers.answer, name="answer-give"),
    path("my/messages/", my_record.message_list, name="message-list"),
    path("my/download/", my_record.download, name="record-download"),
]
