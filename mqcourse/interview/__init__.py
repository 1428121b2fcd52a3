"""The mock interview: an agenda by a seed, what was said ticked case by case, and a report that counts the ticks."""
