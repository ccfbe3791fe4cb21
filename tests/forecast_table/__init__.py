"""How good the forecast is on real histories: the tables of `docs/forecast.md`."""
