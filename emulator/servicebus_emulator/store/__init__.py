"""Durability: what the broker reports to its journal, kept in SQLite, and read back at the next start."""
