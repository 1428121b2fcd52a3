"""How many scenarios the three engines are compared on."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fresh-scenarios",
        type=int,
        default=0,
        help="compare SimPy, the kernel and JavaScript on so many scenarios that no run had before",
    )
