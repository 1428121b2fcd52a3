"""Durability: what the broker tells its journal, kept in SQLite, and read back at the next start."""
