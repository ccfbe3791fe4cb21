"""The database: schema, upgrades, reading and writing. Only this package uses SQL."""
