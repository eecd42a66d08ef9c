"""Which files of a folder belong in an index, and why the others do not."""

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from indexer import unwanted
from indexer.errors import DocumentError
from indexer.ignore import IgnoreTree, Patterns
from indexer.listing import VERSION_CONTROL, Entry, entries, entry_of, ignored
from indexer.repository import locate
from indexer.secret import is_secret_content, is_secret_name
from indexer.settings import PROJECT_FILE
from indexer.types import FileState, Skipped
from indexer.unwanted import DOCUMENTS, HEAD_BYTES, LIFTED, Reason, suffix_of

OWN_RULES: Final = ".gtesearchignore"
RULES: Final = frozenset({".gitignore", OWN_RULES, PROJECT_FILE})
"""Names of files that say what belongs in an index."""
ENVIRONMENT: Final = "pyvenv.cfg"  # makes the folder that it is in a virtual environment, left out as a whole


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkRules:
    """What the user allows. Globs are in the syntax of `.gitignore`, against the path in the root."""

    max_bytes: int = 1 << 20  # of source and text
    max_document_bytes: int = 64 << 20  # of PDF, DOCX, PPTX, EPUB and notebooks, and of a text named by itself
    max_data_bytes: int = 256 << 10  # of CSV, JSON, logs and the like
    include: tuple[str, ...] = ()  # empty: all
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file that belongs in the index."""

    path: PurePosixPath  # relative to the root
    absolute: Path
    size: int  # bytes
    mtime_ns: int
    unchanged: bool  # size and time are those of the known state; it was not opened
    limit: int  # bytes that `read` accepts, should the file grow


def walk(
    root: Path,
    *,
    rules: WalkRules = WalkRules(),
    named: Sequence[PurePosixPath] = (),
    whole: bool = True,
    known: Mapping[PurePosixPath, FileState] | None = None,
    explain: bool = False,
) -> Iterator[Found | Skipped]:
    """Yield the files of a folder and what is left out of it, sorted by path.

    Finds what git would: tracked files and untracked ones that no rule ignores, in a plain folder by the same
    rules. `.gtesearchignore` (at any level) takes more away; its `!` rules want back what is left out as
    vendored, generated, minified, locked or data, never what git ignores. A folder that is left out is one
    Skipped. What git ignores is reported with `explain` only, at the price of a second listing.

    `named` files and folders, relative to the root, are found whatever ignore rules say of them or of the folders
    above; without `whole` they are all that is looked at. A file whose size and time are those of its state in
    `known` is yielded without being opened. Secrets are never yielded. Nothing is raised for a file.
    """
    root = root.resolve()
    judge = _Judge(root, rules, (path.as_posix() for path in named), known or {})
    entered: dict[str, tuple[Entry, str]] = {}  # path to the entry and the named path that it was found under
    for base in ("", *judge.named) if whole else judge.named:
        for entry in _under(root, base, judge, explain):
            earlier = entered.get(entry.path)
            if not base and entry.info is None and entry.path in judge.named:
                continue  # left out by a rule, and entered below because it was named
            if earlier is None or earlier[0].info is None or entry.info is not None:
                entered[entry.path] = (entry, base)
    reported: set[str] = set()
    for path in sorted(entered, key=lambda path: path.split("/")):
        entry, base = entered[path]
        result = judge.result(entry, base)
        if isinstance(result, Skipped):
            where = str(result.path)
            if where in reported:
                continue
            reported.add(where)
        yield result


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What some changed paths mean for an index."""

    due: tuple[str, ...]  # a walk of the whole folder would tell them otherwise than `known` does
    hidden: frozenset[str]  # of the others and the folders above them: what rules hide, with nothing known in it


def touched(root: Path, paths: Iterable[str], *, rules: WalkRules, known: Mapping[PurePosixPath, FileState]) -> Touched:
    """Judge paths that changed, relative to the root, "/" between their parts, of files or folders, there or gone.

    A path too many may be due, such as that of a new folder with nothing in it. Not seen are rules outside the folder
    and those that version control keeps for itself (`.git/info/exclude`). What is hidden stays so until a rule
    changes, or git comes to track something in it.
    """
    root = root.resolve()
    judge = _Judge(root, rules, (), known)
    folders = {str(folder) for path in known for folder in path.parents}
    verdicts = {path: judge.touched(path, folders) for path in paths}
    new = [path for path, verdict in verdicts.items() if verdict is None]
    above = {folder for path in new for folder in _above(path) if folder not in folders}
    by_git = ignored(root, [*new, *above]) if new else set()
    due = [path for path, verdict in verdicts.items() if verdict or (verdict is None and path not in by_git)]
    left_out = {found[0] for path in verdicts if (found := judge.folder(path.rpartition("/")[0], ""))}
    return Touched(due=tuple(due), hidden=frozenset((left_out | by_git) - folders - set(due)))


def _above(path: str) -> Iterator[str]:
    """Yield the folders above a path, the innermost first."""
    while path := path.rpartition("/")[0]:
        yield path


def summary(skipped: Iterable[Skipped]) -> Counter[str]:
    """Count what was skipped by reason, so that a message can say why nothing was found."""
    return Counter(str(skip.reason) for skip in skipped)


def read(found: Found) -> bytes:
    """Read a file that was found. Raises DocumentError if it is gone, closed, no longer a file, or grew too large."""
    hint = "index again once the file is back and readable"
    try:
        with open(found.absolute, "rb", opener=_open) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise DocumentError("replaced by something that is not a file while indexing", hint=hint)
            data = file.read(found.limit + 1)
    except FileNotFoundError:
        raise DocumentError("deleted while indexing", hint=hint) from None
    except OSError as error:
        raise DocumentError(f"cannot be read: {error.strerror}", hint=hint) from error
    if len(data) > found.limit:
        raise DocumentError(f"grew past {found.limit:,} bytes while indexing", hint="index again once it is complete")
    return data


def _open(path: str, flags: int) -> int:
    """Open for `open`, never through a link, and without waiting for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def digest(data: bytes) -> bytes:
    """Return the 16-byte BLAKE2b digest of a file's content (`FileState.digest`)."""
    return hashlib.blake2b(data, digest_size=16).digest()


def _under(root: Path, base: str, judge: "_Judge", explain: bool) -> Iterator[Entry]:
    if not base:
        yield from entries(root, blocked=lambda folder: judge.folder(folder, "") is not None, explain=explain)
    elif not os.path.isdir(root / base) or os.path.islink(root / base):
        yield entry_of(root, base)
    else:
        inner = entries(
            root / base, blocked=lambda folder: judge.folder(f"{base}/{folder}", base) is not None, explain=explain
        )
        for entry in inner:
            yield Entry(f"{base}/{entry.path}" if entry.path else base, entry.info, entry.reason)


class _Judge:
    """Decides on each entry; holds the rules that were read on the way."""

    def __init__(
        self, root: Path, rules: WalkRules, named: Iterable[str], known: Mapping[PurePosixPath, FileState]
    ) -> None:
        self.named = sorted(named, key=lambda path: path.count("/"))  # the deepest last: it has the last word
        self._root = root
        self._rules = rules
        self._known = known
        self._include = Patterns(_relative(rules.include))
        self._exclude = Patterns(_relative(rules.exclude))
        place = locate(root)
        above = place.prefix if place.toplevel is not None and not place.ignored else ""
        top = root.parents[above.count("/")] if above else root
        self._above = f"{above}/" if above else ""  # our own rules count from the work tree's top, as git's do
        self._own = {
            base: IgnoreTree(top, names=(OWN_RULES,), named=(self._above + base).strip("/"))
            for base in ("", *self.named)
        }
        self._folders: dict[tuple[str, str], tuple[str, Reason] | None] = {}

    def result(self, entry: Entry, base: str) -> Found | Skipped:
        outcome = self._judge(entry, base)
        return outcome if isinstance(outcome, Found) else _skipped(*outcome)

    def touched(self, path: str, folders: set[str]) -> bool | None:
        """Tell whether a walk would tell a path otherwise than before; None: yes, unless git ignores it.

        `folders` are those of the known files.
        """
        folder, _, name = path.rpartition("/")
        if not VERSION_CONTROL.isdisjoint(path.split("/")):
            return False
        if self.folder(folder, ""):  # one that only now became an environment leaves out what is known of it
            return name == ENVIRONMENT and not self.folder(folder.rpartition("/")[0], "")
        entry = entry_of(self._root, path)
        if PurePosixPath(path) in self._known:
            result = self.result(entry, "")
            return not (isinstance(result, Found) and result.unchanged)
        if name in RULES or name == ENVIRONMENT:
            return True
        if entry.reason is Reason.VANISHED:
            return path in folders
        if entry.reason is Reason.SPECIAL and os.path.isdir(self._root / path):
            # A known folder may be another one under the same name, of whose files nobody tells.
            return path in folders if self.folder(path, "") else None
        return None if isinstance(self.result(entry, ""), Found) else False

    def folder(self, path: str, base: str) -> tuple[str, Reason] | None:
        """Find the topmost folder of `path`, below the named `base`, that is left out as a whole, and why."""
        missing: list[str] = []
        while len(path) > len(base) and (path, base) not in self._folders:
            missing.append(path)
            path = path.rpartition("/")[0]
        outcome = self._folders.get((path, base))
        for part in reversed(missing):
            outcome = self._folders[part, base] = outcome or self._one_folder(part, base)
        return outcome

    def _one_folder(self, path: str, base: str) -> tuple[str, Reason] | None:
        verdict = self._own[base].verdict(self._above + path, folder=True)
        if verdict:
            return path, Reason.OWN_RULES
        if self._exclude.verdict(path, folder=True):
            return path, Reason.EXCLUDED
        if verdict is False:
            return None
        reason = unwanted.by_folder(path.rpartition("/")[2])
        if reason is None and os.path.exists(os.path.join(self._root, path, ENVIRONMENT)):
            reason = Reason.VENDORED
        return (path, reason) if reason else None

    def _judge(self, entry: Entry, base: str) -> Found | tuple[str, Reason]:
        path = entry.path
        is_named = path == base and bool(base)
        if not is_named and (left_out := self.folder(path.rpartition("/")[0], base)):
            return left_out
        if entry.info is None:
            left_out = None if entry.reason else self.folder(path, base)
            return left_out or (path, entry.reason or Reason.VANISHED)
        if not _is_utf8(path):
            return path, Reason.NAME
        if is_secret_name((*self._root.parts, *path.split("/"))):
            return path, Reason.SECRET
        if self._exclude.cover(path):
            return path, Reason.EXCLUDED
        if self._include and not self._include.cover(path):
            return path, Reason.NOT_INCLUDED
        verdict = False if is_named else self._own[base].verdict(self._above + path, folder=False)
        if verdict:
            return path, Reason.OWN_RULES
        return self._content(path, entry.info, wanted=verdict is False, is_named=is_named)

    def _content(self, path: str, info: os.stat_result, *, wanted: bool, is_named: bool) -> Found | tuple[str, Reason]:
        rules, name = self._rules, path.rpartition("/")[2]
        large = is_named or suffix_of(name) in DOCUMENTS
        limit = max(rules.max_document_bytes, rules.max_bytes) if large else rules.max_bytes
        reason = unwanted.by_name(name)
        if reason is None or (wanted and reason in LIFTED):
            reason = unwanted.by_size(name, info.st_size, max_data_bytes=rules.max_data_bytes)
        if reason is None or (wanted and reason in LIFTED):
            reason = Reason.TOO_LARGE if info.st_size > limit else None
        if reason is not None:
            return path, reason
        relative, absolute = PurePosixPath(path), self._root / path
        state = self._known.get(relative)
        unchanged = state is not None and (state.size, state.mtime_ns) == (info.st_size, info.st_mtime_ns)
        if not unchanged:
            reason = _by_head(absolute, name)
            if reason is not None and not (wanted and reason in LIFTED):
                return path, reason
        return Found(
            path=relative,
            absolute=absolute,
            size=info.st_size,
            mtime_ns=info.st_mtime_ns,
            unchanged=unchanged,
            limit=limit,
        )


def _by_head(absolute: Path, name: str) -> Reason | None:
    try:
        with open(absolute, "rb", buffering=0, opener=_open) as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError:
        return Reason.VANISHED
    except OSError:
        return Reason.UNREADABLE
    return Reason.SECRET if is_secret_content(head) else unwanted.by_head(name, head)


def _skipped(path: str, reason: Reason) -> Skipped:
    printable = os.fsencode(path).decode("utf-8", "backslashreplace")
    return Skipped(path=PurePosixPath(printable), reason=reason.value)


def _is_utf8(path: str) -> bool:
    return path.isascii() or not any("\ud800" <= char <= "\udfff" for char in path)


def _relative(globs: Iterable[str]) -> list[str]:
    """Read "./src" as "/src": people complete paths in a shell."""
    return [f"/{glob[2:]}" if glob.startswith("./") else glob for glob in globs]
