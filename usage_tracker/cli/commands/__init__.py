"""The commands, one module each, listed in `usage_tracker.cli.root`."""
