"""The grading room: labs from their masters, answers run as real processes against real brokers, guarantees judged."""
