"""What only the course's developers run; a learner's install carries none of it."""
