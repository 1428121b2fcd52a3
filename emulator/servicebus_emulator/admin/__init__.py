"""Administration: ATOM over HTTP, the start-up configuration, health, metrics and the page at `/`.

Pure: a Request goes in, a Response comes out. The server does the reading and the writing.
"""
