"""A gateway on loopback and a lived-in history, for people without a key."""
