"""The quiz: interview cards one at a time, a schedule that shows each again in time, and the journal of the ratings."""
