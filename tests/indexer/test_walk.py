import os
import random
import socket
import tempfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import DocumentError
from indexer.types import Skipped
from indexer.unwanted import Reason
from indexer.walk import Found, WalkRules, digest, read, summary, walk
from tests.indexer.trees import ALONE, found, git, repository, skipped, states, unprivileged, write


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in ALONE.items():
        monkeypatch.setenv(key, value)


TREE: dict[str, str | bytes] = {
    ".gitignore": "*.log\nbuild/\n!keep.log\n",
    "a.py": "a = 1\n",
    "a.log": "noise\n",
    "keep.log": "signal\n",
    "build/b.py": "b = 1\n",
    "src/.gitignore": "/gen.py\nsecretless\n",
    "src/gen.py": "g = 1\n",
    "src/c.py": "c = 1\n",
    "src/deep/gen.py": "g = 2\n",
}
WANTED = [".gitignore", "a.py", "keep.log", "src/.gitignore", "src/c.py", "src/deep/gen.py"]


# -- as git would ---------------------------------------------------------------------------------------


def test_a_plain_folder_is_walked_by_its_ignore_files(tmp_path: Path) -> None:
    assert found(write(tmp_path, TREE)) == WANTED


def test_a_repository_gives_untracked_files_that_are_not_ignored(tmp_path: Path) -> None:
    assert found(repository(tmp_path, TREE, commit=False)) == WANTED


def test_a_repository_gives_tracked_files_though_a_rule_ignores_them(tmp_path: Path) -> None:
    root = repository(tmp_path, TREE)
    git("add", "--force", "a.log", cwd=root)
    assert found(root) == sorted([*WANTED, "a.log"])


def test_a_tracked_file_that_is_deleted_is_skipped(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.py": "a\n", "b.py": "b\n"})
    (root / "a.py").unlink()
    assert (found(root), skipped(root)) == (["b.py"], {"a.py": "not on disk"})


def test_a_folder_of_a_repository_keeps_the_rules_from_above(tmp_path: Path) -> None:
    root = repository(tmp_path, TREE)
    write(root, {"src/x.log": "noise\n"})
    assert found(root / "src") == [".gitignore", "c.py", "deep/gen.py"]


def test_without_git_a_repository_is_walked_by_the_same_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "api", TREE, commit=False)
    write(root, {".git/info/exclude": "local.py\n", "local.py": "l\n"})
    with_git = found(root)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert found(root) == with_git == WANTED


def test_the_order_is_that_of_path_parts_with_and_without_git(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = dict.fromkeys(["a-b/x.py", "a/x.py", "a.py", "B/x.py", "a/b/c.py"], "x\n")
    expected = ["B/x.py", "a/b/c.py", "a/x.py", "a-b/x.py", "a.py"]
    assert found(write(tmp_path / "plain", files)) == expected
    assert found(repository(tmp_path / "git", files)) == expected


def test_conflicted_files_are_found_once(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.py": "a = 1\n"})
    git("checkout", "--quiet", "-b", "other", cwd=root)
    write(root, {"a.py": "a = 2\n"})
    git("commit", "--quiet", "-am", "two", cwd=root)
    git("checkout", "--quiet", "main", cwd=root)
    write(root, {"a.py": "a = 3\n"})
    git("commit", "--quiet", "-am", "three", cwd=root)
    with pytest.raises(AssertionError):
        git("merge", "other", cwd=root)
    assert found(root) == ["a.py"]


def test_a_submodule_is_entered_where_it_is_checked_out(tmp_path: Path) -> None:
    library = repository(tmp_path / "library", {".gitignore": "*.tmp\n", "lib.py": "l = 1\n"})
    root = repository(tmp_path / "api", {"a.py": "a = 1\n"})
    for name in ("lib", "gone"):
        git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), name, cwd=root)
    git("submodule", "--quiet", "deinit", "--force", "gone", cwd=root)
    write(root, {"lib/x.tmp": "noise\n", "lib/new.py": "n = 1\n"})
    assert found(root) == [".gitmodules", "a.py", "lib/.gitignore", "lib/lib.py", "lib/new.py"]
    assert skipped(root) == {"gone": Reason.SUBMODULE}


def test_another_repository_inside_is_left_out_as_git_does(tmp_path: Path) -> None:
    root = repository(tmp_path / "api", {"a.py": "a = 1\n"})
    repository(root / "inner", {"b.py": "b = 1\n"})
    assert (found(root), skipped(root)) == (["a.py"], {"inner": Reason.NESTED})


def test_a_plain_folder_of_repositories_is_walked_whole_and_git_data_is_never_shown(tmp_path: Path) -> None:
    repository(tmp_path / "one", {".gitignore": "*.tmp\n", "a.py": "a\n"})
    repository(tmp_path / "two", {"b.tmp": "b\n"})
    write(tmp_path, {"one/x.tmp": "x\n", ".hg/store": "x\n", ".svn/entries": "x\n"})
    assert found(tmp_path) == ["one/.gitignore", "one/a.py", "two/b.tmp"]
    assert skipped(tmp_path, explain=True) == {"one/x.tmp": Reason.IGNORED}


@pytest.mark.parametrize("make", [write, lambda root, files: repository(root, files, commit=False)])
def test_what_git_ignores_is_explained_when_asked(make: object, tmp_path: Path) -> None:
    assert callable(make)
    root = make(tmp_path, TREE)
    assert skipped(root) == {}
    ignored = {"a.log": Reason.IGNORED, "build": Reason.IGNORED, "src/gen.py": Reason.IGNORED}
    assert skipped(root, explain=True) == ignored


# -- named paths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["build/", "build", "/build/*", "build/**", "*"])
def test_a_named_folder_is_indexed_whatever_rules_say_of_it(rule: str, tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.py": "a = 1\n"})
    write(root, {".gitignore": f"{rule}\n", "build/b.py": "b = 1\n", "build/out/c.py": "c = 1\n"})
    write(root, {"build/.gitignore": "d.py\n", "build/d.py": "d = 1\n"})
    assert found(root / "build") == [".gitignore", "b.py", "out/c.py"]
    assert found(root / "build" / "out") == ["c.py"]
    assert "build/b.py" not in found(root)


def test_a_named_folder_is_indexed_though_it_is_vendored(tmp_path: Path) -> None:
    root = write(tmp_path, {"node_modules/foo/index.js": "x = 1\n", "node_modules/foo/node_modules/bar/b.js": "b\n"})
    assert found(root / "node_modules" / "foo") == ["index.js"]
    assert found(root / "node_modules") == ["foo/index.js"]


@pytest.mark.parametrize("tracked", [True, False])
def test_a_named_folder_with_a_rule_against_all_of_itself_is_indexed(tracked: bool, tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.py": "a\n"}) if tracked else tmp_path
    write(root, {"cache/.gitignore": "# by a tool\n*\n", "cache/x.md": "x\n"})
    assert found(root / "cache") == [".gitignore", "x.md"]


def test_a_repository_that_ignores_all_but_a_few_files_stays_as_it_is(tmp_path: Path) -> None:
    root = repository(tmp_path, {".gitignore": "*\n!*/\n!*.py\n", "a.py": "a\n", "b.txt": "b\n", "src/c.py": "c\n"})
    assert found(root) == ["a.py", "src/c.py"]
    write(root, {"src/d.txt": "d\n"})
    assert found(root / "src") == ["c.py"]


def test_named_files_and_folders_join_the_whole(tmp_path: Path) -> None:
    root = repository(tmp_path, TREE)
    assert found(root, "build", "a.log") == sorted([*WANTED, "a.log", "build/b.py"])
    assert "build" not in skipped(root, "build", "a.log", explain=True)


def test_only_what_is_named_is_looked_at_without_the_whole(tmp_path: Path) -> None:
    root = repository(tmp_path, TREE)
    assert found(root, "a.log", "src/deep", whole=False) == ["a.log", "src/deep/gen.py"]


def test_a_named_file_is_taken_though_it_is_generated_locked_large_or_minified(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "vendor/m.go": "// Code generated by x. DO NOT EDIT.\n",
        "yarn.lock": "a\n",
        "big.py": "x = 1\n" * 300_000,
        "app.min.js": "x\n",
        "django.po": "msgid\n",
        "big.csv": "1,2\n" * 100_000,
    }
    root = write(tmp_path, files)
    assert found(root) == []
    assert found(root, *files, whole=False) == sorted(files)


def test_a_named_file_obeys_the_options_of_the_same_command(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": "a\n", "b.c": "b\n"})
    assert found(root, "a.py", "b.c", whole=False, rules=WalkRules(exclude=("*.c",))) == ["a.py"]


# -- our own rules and options --------------------------------------------------------------------------


@pytest.mark.parametrize("git_too", [True, False])
def test_own_rules_take_files_away_at_any_level(git_too: bool, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        ".gtesearchignore": "*.txt\n/data/\n",
        "a.txt": "a\n",
        "data/b.py": "b\n",
        "src/.gtesearchignore": "!c.txt\n",
        "src/c.txt": "c\n",
        "src/data/d.py": "d\n",
    }
    root = repository(tmp_path, files) if git_too else write(tmp_path, files)
    assert found(root) == [".gtesearchignore", "src/.gtesearchignore", "src/c.txt", "src/data/d.py"]
    assert skipped(root) == {"a.txt": Reason.OWN_RULES, "data": Reason.OWN_RULES}


def test_own_rules_of_a_repository_hold_for_its_named_folders_but_not_against_them(tmp_path: Path) -> None:
    root = repository(tmp_path, {".gtesearchignore": "*.txt\nsrc/\nlib/*\n", "src/a.txt": "a\n", "src/b.py": "b\n"})
    write(root, {"lib/c.py": "c\n", "lib/d.txt": "d\n"})
    assert found(root) == [".gtesearchignore"]
    assert found(root / "src") == ["b.py"]
    assert found(root / "lib") == ["c.py"]
    assert found(root, "src", "lib") == [".gtesearchignore", "lib/c.py", "src/b.py"]


def test_own_rules_want_back_what_is_vendored_or_generated_but_no_secret(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            ".gtesearchignore": "!vendor/\nvendor/*\n!vendor/ours/\n!*_pb2.py\n!.env\n",
            "vendor/ours/a.py": "a\n",
            "vendor/theirs/b.py": "b\n",
            "x_pb2.py": "x\n",
            ".env": "PASSWORD=x\n",
        },
    )
    assert found(root) == [".gtesearchignore", "vendor/ours/a.py", "x_pb2.py"]
    assert skipped(root) == {".env": Reason.SECRET, "vendor/theirs": Reason.OWN_RULES}


def test_include_and_exclude_are_globs_against_the_path(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": "a\n", "b.md": "b\n", "src/c.py": "c\n", "docs/d.md": "d\n", "docs/e/f.md": "f\n"})
    assert found(root, rules=WalkRules(include=("*.py",))) == ["a.py", "src/c.py"]
    assert found(root, rules=WalkRules(include=("./docs", "/a.py"), exclude=("docs/e/",))) == ["a.py", "docs/d.md"]
    assert skipped(root, rules=WalkRules(include=("docs/",), exclude=("docs/e",))) == {
        "a.py": Reason.NOT_INCLUDED,
        "b.md": Reason.NOT_INCLUDED,
        "docs/e": Reason.EXCLUDED,
        "src/c.py": Reason.NOT_INCLUDED,
    }


# -- what is left out, and why --------------------------------------------------------------------------


def test_each_kind_of_unwanted_file_has_its_reason(tmp_path: Path) -> None:
    files: dict[str, tuple[str | bytes, Reason]] = {
        ".env": ("A=1\n", Reason.SECRET),
        "deploy/id_rsa": ("x\n", Reason.SECRET),
        "key.txt": ("-----BEGIN RSA PRIVATE KEY-----\nx\n", Reason.SECRET),
        "big.py": ("x = 1\n" * 200_000, Reason.TOO_LARGE),
        "big.csv": ("1,2\n" * 70_000, Reason.DATA),
        "logo.png": ("not even one", Reason.BINARY),
        "program": (b"\x7fELF\0\0\0", Reason.BINARY),
        "app.min.js": ("x\n", Reason.MINIFIED),
        "bundle.js": ("var a=1;" * 1000, Reason.MINIFIED),
        "one-line.json": ('{"a": [' + "1, " * 5000 + "1]}", Reason.MINIFIED),
        "x_pb2.py": ("x\n", Reason.GENERATED),
        "stringer.go": ("// Code generated by stringer; DO NOT EDIT.\n", Reason.GENERATED),
        "Cargo.lock": ("x\n", Reason.LOCK),
        "django.po": ("msgid\n", Reason.TRANSLATION),
        "big.bin.txt": ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", Reason.LFS),
        "__init__.py": ("", Reason.EMPTY),
    }
    write(tmp_path, {path: content for path, (content, _) in files.items()} | {"a.py": "a = 1\n"})
    assert found(tmp_path) == ["a.py"]
    assert skipped(tmp_path) == {path: reason for path, (_, reason) in files.items()}


@pytest.mark.parametrize("git_too", [True, False])
def test_a_folder_that_is_left_out_is_one_line(git_too: bool, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.py": "a\n",
        "web/node_modules/x/a.js": "a\n",
        "web/node_modules/y/b.js": "b\n",
        "env/pyvenv.cfg": "home = /usr\n",
        "env/lib/c.py": "c\n",
        "x.egg-info/SOURCES.txt": "a\n",
    }
    root = repository(tmp_path, files) if git_too else write(tmp_path, files)
    assert found(root) == ["a.py"]
    assert skipped(root) == {
        "env": Reason.VENDORED,
        "web/node_modules": Reason.VENDORED,
        "x.egg-info": Reason.GENERATED,
    }


def test_secrets_are_recognised_by_the_folder_above_the_root(tmp_path: Path) -> None:
    root = write(tmp_path / ".ssh", {"config": "Host x\n"})
    assert (found(root), skipped(root)) == ([], {"config": Reason.SECRET})
    assert found(root, "config", whole=False) == []


@pytest.mark.parametrize("git_too", [True, False])
def test_links_are_never_followed(git_too: bool, tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"o.py": "o\n"})
    root = repository(tmp_path / "root") if git_too else tmp_path / "root"
    write(root, {"src/a.py": "a\n"})
    (root / "loop").symlink_to(".")
    (root / "src" / "up").symlink_to("..")
    (root / "out").symlink_to(outside)
    (root / "out.py").symlink_to(outside / "o.py")
    (root / "in.py").symlink_to("src/a.py")
    (root / "dangling").symlink_to("nowhere")
    assert found(root) == ["src/a.py"]
    links = ("dangling", "in.py", "loop", "out", "out.py", "src/up")
    assert skipped(root) == dict.fromkeys(links, Reason.SYMLINK)


def test_a_tracked_folder_that_became_a_link_does_not_lead_out(tmp_path: Path) -> None:
    write(tmp_path / "outside", {"a.py": "theirs\n"})
    root = repository(tmp_path / "root", {"src/a.py": "ours\n", "b.py": "b\n"})
    (root / "src" / "a.py").unlink()
    (root / "src").rmdir()
    (root / "src").symlink_to(tmp_path / "outside")
    assert found(root) == ["b.py"]
    assert skipped(root)["src/a.py"] == Reason.SYMLINK


def test_pipes_and_sockets_are_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "a\n"})
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        assert found(tmp_path) == ["a.py"]
        assert skipped(tmp_path) == {"pipe": Reason.SPECIAL, "s": Reason.SPECIAL}


@pytest.mark.parametrize("git_too", [True, False])
def test_a_name_that_is_not_utf8_is_skipped_printably(git_too: bool, tmp_path: Path) -> None:
    root = repository(tmp_path) if git_too else tmp_path
    try:
        write(root, {os.fsdecode(b"caf\xe9.py"): "x\n", "a.py": "a\n"})
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert found(root) == ["a.py"]
    assert skipped(root) == {"caf\\xe9.py": Reason.NAME}


def test_names_with_spaces_quotes_and_line_ends_are_found(tmp_path: Path) -> None:
    names = ["a b.py", 'q"uote.py', "line\nend.py", "日本語.py", "-rf.py", "*.py", ":(top)x.py"]
    files: dict[str, str | bytes] = dict.fromkeys(names, "x\n")
    assert found(repository(tmp_path / "git", files)) == sorted(names)
    assert found(write(tmp_path / "plain", files)) == sorted(names)


@pytest.mark.parametrize("git_too", [True, False])
def test_what_may_not_be_read_is_reported_and_the_rest_found(git_too: bool) -> None:
    with unprivileged() as folder:
        root = repository(folder) if git_too else folder
        write(root, {"a.py": "a\n", "closed.py": "b\n", "closed/c.py": "c\n", "z.py": "z\n"})
        (root / "closed.py").chmod(0)
        (root / "closed").chmod(0)
        assert found(root) == ["a.py", "z.py"]
        assert skipped(root) == {"closed": Reason.UNREADABLE, "closed.py": Reason.UNREADABLE}


def test_a_file_deleted_during_the_walk_is_skipped(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "a\n", "b.py": "b\n", "c.py": "c\n"})
    entries = walk(tmp_path)
    assert isinstance(next(entries), Found)
    (tmp_path / "b.py").unlink()
    rest = list(entries)
    assert rest[0] == Skipped(path=PurePosixPath("b.py"), reason="not on disk")
    assert isinstance(rest[1], Found)


def test_an_empty_folder_and_an_empty_repository_give_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert list(walk(tmp_path / "empty")) == []
    assert list(walk(repository(tmp_path / "git"))) == []


def test_a_tree_deeper_than_pythons_stack_is_walked(tmp_path: Path) -> None:
    folders = [f"{tmp_path}{'/d' * depth}" for depth in range(1, 1101)]
    for folder in folders:
        os.mkdir(folder)
    Path(folders[-1], "a.py").write_text("a\n")
    try:
        assert found(tmp_path) == ["d/" * 1100 + "a.py"]
        repository(tmp_path)
        assert found(tmp_path) == ["d/" * 1100 + "a.py"]
    finally:  # what cleans up after the tests would overflow the stack
        os.unlink(f"{folders[-1]}/a.py")
        for folder in reversed(folders):
            os.rmdir(folder)


def test_reasons_are_counted(tmp_path: Path) -> None:
    write(tmp_path, {"a.png": "x", "b.png": "x", ".env": "x"})
    left_out = [entry for entry in walk(tmp_path) if isinstance(entry, Skipped)]
    assert summary(left_out) == {"binary": 2, "secret": 1}


# -- reading --------------------------------------------------------------------------------------------


def test_a_file_with_its_known_size_and_time_is_not_opened(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "a = 1\n", "b.py": "b = 1\n"})
    known = states(walk(tmp_path))
    (tmp_path / "a.py").write_bytes(b"a \0 1\n")  # binary now: seen only by opening it
    state = known[PurePosixPath("a.py")]
    os.utime(tmp_path / "a.py", ns=(0, state.mtime_ns))
    again = [entry for entry in walk(tmp_path, known=known) if isinstance(entry, Found)]
    assert [(str(entry.path), entry.unchanged) for entry in again] == [("a.py", True), ("b.py", True)]
    os.utime(tmp_path / "a.py", ns=(0, state.mtime_ns + 1))
    assert [str(entry.path) for entry in walk(tmp_path, known=known) if isinstance(entry, Found)] == ["b.py"]


def test_reading_gives_the_content_and_its_digest(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": b"a = 1\r\n\xff"})
    (entry,) = walk(tmp_path)
    assert isinstance(entry, Found)
    assert (entry.size, entry.absolute, entry.unchanged) == (8, tmp_path / "a.py", False)
    assert read(entry) == b"a = 1\r\n\xff"
    assert digest(read(entry)) == digest(b"a = 1\r\n\xff")
    assert digest(b"") != digest(b"a")
    assert len(digest(b"a")) == 16


def test_reading_says_what_became_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(["gone.py", "grown.py", "folder.py", "link.py", "pipe.py"], "x\n"))
    entries = {str(entry.path): entry for entry in walk(tmp_path) if isinstance(entry, Found)}
    for name in ("gone.py", "folder.py", "link.py", "pipe.py"):
        (tmp_path / name).unlink()
    write(tmp_path, {"grown.py": "x\n" * (1 << 20)})
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "link.py").symlink_to("grown.py")
    os.mkfifo(tmp_path / "pipe.py")
    expected = {
        "gone.py": "deleted while indexing",
        "grown.py": r"grew past 1,048,576 bytes",
        "folder.py": "cannot be read: Is a directory",
        "link.py": "cannot be read: Too many levels of symbolic links",
        "pipe.py": "replaced by something that is not a file",
    }
    for name, message in expected.items():
        with pytest.raises(DocumentError, match=message):
            read(entries[name])


# -- the law --------------------------------------------------------------------------------------------

RULES = st.sampled_from(
    [
        *("*", "!*", "*/", "!*/", "a", "!a", "a/", "!a/", "/a", "!/a/", "b/", "*.py", "!*.py", "a/*", "!a/*", "a/b"),
        *("!a/b/", "a/**", "!a/**", "**/b", "!**/b", "**/a/b", "a/**/b", "/*", "!/b", "[ab]", "!?.py", "b.*", "# a"),
    ]
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    top=st.lists(RULES, max_size=6),
    inner=st.lists(RULES, max_size=4),
    exclude=st.lists(RULES, max_size=2),
    seed=st.integers(0, 2**16),
)
def test_our_own_walk_finds_what_git_finds(top: list[str], inner: list[str], exclude: list[str], seed: int) -> None:
    rng = random.Random(seed)
    names = ("a", "b", "a.py", "b.py")
    paths = {"/".join(rng.choice(names[:2]) for _ in range(rng.randint(0, 3))) for _ in range(6)}
    files: dict[str, str | bytes] = {f"{path}/{rng.choice(names[2:])}".lstrip("/"): "x\n" for path in sorted(paths)}
    files |= {".gitignore": "\n".join(top) + "\n", "a/.gitignore": "\n".join(inner) + "\n"}
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for key, value in ALONE.items():
            patch.setenv(key, value)
        root = repository(Path(folder) / "r", files, commit=False)
        write(root, {".git/info/exclude": "\n".join(exclude) + "\n"})
        with_git = found(root)
        patch.setenv("PATH", folder)
        assert found(root) == with_git
