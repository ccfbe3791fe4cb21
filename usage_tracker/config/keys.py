"""What config.toml may say: every table and every key. A new table is an entry in `SCHEMA`."""

from usage_tracker.config.schema import (
    AUTH,
    FLAG,
    HEADERS,
    KEY_COMMAND,
    KEY_FILE,
    NAME,
    TEXT,
    TEXTS,
    VARIABLE,
    WHOLE,
    Table,
)
from usage_tracker.config.thresholds import CHECK, NOTIFY

ACCOUNT = Table(
    {
        "name": NAME,
        "base_url": TEXT,
        "auth": AUTH,
        "headers": HEADERS,
        "quota_per_unit": WHOLE,
        "allow_http": FLAG,
        "fallback_urls": TEXTS,
        "token_env": VARIABLE,
        "token_file": KEY_FILE,
        "token_command": KEY_COMMAND,
        "check": CHECK,
    },
    many=True,
)

SCHEMA = Table(
    {"database": TEXT, "timezone": TEXT, "account": ACCOUNT, "check": CHECK, "notify": NOTIFY}
)
