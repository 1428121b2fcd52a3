"""Messages are called m1, m2, m3 in the order of their publishing."""


def name(number: int) -> str:
    """One message."""
    return f"m{number}"


def names(numbers: list[int]) -> str:
    """Several of them: m1, m2 and m3. There must be at least one."""
    text = ""
    for at, number in enumerate(numbers):
        before = "" if at == 0 else " and " if at == len(numbers) - 1 else ", "
        text = f"{text}{before}{name(number)}"
    return text
