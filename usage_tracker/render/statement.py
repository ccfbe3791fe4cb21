"""The lines of an account's statement, which add up from the opening to the closing balance."""

# The sign of a line, its name, and the field of the Reconciliation that holds its units.
LINES = (
    ("", "opening balance", "opening"),
    ("+", "top-ups", "top_ups"),
    ("+", "refunds", "refunds"),
    ("±", "adjustments", "adjustments"),
    ("\N{MINUS SIGN}", "spend", "spend"),
    ("±", "in flight", "in_flight"),
    ("=", "closing balance", "closing"),
)
