"""When the balance runs out: spend profile, distribution of future spend, backtest."""
