"""Mastering Message Queues: the code that runs the course. See ARCHITECTURE.md for the rooms of the house."""
