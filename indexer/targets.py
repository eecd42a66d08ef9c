"""What the paths on a command line mean: which folders to index as a whole, which files by name."""

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from indexer.errors import PathError
from indexer.secret import is_secret_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A folder to index; the arguments of `walk`."""

    root: Path  # absolute, without links
    named: tuple[PurePosixPath, ...] = ()  # files and folders in the root that the user named, sorted
    whole: bool = True  # False: only what is named; the rest of the root stays as it is in the index


def resolve_targets(paths: Sequence[Path], *, roots: Iterable[Path] = ()) -> list[Target]:
    """Group named paths by the folder that they are indexed under, in the order they were named.

    A folder is indexed as a whole. A folder or file inside another named folder, or inside one of `roots` (the
    folders indexed already), is a named part of it; a work tree of git stays on its own. Any other file is a
    part of the folder it lies in. A link is followed: it was named.
    Raises PathError for a path that is missing, unreadable, neither file nor folder, inside a `.git` or a bare
    repository, and where nothing but secrets was named.
    """
    resolved = list(dict.fromkeys(_resolve(path) for path in paths))
    if resolved and all(_is_secret(path) for path in resolved):
        raise PathError(
            f"never indexed, because it may hold a password or a private key: `{resolved[0]}`",
            hint="name another file; a template such as `.env.example` can be indexed",
        )
    folders = [path for path in resolved if path.is_dir()]
    known = {root.resolve() for root in roots}
    tops = known | {path for path in folders if _stands_alone(path, {*folders, *known})}
    whole: dict[Path, bool] = {}
    named: dict[Path, set[PurePosixPath]] = {}
    for path in resolved:
        if path in tops and path in folders:
            whole[path] = True
            continue
        root = next((parent for parent in path.parents if parent in tops), path.parent)
        whole.setdefault(root, False)
        named.setdefault(root, set()).add(PurePosixPath(path.relative_to(root).as_posix()))
    return [Target(root=root, named=tuple(sorted(named.get(root, ()))), whole=whole[root]) for root in whole]


def resolve_each(paths: Sequence[Path], *, roots: Iterable[Path] = ()) -> tuple[list[Target], list[PathError]]:
    """Resolve the paths that can be, and return the errors of the others beside them."""
    good: list[Path] = []
    problems: list[PathError] = []
    for path in paths:
        try:
            resolve_targets([path])
        except PathError as error:
            problems.append(error)
        else:
            good.append(path)
    return resolve_targets(good, roots=roots), problems


def _stands_alone(folder: Path, others: set[Path]) -> bool:
    return os.path.exists(folder / ".git") or not any(parent in others for parent in folder.parents)


def _is_secret(path: Path) -> bool:
    return path.is_file() and is_secret_name(path.parts)


def _resolve(path: Path) -> Path:
    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    try:
        found = path.expanduser().resolve(strict=True)
        mode = found.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise PathError(
            f"no such file or folder: `{shown}`", hint=f"check the spelling; paths count from `{Path.cwd()}`"
        ) from None
    except RuntimeError:  # of Path.resolve before Python 3.13, and of expanduser
        raise PathError(f"cannot be followed to a file or folder: `{shown}`", hint="name the real path") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise PathError(f"cannot be read: `{shown}` ({why})", hint="check its permissions and name") from error
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise PathError(f"neither a file nor a folder: `{shown}`", hint="name a folder, a repository or a file")
    try:
        _open(found, folder=stat.S_ISDIR(mode))
    except OSError as error:
        raise PathError(
            f"cannot be read: `{shown}` ({error.strerror})",
            hint="change its permissions, or run as a user who may read it",
        ) from error
    try:
        str(found).encode("utf-8")
    except UnicodeEncodeError:
        raise PathError(f"the name is not UTF-8: `{shown}`", hint="rename it") from None
    if ".git" in found.parts or _is_bare(found):
        raise PathError(
            f"holds git's own data and no files: `{shown}`", hint="name a work tree; make one with `git clone`"
        )
    return found


def _open(path: Path, *, folder: bool) -> None:
    """Raise OSError where the path cannot be read. Asking `os.access` instead would ask for another user."""
    if folder:
        os.scandir(path).close()
    else:
        open(path, "rb").close()


def _is_bare(path: Path) -> bool:
    # os.path answers False where pathlib raises: in a folder that may be listed but not entered
    return os.path.isfile(path / "HEAD") and os.path.isdir(path / "objects") and os.path.isdir(path / "refs")
