"""The only rooms that speak SQL: the schema, its upgrade, reading and writing."""
