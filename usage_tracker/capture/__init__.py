"""Reading an account's balance: one call to a gateway, one answer or one explained failure."""
