import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.ignore import IgnoreTree, Patterns, parse
from tests.indexer.trees import git, repository, write


@pytest.mark.parametrize(
    ("line", "path", "folder", "expected"),
    [
        ("*.log", "a/b.log", False, True),
        ("!*.log", "a/b.log", False, False),
        ("/a", "b/a", False, None),
        ("a/", "a", False, None),
        ("a/", "b/a", True, True),
        ("a/b", "x/a/b", False, None),
        ("a/**", "a", True, None),
        ("a/**", "a/b/c", False, True),
        ("**/a/b", "x/y/a/b", False, True),
        ("a/**/b", "a/b", False, True),
        ("a/*", "a/b/c", False, None),
        ("a*b*c", "aXbYc", False, True),
        ("a*b*c", "aXbY", False, None),
        ("[!a-c]x", "dx", False, True),
        ("[!a-c]x", "bx", False, None),
        ("[[:digit:]]", "7", False, True),
        ("[/-]", "-", False, True),
        ("a[/]b", "a/b", False, None),
        ("a\\/b", "a/b", False, True),
        ("\\#a", "#a", False, True),
        ("\\!a", "!a", False, True),
        ("a\\ ", "a ", False, True),
        ("a  ", "a", False, True),
        ("# a", "# a", False, None),
        ("[a", "[a", False, None),
        ("a\\", "a\\", False, None),
        ("/", "a", True, None),
        ("", "a", False, None),
    ],
)
def test_a_line_is_read_as_git_reads_it(line: str, path: str, folder: bool, expected: bool | None) -> None:
    assert Patterns([line]).verdict(path, folder=folder) is expected


def test_the_last_line_that_speaks_of_a_path_decides() -> None:
    rules = Patterns(["*.txt", "!keep.txt", "keep.txt"])
    assert rules.verdict("keep.txt", folder=False) is True
    assert Patterns(["*.txt", "!keep.txt"]).verdict("keep.txt", folder=False) is False


def test_a_hostile_pattern_takes_no_time() -> None:
    pattern = parse("*a" * 30 + "*b")
    assert pattern is not None
    started = time.monotonic()
    assert pattern.regex.fullmatch("a" * 255) is None
    assert time.monotonic() - started < 1


def test_covering_reaches_from_a_folder_to_its_files() -> None:
    rules = Patterns(["src", "!src/gen"])
    assert [rules.cover(path) for path in ("src/a/b.py", "src/gen/b.py", "lib/b.py")] == [True, False, False]


def test_a_rule_about_all_that_is_in_a_folder_can_be_taken_out() -> None:
    rules = Patterns(["build/*", "*.log", "!build/x"]).without("build")
    assert rules.verdict("build/a", folder=False) is None
    assert rules.verdict("build/a.log", folder=False) is True
    assert rules.verdict("build/x", folder=False) is False


def test_the_deepest_file_of_rules_decides(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "*.log\n", "a/.gitignore": "!keep.log\r\n", "a/b/.gitignore": "\ufeffkeep.log\n"})
    tree = IgnoreTree(tmp_path, names=(".gitignore",))
    paths = ("keep.log", "a/keep.log", "a/b/keep.log", "a/b/other.log", "a/b/c.py")
    assert [tree.verdict(path, folder=False) for path in paths] == [True, False, True, True, None]


def test_a_file_of_rules_that_is_a_link_or_a_folder_is_none(tmp_path: Path) -> None:
    write(tmp_path, {"rules": "*.py\n", "b/.gitignore/x": ""})
    (tmp_path / ".gitignore").symlink_to("rules")
    tree = IgnoreTree(tmp_path, names=(".gitignore",))
    assert tree.verdict("a.py", folder=False) is None
    assert tree.verdict("b/a.py", folder=False) is None


GLOBS = st.text(st.sampled_from("abc*?/[]!-\\ #."), min_size=1, max_size=8)
NAMES = st.lists(st.text(st.sampled_from("abc.-! "), min_size=1, max_size=3), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(lines=st.lists(GLOBS, min_size=1, max_size=12), names=st.lists(NAMES, min_size=1, max_size=12))
def test_single_verdicts_agree_with_git(lines: list[str], names: list[list[str]]) -> None:
    paths = sorted({"/".join(parts) for parts in names if not any(set(part) <= {"."} for part in parts)})
    folders = sorted({path[:i] for path in paths for i, char in enumerate(path) if char == "/"})
    paths = [path for path in paths if path not in folders]
    with tempfile.TemporaryDirectory() as folder:
        root = repository(Path(folder))
        files: dict[str, str | bytes] = {".gitignore": "\n".join(lines), **dict.fromkeys(paths, "x")}
        write(root, files)
        expected = _verdicts_of_git(root, [*paths, *folders])
    rules = Patterns(lines)
    for path in (*paths, *folders):
        above = [path[:i] for i, char in enumerate(path) if char == "/"]
        if any(rules.verdict(each, folder=True) for each in above):
            continue  # git answers for the folder; we are not asked below it
        assert (path, rules.verdict(path, folder=path in folders)) == (path, expected.get(path))


def _verdicts_of_git(root: Path, paths: list[str]) -> dict[str, bool]:
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", "--verbose", "-z", "--stdin"],
        cwd=root,
        input="\0".join(paths).encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    fields = done.stdout.decode().split("\0")
    rows = zip(fields[0::4], fields[2::4], fields[3::4], strict=False)
    return {path: not pattern.startswith("!") for source, pattern, path in rows if source}


def test_the_comparison_with_git_can_fail(tmp_path: Path) -> None:
    root = repository(tmp_path, {".gitignore": "*.log\n!k.log\n", "a.py": "x"})
    assert git("check-ignore", "--no-index", "a.log", cwd=root) == "a.log"
    assert _verdicts_of_git(root, ["a.log", "k.log", "a.py"]) == {"a.log": True, "k.log": False}
