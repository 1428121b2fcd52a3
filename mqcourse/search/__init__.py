"""Search in the book: its passages, an index of their words, and one ranking for the page and for `mq ask`."""
