"""What only developers of the course run. None of it is part of a learner's installation."""
