"""Regular snapshots by cron or by a systemd user timer."""
