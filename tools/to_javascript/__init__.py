"""The Python of the backpressure model and of other pure parts as JavaScript, so that both are written once.

Not every Python: the forms that the model uses, each with a translation that gives the same value. Whatever is not
known stops with its file and line. A test runs both and compares their figures to the last digit.

program.py      what the modules define and what their annotations say
kinds.py        what is known of a value; JavaScript needs it, for instance, to test a list for being empty
scope.py        the names that a function sees
places.py       where a variable is declared
names.py, operators.py, containers.py, calls.py   expressions, each built on the one before; code.py  a piece of JavaScript
library.py      what Python itself brings; forms.py  forms of syntax
statements.py   statements, functions, classes, a module
layout.py       comments and long lines

Names stay as they are in Python. Parameters that must be named follow by position; those of them with a default become
the properties of one last argument.
Three things are taken over from Python without a check, and the model keeps to them: whole numbers stay below 2**53,
an index that is computed is not negative and lies within its list, and no division is by zero.
"""

from tools.to_javascript.program import CannotTranslate, Module
from tools.to_javascript.statements import translate

__all__ = ["CannotTranslate", "Module", "translate"]
