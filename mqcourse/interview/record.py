"""A whole interview: its plan, the cases that the plan gives, and the answers as far as they go."""

from dataclasses import dataclass
from datetime import datetime

from mqcourse.interview.agenda import Case, Plan
from mqcourse.interview.answer import Answer


@dataclass(frozen=True)
class Interview:
    """What a report is made from. `begun` has a time zone; `kept` is whether the ratings are in the journal, and
    `ticked_by` is you or interviewer."""

    plan: Plan
    cases: tuple[Case, ...]
    answers: tuple[Answer, ...]
    begun: datetime
    kept: bool
    ticked_by: str = "you"

    @property
    def whole(self) -> bool:
        """Whether every case was answered."""
        return len(self.answers) == len(self.cases)

    @property
    def seconds(self) -> int:
        """How long the answered cases took together."""
        return sum(answer.seconds for answer in self.answers)
