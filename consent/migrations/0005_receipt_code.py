"""An index over the codes of receipts, so that whose receipt it is can be looked up."""

from django.db import migrations

# As consent.receipts.receipt_code: the last 50 bits of the first eight bytes of the digest.
FORWARD = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS consent_by_receipt_code ON consent_consentevent ((
    ('x' || left(encode(sha256(('receipt|' || event_id::text)::bytea), 'hex'), 16))::bit(64)::bigint
    & 1125899906842623
))
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("consent", "0004_transaction")]
    operations = [
        migrations.RunSQL(FORWARD, "DROP INDEX CONCURRENTLY IF EXISTS consent_by_receipt_code")
    ]
