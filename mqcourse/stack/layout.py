"""The folders and ports of one stack."""

from dataclasses import dataclass
from pathlib import Path

from mqcourse.stack.ports import Ports


@dataclass(frozen=True)
class StackLayout:
    """Where one stack lives: its state, the software it shares with others, its ports."""

    state: Path
    software: Path
    ports: Ports

    def folder(self, service: str) -> Path:
        """Everything of one service: configuration and data."""
        return self.state / service

    def log(self, service: str) -> Path:
        """The service's log: what `mq logs` shows."""
        return self.state / "logs" / f"{service}.log"
