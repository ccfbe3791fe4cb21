"""A simulated gateway and a sample history, for use without a key."""
