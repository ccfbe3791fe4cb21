"""The commands, one thin file each, named in `usage_tracker.cli.command_table`."""
