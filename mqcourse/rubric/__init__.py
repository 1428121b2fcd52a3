"""The count of a mock interview, for the terminal and the page: its cases, its ticks, its level, its report.

Everything here is plain values in, plain values out, in the forms that tools/to_javascript translates: the page runs
the same code. No card is read here, and no text is judged.
"""
