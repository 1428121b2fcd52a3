"""The book: its facts, its figures, and the build that executes its chapters against the running brokers."""
