"""Thresholds, notices and pings: what runs beside the snapshots."""
