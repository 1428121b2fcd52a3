"""A digest of sources changes with what they hold and how they are named, and with nothing else."""

from pathlib import Path

from mqcourse.source_digest import digest_of


def of(folder: Path) -> str:
    return digest_of(folder.rglob("*.py"), folder)


def test_the_digest_is_of_names_and_contents_and_of_no_place_and_no_order(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "a.py").write_text("x")
        (tmp_path / name / "deep" / "b.py").write_text("y")
    one, two = tmp_path / "one", tmp_path / "two"
    assert of(one) == of(two) == digest_of([two / "deep" / "b.py", two / "a.py"], two)


def test_each_change_of_a_file_changes_the_digest(tmp_path: Path) -> None:
    first, second = tmp_path / "a.py", tmp_path / "b.py"
    first.write_text("x")
    seen = [of(tmp_path)]
    for change in (
        lambda: first.write_text("xx"),
        lambda: second.write_text(""),
        lambda: second.rename(tmp_path / "c.py"),
        # what one file loses another one gains
        lambda: (first.write_text("x"), (tmp_path / "c.py").write_text("x")),
    ):
        change()
        seen.append(of(tmp_path))
    assert len(set(seen)) == len(seen)
