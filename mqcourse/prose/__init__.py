"""The style of the course's texts: what is prose in a file, the rules, and how many findings a file may have."""
