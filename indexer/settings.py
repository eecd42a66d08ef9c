"""Every knob, in one table. Read once at a door; below the doors values are passed.

Precedence: flag, environment (`GTE_SEARCH_<NAME>`), file of the repository that is indexed
(`.gtesearch.toml` at its root or above), user file (`config.toml` in the user's configuration
folder), default. An unknown key is an error.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

import platformdirs

from indexer.errors import SettingsError

APP: Final = "gte-search"
PROJECT_FILE: Final = ".gtesearch.toml"
PREFIX: Final = "GTE_SEARCH_"
LAST_PORT: Final = 65_535
TRUTHS: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def _default_index() -> Path:
    return Path(platformdirs.user_data_dir(APP, appauthor=False)) / "index"


def _user_file() -> Path:
    return Path(platformdirs.user_config_dir(APP, appauthor=False)) / "config.toml"


def _knob(default: Any, text: str, *, project: bool = False, shown: bool = True) -> Any:  # noqa: ANN401 - dataclasses.field is typed so
    """Describe a setting. `project`: an indexed repository's own file may set it. shown: it is no secret.

    A repository may come from a stranger, so its file must not choose where the index lies,
    which weights are loaded or to which server text is sent.
    """
    metadata = {"help": text, "project": project}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata, repr=shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run is configured with."""

    index: Path = _knob(_default_index, "Folder of the index.")
    store: str = _knob("local", "Where the index is kept: `local`.")
    model: str = _knob("", "The encoder: a known name, a folder, or a name on the hub; empty takes the index's own.")
    rerank: str = _knob(
        "",
        "A cross-encoder that puts the best hits of a question in order: a folder, or a name on the hub; empty: none.",
    )
    threads: int = _knob(
        0, "Threads for encoding, and processes for reading many files; 0 takes every core, at most 8."
    )
    chunk_chars: int = _knob(1000, "Upper size of a chunk, in characters that are not white space.", project=True)
    max_file_bytes: int = _knob(1 << 20, "Source and text files above this size are skipped.", project=True)
    max_document_bytes: int = _knob(
        64 << 20, "PDF, office and notebook files above this size are skipped.", project=True
    )
    include: tuple[str, ...] = _knob((), "Index only paths that match one of these globs.", project=True)
    exclude: tuple[str, ...] = _knob((), "Never index paths that match one of these globs.", project=True)
    host: str = _knob(
        "127.0.0.1", "Address that `serve`, `ui` and `mcp --http` listen on; beyond this machine only with a `token`."
    )
    port: int = _knob(8501, "Port that `serve` and `ui` listen on.")
    token: str = _knob(
        "",
        "What a client of `serve`, `ui` and `mcp --http` has to show, 16 characters or more; empty: nothing.",
        shown=False,
    )
    hosts: tuple[str, ...] = _knob((), "Names that `serve`, `ui` and `mcp --http` are reached by, beyond this machine.")
    watch: bool = _knob(
        True, "Whether the search page keeps the index fresh while it is open; `no` leaves that to `gte-search watch`."
    )
    given: frozenset[str] = frozenset()  # names set by flag or environment, which a repository's file does not change


KNOBS: Final = tuple(knob for knob in fields(Settings) if knob.metadata)
"""The settings themselves, as dataclass fields with `help` and `project` in their metadata."""


def load_settings(
    flags: Mapping[str, object] | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    user_file: Path | None = None,
) -> Settings:
    """Merge flags, environment and the user's file over the defaults.

    flags: name to value, None where the flag was not given. Raises SettingsError naming source, key,
    value and the wanted kind.
    """
    values: dict[str, object] = {}
    user = user_file or _user_file()
    if user.is_file():
        values |= _from_file(user, allowed={knob.name for knob in KNOBS})
    given: dict[str, object] = {}
    for knob in KNOBS:
        variable = PREFIX + knob.name.upper()
        if text := environ.get(variable):
            given[knob.name] = _convert(knob.name, text, source=variable)
    for name, value in (flags or {}).items():
        if value is not None and value != ():
            given[name] = _convert(name, value, source=f"--{name.replace('_', '-')}")
    return Settings(**values | given, given=frozenset(given))  # type: ignore[arg-type]  # _convert checked each value


def for_repository(settings: Settings, root: Path) -> Settings:
    """Return the settings under which the repository at `root` is indexed: its own file read, if it has one.

    Raises SettingsError for a file that cannot be read or sets what it may not.
    """
    file = _project_file(root)
    if file is None:
        return settings
    values = _from_file(file, allowed={knob.name for knob in KNOBS if knob.metadata["project"]})
    return replace(settings, **{name: value for name, value in values.items() if name not in settings.given})  # type: ignore[arg-type]  # _convert checked each value


def _project_file(folder: Path) -> Path | None:
    """Find the nearest project file, from `folder` up to the top of its repository."""
    for candidate in (folder, *folder.parents):
        if (candidate / PROJECT_FILE).is_file():
            return candidate / PROJECT_FILE
        if (candidate / ".git").exists():
            return None
    return None


def _from_file(path: Path, *, allowed: set[str]) -> dict[str, object]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}", hint="correct the file or remove it") from error
    for name in table:
        if name not in allowed:
            raise SettingsError(
                f"{path} sets `{name}`, which is not a setting of this file",
                hint=f"it may set: {', '.join(sorted(allowed))}",
            )
    return {name: _convert(name, value, source=str(path)) for name, value in table.items()}


def _convert(name: str, value: object, *, source: str) -> object:
    """Return `value` in the kind of the setting's default."""
    knob = next(knob for knob in KNOBS if knob.name == name)
    default = knob.default if knob.default is not MISSING else _default_index()
    if isinstance(default, bool):
        return _truth(name, value, source=source)
    if isinstance(default, int):
        return _positive(name, value, source=source, most=LAST_PORT if name == "port" else None)
    if isinstance(default, tuple):
        if isinstance(value, str):
            return tuple(part for part in value.split(os.pathsep) if part)
        if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
            return tuple(value)
        raise SettingsError(
            f"{source}: `{name}` is {value!r}", hint=f"`{name}` is a list of {'names' if name == 'hosts' else 'globs'}"
        )
    if isinstance(value, Path | str):
        return Path(value).expanduser().absolute() if isinstance(default, Path) else str(value)
    raise SettingsError(f"{source}: `{name}` is {value!r}", hint=f"`{name}` is a text")


def _truth(name: str, value: object, *, source: str) -> bool:
    truth = TRUTHS.get(str(value).lower())
    if truth is None:
        raise SettingsError(f"{source}: `{name}` is {value!r}", hint=f"`{name}` is `yes` or `no`")
    return truth


def _positive(name: str, value: object, *, source: str, most: int | None) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = -1
    if number < 0 or isinstance(value, bool) or (most is not None and number > most):
        bounds = "0 or more" if most is None else f"0 to {most}"
        raise SettingsError(f"{source}: `{name}` is {value!r}", hint=f"`{name}` is a whole number, {bounds}")
    return number
