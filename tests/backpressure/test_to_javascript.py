"""The translator that makes the page's engine: the same values in both languages, and a stop for whatever else there is."""

import json
import subprocess
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mqcourse.backpressure.explorer.bundle import GENERATED, WEB
from mqcourse.errors import CourseError
from mqcourse.install.npm import NODE
from tools import derived_files, explorer_javascript
from tools.to_javascript import CannotTranslate, Module, translate

ENGINE = WEB / "engine"


def javascript(source: str) -> str:
    """The JavaScript of a module that stands alone."""
    return translate([Module("one", "one.py", dedent(source), "./one.js")], [])["one"]


def in_node(texts: list[str], called: list[tuple[str, list[Any]]], folder: Path) -> list[Any]:
    """What calls of functions give: one module for each text, beside the real engine folder."""
    (folder / "generated").mkdir(exist_ok=True)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    if not (folder / "engine").exists():
        (folder / "engine").symlink_to(ENGINE)
        (folder / "generated" / "fields.js").symlink_to(GENERATED / "fields.js")
    lines = ["const found = [];"]
    for at, (text, (name, given_)) in enumerate(zip(texts, called, strict=True)):
        (folder / "generated" / f"m{at}.js").write_text(text, encoding="utf-8")
        lines.append(f'import * as m{at} from "./generated/m{at}.js";')
        lines.append(f"found.push(m{at}.{name}(...{json.dumps(given_)}));")
    lines.append("console.log(JSON.stringify(found));")
    (folder / "run.js").write_text("\n".join(lines), encoding="utf-8")
    ran = subprocess.run(
        [str(NODE), "--preserve-symlinks", str(folder / "run.js")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: list[Any] = json.loads(ran.stdout)
    return found


def in_python(source: str, name: str, given_: list[Any]) -> Any:
    names: dict[str, Any] = {}
    exec(dedent(source), names)  # noqa: S102 - the test's own text
    return json.loads(json.dumps(names[name](*json.loads(json.dumps(given_)))))


SAME: dict[str, tuple[str, list[Any]]] = {
    "a variable that is set in one branch and used behind it": (
        """
        def f(x: float) -> float:
            if x > 1.0:
                y = 2.0 * x
            elif x < 0.0:
                y = -x
            else:
                return 0.5
            return y - 1.0
        """,
        [3.25],
    ),
    "a variable that lives on from one round to the next": (
        """
        def f(n: int) -> int:
            sum = 0
            for i in range(n):
                if i == 0:
                    last = 7
                sum += last
                last = i
            return sum
        """,
        [6],
    ),
    "subtraction and division associate to the left, brackets stay": (
        "def f(a: float, b: float) -> float:\n    return a - (b - a - -b) / b / (a / b) - -a * b",
        [3.7, 0.3],
    ),
    "the remainder has the sign of the divisor": ("def f(a: int, b: int) -> int:\n    return a % b", [-7, 3]),
    "a range that counts down, its end computed once": (
        """
        def f(n: int) -> list[int]:
            found: list[int] = []
            for i in range(n, -1, -1):
                found.append(i)
                n = 0
            return found
        """,
        [4],
    ),
    "a deque as a line": (
        """
        from collections import deque
        def f(n: int) -> list[int]:
            line: deque[int] = deque()
            for i in range(n):
                line.append(i)
                if i % 3 == 0:
                    line.appendleft(-i)
            line.rotate(-1)
            line.rotate(2)
            while line and line[0] > 2:
                line.popleft()
            if 4 in line:
                line.remove(4)
            return list(line)
        """,
        [11],
    ),
    "a list: insert, remove, slices, the end": (
        """
        def f(n: int) -> list[int]:
            whole = [i * i for i in range(n)]
            whole.insert(0, 99)
            whole.remove(4)
            rest = whole[2:4]
            del whole[3:]
            whole[-1] = -5
            whole.extend(rest)
            return [*reversed(whole), whole[-1], len(rest)]
        """,
        [6],
    ),
    "a text in a list and in a text": (
        """
        def f(text: str) -> list[bool]:
            fence = "``"
            while fence in text:
                fence = f"{fence}`"
            return [fence not in text, len(fence) == 4, text in (fence, text), text in fence]
        """,
        ["a ``` b"],
    ),
    "dictionaries keep their order, by text and by number": (
        """
        def f(n: int) -> list[int]:
            by_number: dict[int, int] = {}
            for i in range(n, 0, -1):
                by_number[i] = 10 * i
            del by_number[2]
            by_name = {name: len(name) for name in ("b", "aaa", "cc")}
            both = {**by_name, "z": by_number[3]}
            both |= {"y": 1}
            both["b"] = 8
            return [*list(by_number.values()), *[both[name] for name in both]]
        """,
        [5],
    ),
    "the first of the least, and the first that fits": (
        """
        def size(one: list[float]) -> float:
            return one[0]
        def f(n: int) -> list[float]:
            lines: list[list[float]] = [[], [3.0, 1.0], [2.0, 5.0], [2.0, 6.0]]
            one = min((line for line in lines if line), key=size)
            other = next(line for line in lines if line)
            return [one[1], other[1], float_of(n)]
        def float_of(n: int) -> float:
            found = iter([1.5, 2.5])
            last = 0.0
            for _ in range(n):
                last = next(found, 9.5)
            return last
        """,
        [3],
    ),
    "a generator goes on where it stopped, and gives back what it returns": (
        """
        from typing import Any
        def inner(n: int) -> Any:
            for i in range(n):
                yield i
            return n > 2
        def outer(n: int) -> Any:
            if (yield from inner(n)):
                yield 100
            big = yield from inner(1)
            if not big:
                yield 200
        def f(n: int) -> list[int]:
            found: list[int] = []
            for one in outer(n):
                found.append(one)
            return found
        """,
        [3],
    ),
    "a generator expression is read as far as it is taken": (
        """
        from collections.abc import Iterator
        def heads(lines: list[list[int]]) -> Iterator[int]:
            return (line[0] for line in lines if line)
        def f(n: int) -> list[int]:
            lines: list[list[int]] = [[1], [], [n]]
            found: list[int] = []
            for head in heads(lines):
                found.append(head)
                if head < 9:
                    lines[2][0] = head + 5
                    lines.append([head + 9])
            return found
        """,
        [2],
    ),
    "a function that counts in the variable of another": (
        """
        def counter(start: int):
            state = start & 0xFFFFFFFF
            def draw() -> int:
                nonlocal state
                state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
                return state ^ (state >> 16)
            return draw
        def f(n: int) -> list[int]:
            draw = counter(n)
            return [draw() for _ in range(5)]
        """,
        [4294967295],
    ),
    "named parameters, with and without a default": (
        """
        def g(a: int, b: int = 2, *, c: int, d: int = 4) -> int:
            return a + 10 * b + 100 * c + 1000 * d
        def f(n: int) -> list[int]:
            return [g(n, 3, c=1), g(n, b=5, c=2, d=6)]
        """,
        [1],
    ),
    "objects: fields, methods, a method as a value": (
        """
        class Line:
            def __init__(self, most: int, *, start: int = 0) -> None:
                self.most = most
                self.held: list[int] = []
                self.seen = start
            def has_room(self, one: int) -> bool:
                self.seen += one
                return len(self.held) < self.most
        def f(n: int) -> list[int]:
            line = Line(2, start=n)
            free = line.has_room
            while free(1):
                line.held.append(line.seen)
            return line.held
        """,
        [5],
    ),
    "None, and what stands for it": (
        """
        def g(x: float | None) -> float:
            return 1e300 if x is None else x
        def f(n: int) -> list[float]:
            found: list[float] | None = None
            kept = found or []
            return [g(None), g(0.5), len(kept), n or 7]
        """,
        [0],
    ),
    "text with marks that mean something to JavaScript": (
        """
        def f(n: int) -> str:
            name = "`a` ${b} \\\\ 'c' \\u00e9"
            return f"{name} ${{n}} `{n}` {name!r} \\\\"
        """,
        [3],
    ),
}


def test_the_same_comes_out_in_both_languages(tmp_path: Path) -> None:
    found = in_node(
        [javascript(source) for source, _ in SAME.values()],
        [("f", given_) for _, given_ in SAME.values()],
        tmp_path,
    )
    for (what, (source, given_)), theirs in zip(SAME.items(), found, strict=True):
        assert theirs == in_python(source, "f", given_), what


numbers = st.sampled_from(["a", "b", "2.5", "3", "7", "0.1", "1e-3"])
tests = st.tuples(numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers).map(" ".join)


def bigger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        pair.map(lambda two: f"({two[0]}) + ({two[1]})"),
        pair.map(lambda two: f"{two[0]} - ({two[1]})"),
        pair.map(lambda two: f"({two[0]}) * {two[1]}"),
        pair.map(lambda two: f"({two[0]}) / (1.5 + ({two[1]}) * ({two[1]}))"),
        inner.map(lambda one: f"-({one})"),
        st.tuples(inner, tests, inner).map(lambda of: f"({of[0]} if not {of[1]} else {of[2]})"),
        st.tuples(tests, tests, inner).map(lambda of: f"({of[2]} if {of[0]} and a < b or {of[1]} else a)"),
        pair.map(lambda two: f"max({two[0]}, {two[1]}, -1.0)"),
    )


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    drawn=st.lists(st.recursive(numbers, bigger, max_leaves=12), min_size=60, max_size=60),
    a=st.floats(-50, 50),
    b=st.floats(-50, 50),
)
def test_arithmetic_gives_the_same_bits(
    drawn: list[str], a: float, b: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sources = [f"def f(a: float, b: float) -> float:\n    return 0.0 + ({one})\n" for one in drawn]
    texts = [javascript(source) for source in sources]
    found = in_node(texts, [("f", [a, b])] * len(texts), tmp_path_factory.mktemp("bits"))
    assert found == [in_python(source, "f", [a, b]) for source in sources]


UNKNOWN: dict[str, str] = {
    "x = 1\nwith open('a') as f:\n    pass": "one.py:2: With",
    "def f(x: int) -> int:\n    return x ** 2": "one.py:2: Pow",
    "def f(x: int) -> int:\n    return x // 2": "one.py:2: FloorDiv",
    "def f(x: int) -> int:\n    try:\n        return x\n    except ValueError:\n        return 0": "one.py:2: Try",
    "def f(x: int) -> int:\n    assert x\n    return x": "one.py:2: Assert",
    "def f(x: int) -> int:\n    return (y := x)": "one.py:2: NamedExpr",
    "def f(x: int) -> int:\n    import time\n    return x": "one.py:2: Import",
    "from time import time\ndef f() -> float:\n    return time()": "one.py:1: time is not translated",
    "import random": "one.py:1: Import",
    "def f(x: float) -> bool:\n    return x in {1.0, 2.0}": "one.py:2: Set",
    "def f(x: int) -> int:\n    return x ^ 3": "one.py:2: x is not surely a whole number from 0 to 2**32",
    "def f(x: int) -> int:\n    return x >> 3": "one.py:2: x is not surely",
    "def f(x: int) -> int:\n    return x & x": "one.py:2: & is known for a constant",
    "def f(x: int) -> int:\n    return x << 3": "one.py:2: a shift to the left",
    "BIG = 9007199254740993": "one.py:1: 9007199254740993 is no double",
    "from typing import Any\ndef f(x: Any) -> int:\n    return 1 if x else 0": "one.py:3: the truth of x (any)",
    "def f(x: float | None) -> int:\n    return 1 if x else 0": "one.py:2: the truth of x (optional)",
    "def f(x: list[int]) -> bool:\n    return x == [1]": "one.py:2: == of what is no number",
    "def f(x: list[int]) -> int:\n    return sum(x)": "one.py:2: sum in this form",
    "def f(x: list[int]) -> list[int]:\n    return sorted(x)": "one.py:2: sorted in this form",
    "def f(x: list[int]) -> int:\n    return x.pop(0)": "one.py:2: pop with an index",
    "def f(x: str) -> str:\n    return x.upper()": "one.py:2: the method upper of a str",
    "def f(x: str) -> str:\n    return x + 'a'": "one.py:2: arithmetic with a str",
    "def f(x: float) -> str:\n    return f'{x}'": "one.py:2: {x} in a text in this form",
    "def f(x: float) -> str:\n    return f'{x:.3f}'": "one.py:2: {x} in a text in this form",
    "def f(*x: int) -> int:\n    return 0": "one.py:1: * or ** among parameters",
    "def g(x: int) -> int:\n    return x\ndef f(x: list[int]) -> int:\n    return g(*x)": "one.py:4: a call with *",
    "def f(x: set[int]) -> int:\n    return 0": "one.py:1: the type set[int]",
    "def f(x: bytes) -> int:\n    return 0": "one.py:1: the type bytes",
    "def f(new: int) -> int:\n    return new": "one.py:2: new is taken in JavaScript",
    "def f(x: int) -> int:\n    for i in range(x):\n        pass\n    return i": "one.py:4: i is a loop's variable",
    "def f(x: int) -> int:\n    for i in range(x):\n        i = 3\n    return x": "one.py:2: the variable of a loop over range",
    "def f(x: int) -> int:\n    while x:\n        x -= 1\n    else:\n        x = 9\n    return x": "one.py:2: else after a loop",
    "def f(x: int) -> int:\n    a, b = x, x\n    a, b = b, a\n    return a": "one.py:3: a value that depends on the target",
    "def f(x: int) -> int:\n    y = {}\n    return x": "one.py:2: an empty dict of unknown kind",
    "def f(x: int) -> list[int]:\n    return [a * b for a in [x] for b in [x]]": "one.py:2: more than one loop",
    "class A(dict):\n    pass": "one.py:1: a class with a base",
    "class A:\n    x = 1": "one.py:2: in a class, only methods",
    "class A:\n    @property\n    def x(self) -> int:\n        return 1": "one.py:3: a decorated method",
    "class A:\n    def __init__(self) -> None:\n        self.x = 1\n    def x(self) -> int:\n        return 1": "one.py:4: A.x is a field and a method",
    "def f(x: int) -> int:\n    return unknown(x)": "one.py:2: unknown in this form",
    "def f(x: int) -> int:\n    return unknown": "one.py:2: the name unknown",
    "async def f() -> int:\n    return 1": "one.py:1: AsyncFunctionDef",
    "def f(x: int) -> int:\n    x\n    return x": "one.py:2: an expression that does nothing",
    "def f(x: int) -> int:\n    global y\n    return x": "one.py:2: Global",
    "def f(x: int) -> int:\n    match x:\n        case 1:\n            return 2\n    return x": "one.py:2: Match",
    "from typing import Any\ndef f(x: int) -> Any:\n    def g() -> Any:\n        yield x\n    return g": "one.py:3: a function inside a loop, or",
}


@pytest.mark.parametrize("source", UNKNOWN)
def test_what_is_not_known_stops_with_file_and_line_and_what_to_do(source: str) -> None:
    with pytest.raises(CannotTranslate) as raised:
        javascript(source)
    said = str(raised.value)
    assert said.startswith(UNKNOWN[source]), said
    assert len(said.splitlines()) == 1
    assert ". " in said, "it says what to do"


LINES = (
    "y += 1.0", "y **= 2.0", "x //= 2", "x |= 1", "x &= 1", "x <<= 1", "del x", "del z[0]", "z += [1]", "z *= 2",
    "y = +y", "x = ~x", "x = x @ x", "z[0], z[1] = z[1], z[0]", "z[0:1] = [1]", "*z, x = z", "y: float",
    "raise ValueError", "raise", "pass", "x = y = z", "x = y = 1", "x = 5 if y < x < y + 1 else 6", "lambda: 0",
    "print(x)", "x = z is z", "x = 'a' in z", "x = 'a' < 'b'", "y = z[x:x:2]", "y = z[-x]", "y = {x: y}", "y = {**z}",
    "y = {1: 2}", "y = b'a'", "y = 1j", "y = ...", "y = z and x", "y = x or y or z", "x = max(z)",
    "x = min(z, key=len)", "x = next(z)", "y = int('3')", "y = list(x)", "y = len(x)", "x = abs(y)",
    "for w in x: pass", "for w in range(0, x, 2): pass", "for w in enumerate(z): pass",
    "y = getattr(z, 'a', 1)", "y = (yield)", "y = isinstance(x, int)", "y = {w for w in z}",
    "y = [w async for w in z]", "y = f'{x:>3}'", "z[0] += 2", "z[-1] -= 1", "z[-1] = 4", "z[x - 3] *= 2",
    "z[0] = -x", "z.append(z.pop())", "z.insert(1, x)", "z.insert(-1, x)", "z.remove(2)", "z.extend([x, 9])", "del z[1:]",
    "z = z[1:]", "z = z[:-1]", "z = z[-2:]", "z = [w for w in z if w > 1]", "z = [w * w for w in z]",
    "z = [a - b for a, b in zip(z, z, strict=True)]", "z = [0] * x", "z = [x, *z, x]", "x = z.index(3)", "x = len(z)",
    "x = z[-1] - z[0]", "x = -x - -x * -2", "x = x - (x - 1)", "x = 7 % x", "x = -7 % x", "x = 1 << 40", "x = x % -2",
    "x = (x * 40503 + 7) & 0xFFFF", "x = (x + 4294967295 * 65537) & 0x7FFFFFFF", "x = (-x) & 0xFFFFFFFF",
    "x = ((x & 255) ^ 170) >> 1", "x = (x & 255) | 2147483648", "x = int(y * -1.5)", "x = 1 if z else 2",
    "x = 1 if not z else 2", "x = 1 if x and z else 2", "x = 1 if not (x or z) else 2", "y = max(y, x, 0.5)",
    "y = min(y, x)", "y = y / x / 2 - y * (x / 2)", "x = 0 if x is None else x", "y = x if x > 2 and y > 2 else y",
    "while x > 1: x -= 1", "for w in z: x += w", "for w in reversed(z): x = x * 10 + w", "for w in z[1:]: x -= w",
    "for i, w in enumerate(z): x += i * w", "for i in range(len(z)): x += z[i]", "for i in range(x, 0, -1): z.append(i)",
    "for a, b in zip(z, z, strict=True): x += a * b", "a, b = x, 2; x = a - b", "x, y = 4, 0.5",
)  # fmt: skip


def test_every_line_gives_what_it_gives_in_python_or_stops_with_its_number(tmp_path: Path) -> None:
    """Nothing passes unseen: no other error, no line left out, no JavaScript that does something else."""
    known = "from typing import Any\n\ndef f(x: int, y: float, z: list[int]) -> Any:\n    {}\n    return [x, y, *z]\n"
    given_ = [3, 2.75, [3, 1, 2]]
    sources = []
    for line in LINES:
        said = stops(known.format(line))
        if said is None:
            sources.append(known.format(line))
        else:
            assert said.startswith("one.py:4: "), (line, said)
    assert len(sources) > 55, "most of the lines are in forms that the model uses"
    found = in_node([javascript(one) for one in sources], [("f", given_)] * len(sources), tmp_path)
    for source, theirs in zip(sources, found, strict=True):
        assert theirs == in_python(source, "f", given_), source


def stops(source: str) -> str | None:
    """What the translator says of it, if it stops."""
    try:
        javascript(source)
    except CannotTranslate as stopped:
        return str(stopped)
    return None


@pytest.mark.lengthy
def test_a_construct_planted_in_the_model_stops_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    real = explorer_javascript._module

    def planted(name: str, javascript: str) -> Module:
        module = real(name, javascript)
        if not name.endswith(".meter"):
            return module
        text = module.text.replace("latency = self.now - message.born_s", "latency = hash(message)")
        return Module(module.name, module.path, text, javascript)

    monkeypatch.setattr(explorer_javascript, "_module", planted)
    (line,) = derived_files.problems(explorer_javascript.derived)
    where = (
        Path("mqcourse/backpressure/model/meter.py")
        .read_text(encoding="utf-8")
        .split("latency = self.now")[0]
        .count("\n")
    )
    assert line.startswith(
        f"mqcourse/backpressure/model/meter.py:{where + 1}: hash in this form is not known here"
    )
    with pytest.raises(CourseError):
        derived_files.renew(explorer_javascript.derived)


@pytest.mark.lengthy
def test_every_generated_file_says_so_and_none_is_written_by_hand() -> None:
    made = {path.name: text for path, text in explorer_javascript.derived().items()}
    assert {path.name for path in GENERATED.iterdir()} == made.keys()
    for name, text in made.items():
        assert text.startswith("// Generated from "), name
        assert "`make derived`" in text.splitlines()[0]
        assert max(len(line) for line in explorer_lines(name, text)) <= 140, name


def explorer_lines(name: str, text: str) -> list[str]:
    """The lines of the model's own modules; the bundle and what holds texts may have long ones."""
    models = {f"{one}.js" for one in explorer_javascript.TRANSLATED}
    return text.splitlines() if name in models else [""]
