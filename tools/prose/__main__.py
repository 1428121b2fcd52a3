"""The prose of the course against its style.

python -m tools.prose                        what is over its baseline, one line each; exit code 1 if anything is
python -m tools.prose --all [FILE…]          every place, also what the baseline still lets pass
python -m tools.prose --counts [--against R] how often each habit occurs, by rule and by file; also at an older commit
python -m tools.prose --terms                every term of the glossary, its first use and its explanation
python -m tools.prose --link                 a {gloss} link at every first use that is not explained; read it afterwards
python -m tools.prose --minutes              the stated minutes of each page beside the measured ones
python -m tools.prose --lower                the baselines down to what is left
"""

import argparse
import subprocess
import sys
from collections import Counter

from mqcourse.errors import CourseError
from mqcourse.prose import ledger
from tools.prose import minutes, terms


def table(now: ledger.Counts, then: ledger.Counts | None) -> list[str]:
    """One line for each rule, then one for each file, with the older number first where there is one."""

    def line(name: str, old: int, new: int) -> str:
        return f"{name:44} {old:6} {new:6}" if then is not None else f"{name:44} {new:6}"

    def total(counts: ledger.Counts) -> Counter[str]:
        whole: Counter[str] = Counter()
        for one in counts.values():
            whole.update(one)
        return whole

    old, new = total(then or {}), total(now)
    lines = [line(rule, old[rule], new[rule]) for rule in sorted(old | new)]
    lines += [line("all habits", old.total(), new.total()), ""]
    for name in sorted({*now, *(then or {})}):
        before, after = sum((then or {}).get(name, {}).values()), sum(now.get(name, {}).values())
        left = ", ".join(f"{rule} {count}" for rule, count in sorted(now.get(name, {}).items()))
        lines.append(f"{line(name, before, after)}  {left}".rstrip())
    return lines


def main() -> int:
    """Check, count or lower."""
    arguments = argparse.ArgumentParser(prog="python -m tools.prose", description="The course's prose.")
    arguments.add_argument("files", nargs="*", metavar="FILE", help="with --all: only these")
    arguments.add_argument("--all", action="store_true", help="every place")
    arguments.add_argument("--counts", action="store_true", help="how often each habit occurs")
    arguments.add_argument("--against", metavar="REVISION", help="with --counts: an older commit beside it")
    arguments.add_argument("--terms", action="store_true", help="terms in reading order")
    arguments.add_argument("--link", action="store_true", help="make links of first uses that lack one")
    arguments.add_argument("--minutes", action="store_true", help="stated and measured minutes")
    arguments.add_argument("--lower", action="store_true", help="the baselines down to what is left")
    chosen = arguments.parse_args()
    try:
        if chosen.lower:
            ledger.lower()
            terms.lower()
        if chosen.minutes:
            sys.stdout.write("\n".join(minutes.lines()) + "\n")
            return 0
        if chosen.link:
            sys.stdout.write("\n".join(terms.link()) + "\n")
            return 0
        if chosen.terms:
            sys.stdout.write("\n".join(terms.lines()) + "\n")
            return 0
        if chosen.counts:
            then = ledger.counts_at(chosen.against) if chosen.against else None
            sys.stdout.write("\n".join(table(ledger.counts(), then)) + "\n")
            return 0
        if chosen.all:
            for places in ledger.found().values():
                for file, finding in places:
                    if not chosen.files or file in chosen.files:
                        sentence = " ".join(finding.sentence.split())
                        sys.stdout.write(
                            f"{file}:{finding.line}: {finding.rule}: “{finding.words}” in “{sentence}”\n"
                        )
            return 0
        found = [*ledger.problems(), *terms.problems(), *minutes.problems()]
    except CourseError as error:
        found = [str(error)]
    except subprocess.CalledProcessError as error:
        found = [f"git: {error.stderr.strip()}"]
    except ModuleNotFoundError as error:
        found = [f"{error.name} is not installed: `make check` installs it"]
    for line in found:
        sys.stderr.write(f"{line}\n")
    if not found:
        sys.stderr.write(
            "style: no habit above its baseline, no term used before it is explained, minutes as measured\n"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
