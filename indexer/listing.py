"""Every entry of a folder that git's rules leave over, before anything of ours judges it.

Inside a work tree git lists; in a plain folder, or where git cannot, we walk and read the rules ourselves.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from indexer import git
from indexer.ignore import IgnoreTree, read_lines
from indexer.repository import locate
from indexer.unwanted import Reason

VERSION_CONTROL: Final = frozenset({".git", ".hg", ".svn", ".bzr", ".jj", "CVS"})
"""Names of what version control keeps for itself."""

_PLACEHOLDERS: Final = frozenset({".gitignore", ".gitkeep", ".keep"})  # keep an otherwise empty folder in git
_LISTING_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, or a folder that was not entered. Positional and plain: a walk makes thousands."""

    path: str  # relative to the root, "/" between parts, bytes that are not UTF-8 as surrogates
    info: os.stat_result | None  # of the file; None where `reason` is set
    reason: Reason | None = None


Blocked = Callable[[str], bool]
"""Tells that a folder is not to be entered; the walk reports it."""


def entries(root: Path, *, blocked: Blocked, explain: bool = False) -> Iterator[Entry]:
    """List what is in a folder, in no order. With `explain`, folders and files that git ignores too.

    A folder that git ignores, or whose content it ignores to the last file, was named by the user: it is
    walked as a plain folder, and only the rules that stand in it apply.
    """
    listed = _listing(root, blocked, explain)
    yield from _by_hand(root, "", blocked, explain) if listed is None else listed


def entry_of(root: Path, path: str) -> Entry:
    """Look at one file, without following a link."""
    try:
        info = os.lstat(os.path.join(root, path))
    except (FileNotFoundError, NotADirectoryError):
        return Entry(path, None, Reason.VANISHED)
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return Entry(path, None, Reason.UNREADABLE)
    if stat.S_ISLNK(info.st_mode):
        return Entry(path, None, Reason.SYMLINK)
    return Entry(path, info) if stat.S_ISREG(info.st_mode) else Entry(path, None, Reason.SPECIAL)


def ignored(root: Path, paths: Iterable[str]) -> set[str]:
    """Return those of some paths in a folder, there or gone, that git's rules keep from being listed.

    A tracked file is never among them. The rules are those that `entries` goes by, which are read by hand where it
    walks by hand.
    """
    if not _git_lists(root):
        return _ignored_by_hand(root, paths)
    trees: dict[str, list[str]] = {}
    for path in paths:
        trees.setdefault(_work_tree(root, path), []).append(path)
    found: set[str] = set()
    for tree, inside in trees.items():
        if not tree or _is_submodule(root, tree):
            found |= _ignored_by_git(root, tree, inside)
        else:  # another repository
            found.update(inside)
    return found


# -- git lists ------------------------------------------------------------------------------------------


def _listing(root: Path, blocked: Blocked, explain: bool) -> list[Entry] | None:
    """Return what git lists in a folder; None where it does not answer, or ignores the folder or all that is in it."""
    place = locate(root)
    if place.toplevel is None or place.ignored:
        return None
    listed = _by_git(root, "", blocked, explain)
    if listed is None or not place.prefix:
        return listed
    held = (entry.path.rpartition("/")[2] for entry in listed if entry.info is not None)
    return listed if any(name not in _PLACEHOLDERS for name in held) else None


def _git_lists(root: Path) -> bool:
    """Tell whether `_listing` is git's, without listing where the folder alone decides it."""
    place = locate(root)
    if place.toplevel is None or place.ignored:
        return False
    return not place.prefix or _listing(root, lambda _: False, explain=False) is not None


def _by_git(root: Path, inner: str, blocked: Blocked, explain: bool) -> list[Entry] | None:
    """Ask git about the work tree at `root`/`inner`; None where it does not answer."""
    folder = root / inner
    wanted = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    answer = git.run(*wanted, cwd=folder, timeout=_LISTING_SECONDS)
    if not answer.ok:
        return None
    before = f"{inner}/" if inner else ""
    found: list[Entry] = [Entry(before + path, None, Reason.UNREADABLE) for path in _closed(answer.err)]
    real: dict[str, bool] = {}
    for path in dict.fromkeys(_names(answer.out)):  # an unmerged file is listed once a side
        full = before + path
        if full.endswith("/"):
            found.append(Entry(full[:-1], None, Reason.NESTED))
        elif not _is_real(root, full.rpartition("/")[0], real):
            found.append(Entry(full, None, Reason.SYMLINK))
        else:
            found += _listed(root, full, blocked, explain)
    if explain:
        hidden = ("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
        for path in _names(git.run(*hidden, cwd=folder, timeout=_LISTING_SECONDS).out):
            found.append(Entry((before + path).rstrip("/"), None, Reason.IGNORED))
    return found


def _listed(root: Path, path: str, blocked: Blocked, explain: bool) -> list[Entry]:
    entry = entry_of(root, path)
    if entry.reason is not Reason.SPECIAL or not os.path.isdir(root / path):
        return [entry]
    if blocked(path):  # a submodule, or a file that became a folder since it was committed
        return [Entry(path, None)]
    if not os.path.exists(root / path / ".git"):
        return [Entry(path, None, Reason.SUBMODULE)]
    inside = _by_git(root, path, blocked, explain)
    return inside if inside is not None else list(_by_hand(root, path, blocked, explain))


def _names(out: bytes) -> list[str]:
    return [os.fsdecode(name) for name in out.split(b"\0") if name]


def _closed(err: str) -> list[str]:
    """The folders that git could not open, from its warnings; it lists the rest and exits with 0."""
    start, end = "warning: could not open directory '", "/': "
    lines = [line.removeprefix(start) for line in err.splitlines() if line.startswith(start)]
    return [line.rpartition(end)[0] for line in lines if end in line]


def _is_real(root: Path, folder: str, known: dict[str, bool]) -> bool:
    """Tell whether no part of a folder's path became a link, which could lead out of the root."""
    missing: list[str] = []
    while folder and folder not in known:
        missing.append(folder)
        folder = folder.rpartition("/")[0]
    real = known.get(folder, True)
    for part in reversed(missing):
        real = known[part] = real and not os.path.islink(os.path.join(root, part))
    return real


def _ignored_by_git(root: Path, tree: str, paths: Iterable[str]) -> set[str]:
    before = f"{tree}/" if tree else ""
    given = b"".join(os.fsencode(path.removeprefix(before)) + b"\0" for path in paths)
    answer = git.run("check-ignore", "-z", "--stdin", cwd=root / tree, given=given, timeout=_LISTING_SECONDS)
    return {before + name for name in _names(answer.out)}


def _work_tree(root: Path, path: str) -> str:
    """Return the innermost folder above a path that has a `.git`, below the root; empty for the root's own tree."""
    folder = path.rpartition("/")[0]
    while folder and not os.path.exists(root / folder / ".git"):
        folder = folder.rpartition("/")[0]
    return folder


def _is_submodule(root: Path, folder: str) -> bool:
    outer = _work_tree(root, folder)
    inner = folder.removeprefix(f"{outer}/") if outer else folder
    answer = git.run("ls-files", "-z", "--stage", "--", f":(literal){inner}", cwd=root / outer)
    return answer.out.startswith(b"160000 ")  # the mode of a commit of another repository


# -- we walk --------------------------------------------------------------------------------------------


def _by_hand(root: Path, inner: str, blocked: Blocked, explain: bool) -> Iterator[Entry]:
    """Walk `root`/`inner` without git, honouring the `.gitignore` and `.git/info/exclude` files in it."""
    top = root / inner
    rules = _rules_by_hand(top)
    before = f"{inner}/" if inner else ""
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(top / folder) as scanned:
                items = list(scanned)
        except OSError as error:
            gone = isinstance(error, FileNotFoundError | NotADirectoryError)
            yield Entry(before + folder, None, Reason.VANISHED if gone else Reason.UNREADABLE)
            continue
        for item in items:
            if item.name in VERSION_CONTROL:
                continue
            path = f"{folder}/{item.name}" if folder else item.name
            is_folder = _is_folder(item)
            if rules.verdict(path, folder=is_folder):
                if explain:
                    yield Entry(before + path, None, Reason.IGNORED)
            elif not is_folder:
                yield entry_of(root, before + path)
            elif blocked(before + path):
                yield Entry(before + path, None)
            else:
                folders.append(path)


def _rules_by_hand(top: Path) -> IgnoreTree:
    return IgnoreTree(top, names=(".git/info/exclude", ".gitignore"), skip_top=_ignores_itself(top))


def _ignored_by_hand(root: Path, paths: Iterable[str]) -> set[str]:
    rules = _rules_by_hand(root)

    def is_ignored(path: str) -> bool:
        parts = path.split("/")
        above = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
        return any(rules.verdict(folder, folder=True) for folder in above) or bool(
            rules.verdict(path, folder=os.path.isdir(root / path))
        )

    return set(filter(is_ignored, paths))


def _is_folder(item: "os.DirEntry[str]") -> bool:
    try:
        return item.is_dir(follow_symlinks=False)
    except OSError:  # the kind was not in the listing, and the file is gone or closed to us
        return False


def _ignores_itself(folder: Path) -> bool:
    """Tell whether a folder's own rules are one that ignores all of it, as tools write into their caches.

    They say "ignore me" to git; the folder was named, so they say nothing to us. A repository that ignores all
    but what it tracks means it.
    """
    if os.path.exists(folder / ".git"):
        return False
    lines = [line.strip() for line in read_lines(os.path.join(folder, ".gitignore"))]
    return {line for line in lines if line and not line.startswith("#")} in ({"*"}, {"**"}, {"/*"})
