"""Files that nobody wants to find: binary, minified, generated, vendored, locked.

By name where the name tells, else by the first bytes. A `!` rule of the user's own ignore file, or naming the
file, overrides every judgement here but "binary", "empty" and "a Git LFS pointer": there is no text to index.
"""

import re
from enum import StrEnum
from typing import Final

HEAD_BYTES: Final = 16 << 10  # read of a file to judge it


class Reason(StrEnum):
    """Why a path was not indexed."""

    IGNORED = "ignored by .gitignore"
    OWN_RULES = "ignored by .gtesearchignore"
    EXCLUDED = "excluded by --exclude"
    NOT_INCLUDED = "not in --include"
    SECRET = "secret"
    TOO_LARGE = "too large"
    DATA = "large data file"
    BINARY = "binary"
    MINIFIED = "minified"
    GENERATED = "generated"
    VENDORED = "vendored"
    LOCK = "lock file"
    TRANSLATION = "translation catalogue"
    LFS = "Git LFS pointer"
    EMPTY = "empty"
    SYMLINK = "symbolic link"
    SPECIAL = "not a regular file"
    NAME = "name is not UTF-8"
    UNREADABLE = "unreadable"
    VANISHED = "not on disk"
    SUBMODULE = "submodule that is not checked out"
    NESTED = "another repository"


LIFTED: Final = frozenset(
    {Reason.DATA, Reason.MINIFIED, Reason.GENERATED, Reason.VENDORED, Reason.LOCK, Reason.TRANSLATION}
)
"""The judgements that a `!` rule, or naming the file, overrides."""

DOCUMENTS: Final = frozenset({".pdf", ".docx", ".pptx", ".epub", ".ipynb"})
"""Formats with a reader of their own: large by nature, and not judged by their bytes."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DATA: Final = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".log", ".json", ".geojson"})
_PROSE: Final = frozenset(
    {".md", ".markdown", ".mdx", ".rst", ".txt", ".adoc", ".asciidoc", ".html", ".htm", ".xhtml", ".org", ".tex"}
)
_MINIFIABLE: Final = frozenset({".js", ".mjs", ".cjs", ".jsx", ".css"})

_VENDORED: Final = _words("""
    .bundle .venv .yarn 3rdparty __pypackages__ _vendor bower_components carthage extern external externals
    jspm_packages node_modules pods site-packages third-party third_party thirdparty vendor
""")
_WRITTEN_BY_TOOLS: Final = _words("""
    .eggs .gradle .hypothesis .mypy_cache .next .nox .nuxt .pytest_cache .ruff_cache .svelte-kit .terraform .tox
    __pycache__ htmlcov
""")
_LOCKS: Final = _words("""
    bun.lock bun.lockb cargo.lock cartfile.resolved chart.lock composer.lock conda-lock.yml deno.lock flake.lock
    gemfile.lock go.sum go.work.sum gradle.lockfile mix.lock module.bazel.lock npm-shrinkwrap.json package-lock.json
    package.resolved packages.lock.json paket.lock pdm.lock pipfile.lock pixi.lock pnpm-lock.yaml podfile.lock
    poetry.lock pubspec.lock pylock.toml rebar.lock shard.lock stack.yaml.lock uv.lock yarn.lock .terraform.lock.hcl
""")
_GENERATED_NAMES: Final = re.compile(
    r".*(_pb2(_grpc)?\.pyi?|\.pb(\.gw)?\.(go|cc|h|swift|dart)|_pb\.(js|ts|d\.ts)|\.(g|gr|freezed|mocks)\.dart"
    r"|\.designer\.(cs|vb)|\.g(\.i)?\.cs|\.generated\.[a-z]+|_generated\.go|\.(js|mjs|cjs|css|ts)\.map|\.snap"
    r"|\.egg-info|\.dist-info)|zz_generated\..*\.go"
)
_MINIFIED_NAMES: Final = re.compile(r".*[.-]min\.(js|mjs|cjs|css)")
_BINARY: Final = _words("""
    .7z .a .aac .aiff .apk .ar .arrow .avi .avif .bin .blend .bmp .br .bz2 .cab .ckpt .class .crx .cur .db .db3 .deb
    .dex .dll .dmg .doc .docm .ds_store .dylib .ear .eot .exe .fbx .feather .flac .flv .gguf .gif .glb .gz .h5 .hdf5
    .heic .heif .icns .ico .idx .img .iso .jar .jpeg .jpg .jxl .keras .lz .lz4 .lzma .m4a .m4v .mkv .mobi .mov .mp3
    .mp4 .mpeg .mpg .msi .nib .node .npy .npz .o .ods .odp .odt .ogg .ogv .onnx .opus .orc .otf .parquet .pdb
    .pickle .pkl .png .ppt .psd .pt .pth .pyc .pyd .pyo .rar .rlib .rpm .safetensors .sketch .so .sqlite .sqlite3
    .stl .svg .svgz .swf .swp .tar .tbz2 .tflite .tgz .tif .tiff .ttc .ttf .txz .wasm .wav .weba .webm .webp .whl
    .wma .wmv .woff .woff2 .xls .xlsb .xlsm .xlsx .xpi .xz .zip .zst
""")
_VERSIONED_LIBRARY: Final = re.compile(r".*\.so(\.\d+)+")
_TRANSLATIONS: Final = frozenset({".po", ".pot", ".xliff", ".xlf"})


def by_folder(name: str) -> Reason | None:
    """Judge a folder by its name: one that holds other people's code, or what a tool wrote."""
    name = name.lower()
    if name in _VENDORED:
        return Reason.VENDORED
    written = name in _WRITTEN_BY_TOOLS or name.endswith((".egg-info", ".dist-info"))
    return Reason.GENERATED if written else None


def by_name(name: str) -> Reason | None:
    """Judge a file by its name."""
    name = name.lower()
    suffix = suffix_of(name)
    if suffix in _BINARY or _VERSIONED_LIBRARY.fullmatch(name):
        return Reason.BINARY
    if name in _LOCKS:
        return Reason.LOCK
    if suffix in _TRANSLATIONS:
        return Reason.TRANSLATION
    if _MINIFIED_NAMES.fullmatch(name):
        return Reason.MINIFIED
    return Reason.GENERATED if _GENERATED_NAMES.fullmatch(name) else None


def by_size(name: str, size: int, *, max_data_bytes: int) -> Reason | None:
    """Judge a file by its size in bytes; the general cap is the walk's."""
    if size == 0:
        return Reason.EMPTY
    return Reason.DATA if size > max_data_bytes and suffix_of(name) in _DATA else None


def by_head(name: str, head: bytes) -> Reason | None:
    """Judge a file by its first bytes (HEAD_BYTES of them, or all)."""
    if head.startswith(b"version https://git-lfs.github.com/spec/"):
        return Reason.LFS
    suffix = suffix_of(name)
    if suffix in DOCUMENTS or head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):  # UTF-16 and 32 hold NULs
        return None
    if _is_binary(head):
        return Reason.BINARY
    if _is_generated(head, prose=suffix in _PROSE):
        return Reason.GENERATED
    return Reason.MINIFIED if _is_minified(suffix, head) else None


def suffix_of(name: str) -> str:
    """Return the last extension with its dot, in lower case; a name that only starts with a dot has none."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 or (dot == 0 and name.lower() in _BINARY) else ""


_CONTROL: Final = bytes(set(range(32)) - set(b"\t\n\v\f\r\b\x0e\x0f\x1b"))  # the last three shift sets in ISO 2022


def _is_binary(head: bytes) -> bool:
    return b"\0" in head or len(head) - len(head.translate(None, _CONTROL)) > max(4, len(head) // 20)


def _is_minified(suffix: str, head: bytes) -> bool:
    """Long lines. People write lines of up to some 300 bytes of script or style, and of some 5,000 elsewhere."""
    longest_mean = 300 if suffix in _MINIFIABLE else 5_000
    if suffix in _PROSE or len(head) < 2_000:
        return False
    return len(head) / (head.count(b"\n") + 1) > longest_mean


# A comment, by the way its line starts. In prose "#" is a heading and "*" an item of a list.
_COMMENT: Final = re.compile(rb"[ \t]*(?:#|//|/\*|\*|--|;|%|<!--|'|\"|rem\b|dnl\b|\(\*|\{-)", re.IGNORECASE)
_PROSE_COMMENT: Final = re.compile(rb"[ \t]*(?:<!--|\.\.[ ]|//[ ])")
_MARKER: Final = re.compile(
    rb"code generated .{0,200}do not (?:edit|modify)"
    rb"|@generated\b"
    rb"|<auto-?generated"
    rb"|\bauto-?generated (?:by|from|using|with|code|file)\b"
    rb"|\bthis (?:\w+ ){0,2}(?:class|code|document|file|header|module|page|script|source) (?:is|was|has been) "
    rb"(?:an? )?(?:auto-?generated|automatically generated|machine generated|generated (?:by|from|automatically))"
    rb"|\bgenerated\b.{0,120}(?:do not|don't) (?:edit|modify|change)"
    rb"|(?:do not|don't) (?:edit|modify|change).{0,120}\bgenerated\b"
    rb"|generated by (?:the protocol buffer compiler|gnu autoconf|automake|cython|swig|bison|flex|antlr|thrift|re2c)"
    rb"|generated from .{1,200} by (?:antlr|automake|autoconf)"
    rb"|a bison parser, made by gnu bison",
    re.IGNORECASE,
)


def _is_generated(head: bytes, *, prose: bool) -> bool:
    """A marker in a comment among the first 30 lines; the comment lines are read as one, so it may span two."""
    comment = _PROSE_COMMENT if prose else _COMMENT
    lines = head[:4096].splitlines()[:30]
    return _MARKER.search(b" ".join(line for line in lines if comment.match(line))) is not None
