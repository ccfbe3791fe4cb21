"""Imports: rows are parsed and checked in a temporary file, then merged in one transaction."""
