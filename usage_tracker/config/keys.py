"""What config.toml may say: every table and every key. A new table is an entry in `SCHEMA`."""

from usage_tracker.config.rules import CHECK, NOTIFY
from usage_tracker.config.schema import (
    AUTH,
    FLAG,
    HEADERS,
    NAME,
    TEXT,
    TEXTS,
    WHOLE,
    WORDS,
    Table,
)

ACCOUNT = Table(
    {
        "name": NAME,
        "base_url": TEXT,
        "auth": AUTH,
        "headers": HEADERS,
        "quota_per_unit": WHOLE,
        "allow_http": FLAG,
        "fallback_urls": TEXTS,
        "token_env": TEXT,
        "token_file": TEXT,
        "token_command": WORDS,
        "check": CHECK,
    },
    many=True,
)

SCHEMA = Table(
    {"database": TEXT, "timezone": TEXT, "account": ACCOUNT, "check": CHECK, "notify": NOTIFY}
)
