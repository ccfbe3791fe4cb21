"""Pure computation: no clock, no file, no SQL, no terminal."""
