"""What two counters say: spend, credits, refunds, resets and gaps."""
