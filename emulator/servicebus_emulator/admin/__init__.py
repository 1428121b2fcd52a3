"""Administration: ATOM over HTTP, the start-up configuration, health, metrics and the page at `/`.

Pure: from a Request to a Response. The server does the reading and the writing.
"""
