"""Numbers as a person reads them: four significant digits, with a word or a unit for their size.

Written with the arithmetic that the translation to JavaScript has, so that the page shows the same digits.
"""

MOST_PLACES = 12


def digits(x: float) -> str:
    """A number of at least 0 with four significant digits; thousands are separated by commas; from 10**12 on 1.5e12."""
    if x >= 1e12:
        return powers(x)
    if x >= 999.95:
        return grouped(int(x + 0.5))
    places = 4 if x < 1.0 else 3 if x < 10.0 else 2 if x < 100.0 else 1
    bound = 0.1
    while x < bound and places < MOST_PLACES:
        bound = bound / 10.0
        places = places + 1
    power = 1
    for _ in range(places):
        power = power * 10
    scaled = int(x * power + 0.5)
    whole = int(scaled / power)
    rest = scaled - whole * power
    while rest > 0 and int(rest / 10) * 10 == rest:
        rest = int(rest / 10)
        places = places - 1
    return f"{whole}" if rest == 0 else f"{whole}.{padded(rest, places)}"


def powers(x: float) -> str:
    """A number of at least 10 with its power of ten."""
    exponent = 0
    while x >= 10.0:
        x = x / 10.0
        exponent = exponent + 1
    return f"{digits(x)}e{exponent}"


def padded(n: int, width: int) -> str:
    """A whole number with zeros before it."""
    text = f"{n}"
    while len(text) < width:
        text = f"0{text}"
    return text


def grouped(n: int) -> str:
    """A whole number below 10**12 with a comma before every three digits."""
    if n < 1000:
        return f"{n}"
    head = int(n / 1000)
    return f"{grouped(head)},{padded(n - head * 1000, 3)}"


def count(x: float) -> str:
    """A number of things: 11.57 million."""
    if x >= 1e12:
        return f"{digits(x / 1e12)} trillion"
    if x >= 1e9:
        return f"{digits(x / 1e9)} billion"
    return f"{digits(x / 1e6)} million" if x >= 1e6 else digits(x)


def size(x: float) -> str:
    """A number of bytes in decimal units: 1 KB is 1,000 bytes."""
    if x >= 1e15:
        return f"{digits(x / 1e15)} PB"
    if x >= 1e12:
        return f"{digits(x / 1e12)} TB"
    if x >= 1e9:
        return f"{digits(x / 1e9)} GB"
    if x >= 1e6:
        return f"{digits(x / 1e6)} MB"
    return f"{digits(x / 1e3)} KB" if x >= 1e3 else f"{digits(x)} bytes"
