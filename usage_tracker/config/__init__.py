"""What is configured: accounts, where their tokens come from, where the database is."""
