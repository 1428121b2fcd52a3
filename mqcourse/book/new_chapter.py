"""The skeleton of a chapter: one experiment that runs, with marks where its author has to write."""

import re
from pathlib import Path

from mqcourse.book.chapter import Chapter
from mqcourse.disk import write_text
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT
from mqcourse.nearest import did_you_mean
from mqcourse.skeleton import MARK, check_name, write

SKELETON = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# {mark}: the title, and after a colon what a reader learns

```{{chapter-head}}
minutes: 5
runs_with: []
questions:
  - "{mark}: a question that the chapter answers"
  - "{mark}: a second one"
objectives:
  - "{mark}: what a reader can do afterwards"
```

{mark}: the question in a few sentences, and the experiment that answers it.

## {mark}: the first experiment

```{{code-cell}} ipython3
from collections import deque

# {mark}: an experiment on a real broker; its address is in endpoints() of mqcourse.stack
queue = deque(["first", "second", "third"])
received = [queue.popleft() for _ in range(3)]
print(received)
```

{mark}: what the output means.

```{{code-cell}} ipython3
:tags: [remove-cell]

# {mark}: each claim of the text, as an assertion
assert received == ["first", "second", "third"], received
```

```{{key-points}}
- {mark}: what to remember, most important first.
```
"""


def new(name: str, root: Path = CHECKOUT) -> list[Path]:
    """Write the skeleton of the chapter PART/NAME, and list it in _toc.yml after the others of its part.

    CourseError for a part that the book has not, a name that is none, or a chapter that exists.
    """
    part, _, own = name.removeprefix("book/").removesuffix(".md").partition("/")
    toc = root / "_toc.yml"
    text = toc.read_text(encoding="utf-8")
    listed = list(re.finditer(r"^( *)- file: book/(\w+)/[\w-]+\n", text, re.MULTILINE))
    parts = list(dict.fromkeys(found[2] for found in listed))
    if part not in parts:
        raise CourseError(
            f"the book has no part {part!r}",
            do=did_you_mean(part, parts, f"The parts are {', '.join(parts)}"),
            code=Exit.USAGE,
        )
    check_name(own, "chapter", "-")
    chapter = Chapter(f"{part}/{own}", root)
    written = write({chapter.path: SKELETON.format(mark=MARK)})
    last = [found for found in listed if found[2] == part][-1]
    line = f"{last[1]}- file: book/{part}/{own}\n"
    write_text(toc, text[: last.end()] + line + text[last.end() :])
    return [*written, toc]
