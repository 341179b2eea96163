"""The ways others send: one task per message, and django-post_office. In clear, as they do."""
