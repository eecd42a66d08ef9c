"""Which language a file is in: by name, by extension, by first line, and by content where those are shared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

HEAD: Final = 8192  # bytes of a file that `of_path` looks at
EXTRACTED: Final = frozenset({"notebook"})  # text is taken out of it, as of a binary format


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language or document format, and how its files are recognised."""

    name: str  # lower case, no spaces; what filters and chunks carry
    grammar: str | None = (
        None  # in tree-sitter-language-pack (of the script in a component); None: no structure is read
    )
    extensions: tuple[str, ...] = ()  # with their dot, lower case
    filenames: tuple[str, ...] = ()  # whole names, lower case
    shebangs: tuple[str, ...] = ()  # interpreters without their version: "python"
    aliases: tuple[str, ...] = ()  # other names that people type: "py"
    document: bool = False  # prose with headings or pages; read by `indexer.parse.docs`
    binary: bool = False  # its bytes are not text: PDF, office formats


def _row(
    name: str,
    extensions: str = "",
    *,
    grammar: str | None = "",
    files: str = "",
    shebangs: str = "",
    aliases: str = "",
    document: bool = False,
    binary: bool = False,
) -> Language:
    """Make a Language from space-separated words; the grammar has the language's name unless told."""
    return Language(
        name=name,
        grammar=None if document else (name if grammar == "" else grammar),
        extensions=tuple(f".{extension}" for extension in extensions.split()),
        filenames=tuple(files.split()),
        shebangs=tuple(shebangs.split()),
        aliases=tuple(aliases.split()),
        document=document,
        binary=binary,
    )


TEXT: Final = _row("text", "txt text log", files="readme license copying authors changelog news todo install notice",
                   aliases="txt plain plaintext", document=True)  # fmt: skip

# The first row that names an extension owns it; `_decide` settles the few that several languages share.
LANGUAGES: Final[tuple[Language, ...]] = (
    # documents
    TEXT,
    _row("markdown", "md markdown mdown mkd mdx qmd rmd", aliases="md", document=True),
    _row("rst", "rst rest", aliases="restructuredtext", document=True),
    _row("asciidoc", "adoc asciidoc asc", aliases="adoc", document=True),
    _row("html", "html htm xhtml", aliases="htm", document=True),
    _row("notebook", "ipynb", aliases="jupyter ipynb", document=True),
    _row("pdf", "pdf", document=True, binary=True),
    _row("docx", "docx", aliases="word", document=True, binary=True),
    _row("pptx", "pptx", aliases="powerpoint", document=True, binary=True),
    _row("epub", "epub", document=True, binary=True),
    # programming languages
    _row("python", "py pyi pyw pyx pxd", files="sconstruct sconscript wscript", shebangs="python pypy uv",
         aliases="py"),
    _row("javascript", "js mjs cjs jsx es6", shebangs="node nodejs bun", aliases="js jsx ecmascript node"),
    _row("typescript", "ts mts cts", shebangs="deno ts-node tsx", aliases="ts"),
    _row("tsx", "tsx"),
    _row("java", "java"),
    _row("c", "c h"),
    _row("cpp", "cpp cc cxx c++ hpp hh hxx h++ ipp inl tpp txx ino", aliases="c++ cxx arduino"),
    _row("cuda", "cu cuh"),
    _row("objc", "m mm", aliases="objective-c objectivec obj-c"),
    _row("csharp", "cs csx", aliases="c# cs"),
    _row("go", "go", aliases="golang"),
    _row("rust", "rs", aliases="rs"),
    _row("ruby", "rb rake gemspec ru podspec jbuilder", shebangs="ruby jruby", aliases="rb",
         files="rakefile gemfile guardfile capfile vagrantfile podfile brewfile"),
    _row("php", "php phtml php5 php7 phps inc", shebangs="php"),
    _row("bash", "sh bash zsh ksh bats ebuild", shebangs="bash sh zsh ksh dash ash", aliases="sh shell zsh",
         files=".bashrc .bash_profile .profile .zshrc .zprofile pkgbuild apkbuild"),
    _row("fish", "fish", shebangs="fish"),
    _row("powershell", "ps1 psm1 psd1", shebangs="pwsh powershell", aliases="ps1 pwsh posh"),
    _row("kotlin", "kt kts", shebangs="kotlin", aliases="kt"),
    _row("swift", "swift", shebangs="swift"),
    _row("scala", "scala sc sbt", shebangs="scala"),
    _row("groovy", "groovy gradle gvy", files="jenkinsfile", shebangs="groovy", aliases="gradle"),
    _row("dart", "dart"),
    _row("haskell", "hs hsc", shebangs="runhaskell runghc stack", aliases="hs"),
    _row("ocaml", "ml", shebangs="ocaml", aliases="ml"),
    _row("ocaml_interface", "mli", aliases="mli"),
    _row("fsharp", "fs fsx fsi", aliases="f# fs"),
    _row("elixir", "ex exs", shebangs="elixir", aliases="ex"),
    _row("erlang", "erl hrl escript", files="rebar.config", shebangs="escript", aliases="erl"),
    _row("gleam", "gleam"),
    _row("elm", "elm"),
    _row("purescript", "purs"),
    _row("clojure", "clj cljs cljc edn bb", shebangs="bb clojure", aliases="clj cljs"),
    _row("elisp", "el", files=".emacs", aliases="emacs-lisp emacs"),
    _row("commonlisp", "lisp lsp cl asd", shebangs="sbcl clisp", aliases="lisp common-lisp"),
    _row("scheme", "scm ss sld sls", shebangs="guile", aliases="guile"),
    _row("racket", "rkt rktl", shebangs="racket"),
    _row("fennel", "fnl", shebangs="fennel"),
    _row("lua", "lua rockspec", shebangs="lua luajit"),
    _row("luau", "luau", shebangs="luau"),
    _row("perl", "pl pm t pod psgi", files="makefile.pl cpanfile", shebangs="perl", aliases="pl"),
    _row("prolog", "pro plt prolog", grammar=None, shebangs="swipl"),
    _row("r", "r", files=".rprofile", shebangs="rscript r", aliases="rlang"),
    _row("julia", "jl", shebangs="julia", aliases="jl"),
    _row("matlab", "mlx", aliases="octave", shebangs="octave"),
    _row("fortran", "f f77 f90 f95 f03 f08 for ftn", aliases="f90"),
    _row("zig", "zig zon"),
    _row("nim", "nim nims nimble"),
    _row("d", "d di", aliases="dlang"),
    _row("odin", "odin"),
    _row("v", "v vsh", aliases="vlang"),
    _row("hare", "ha"),
    _row("pascal", "pas pp lpr dpr dpk", aliases="delphi"),
    _row("ada", "adb ads ada"),
    _row("cobol", "cob cbl cpy"),
    _row("verilog", "sv svh vh", aliases="systemverilog"),
    _row("vhdl", "vhd vhdl"),
    _row("asm", "asm s nasm", aliases="assembly assembler"),
    _row("llvm", "ll"),
    _row("wat", "wat wast"),
    _row("solidity", "sol", aliases="sol"),
    _row("cairo", "cairo"),
    _row("haxe", "hx"),
    _row("actionscript", "as"),
    _row("apex", "cls apex trigger"),
    _row("gdscript", "gd", aliases="godot"),
    _row("glsl", "glsl vert frag geom comp tesc tese"),
    _row("hlsl", "hlsl fx fxh"),
    _row("wgsl", "wgsl"),
    _row("tcl", "tcl tk", shebangs="tclsh wish expect"),
    _row("vim", "vim", files=".vimrc _vimrc", aliases="vimscript viml"),
    _row("awk", "awk", grammar=None, shebangs="awk gawk mawk"),
    _row("batch", "bat cmd", grammar=None, aliases="bat cmd"),
    _row("vb", "vb bas vbs", grammar=None, aliases="visualbasic vba"),
    _row("crystal", "cr", grammar=None, shebangs="crystal"),
    _row("coffeescript", "coffee", grammar=None, shebangs="coffee"),
    _row("vue", "vue", grammar="typescript"),
    _row("svelte", "svelte", grammar="typescript"),
    _row("astro", "astro", grammar="typescript"),
    # data, schemas, configuration and building
    _row("sql", "sql ddl dml pgsql psql"),
    _row("graphql", "graphql gql graphqls", aliases="gql"),
    _row("proto", "proto", aliases="protobuf"),
    _row("thrift", "thrift"),
    _row("capnp", "capnp"),
    _row("smithy", "smithy"),
    _row("prisma", "prisma"),
    _row("hcl", "hcl tf tfvars nomad", aliases="terraform tf"),
    _row("bicep", "bicep"),
    _row("puppet", "epp"),
    _row("nix", "nix"),
    _row("rego", "rego"),
    _row("starlark", "bzl star bazel", files="build workspace tiltfile", aliases="bazel"),
    _row("make", "mk mak make", files="makefile gnumakefile bsdmakefile makefile.am makefile.in", shebangs="make",
         aliases="makefile"),
    _row("cmake", "cmake", files="cmakelists.txt"),
    _row("meson", files="meson.build meson_options.txt meson.options"),
    _row("ninja", "ninja"),
    _row("just", "just", grammar=None, files="justfile .justfile"),
    _row("dockerfile", "dockerfile containerfile", files="dockerfile containerfile", aliases="docker"),
    _row("json", "json jsonc json5 jsonl ndjson geojson webmanifest",
         files=".babelrc .eslintrc .prettierrc composer.lock"),
    _row("yaml", "yaml yml", files=".clang-format .clang-tidy", aliases="yml"),
    _row("toml", "toml", files="pipfile cargo.lock poetry.lock"),
    _row("xml", "xml xsd xsl xslt svg plist csproj vbproj fsproj props targets wsdl rss atom qrc ui resx xaml"),
    _row("ini", "ini cfg conf cnf desktop service", files=".editorconfig .gitconfig .npmrc .pylintrc .flake8"),
    _row("properties", "properties env"),
    _row("jsonnet", "jsonnet libsonnet"),
    _row("kdl", "kdl"),
    _row("csv", "csv"),
    _row("tsv", "tsv tab"),
    _row("css", "css"),
    _row("scss", "scss sass less"),
    _row("twig", "twig jinja jinja2 j2", aliases="jinja"),
    _row("latex", "tex sty latex ltx", aliases="tex"),
    _row("bibtex", "bib"),
    _row("org", "org"),
    _row("typst", "typ"),
    _row("gomod", files="go.mod go.work"),
    _row("requirements", files="requirements.txt constraints.txt"),
    _row("gitignore", files=".gitignore .dockerignore .npmignore .gtesearchignore"),
    _row("gitattributes", files=".gitattributes"),
    _row("mermaid", "mmd mermaid"),
    _row("po", "po pot", aliases="gettext"),
)  # fmt: skip


def _index(of: str) -> dict[str, Language]:
    index: dict[str, Language] = {}
    for language in LANGUAGES:
        for word in getattr(language, of):
            index.setdefault(word, language)
    return index


_NAMES: Final = MappingProxyType(_index("aliases") | {language.name: language for language in LANGUAGES})
_DOCUMENTS: Final = frozenset(language.name for language in LANGUAGES if language.document)
_EXTENSIONS: Final = MappingProxyType(_index("extensions"))
_FILENAMES: Final = MappingProxyType(_index("filenames"))
_SHEBANGS: Final = MappingProxyType(_index("shebangs"))

# Extensions of several languages: the first pattern found in the head decides, in this order.
_SHARED: Final[dict[str, tuple[tuple[str, re.Pattern[bytes]], ...]]] = {
    ".h": (
        ("objc", re.compile(rb"^\s*(@interface|@protocol|@class|#import)\b", re.M)),
        ("cpp", re.compile(rb"^\s*(class\s+\w+|namespace\b|template\s*<|using\s+\w+|public:|private:|protected:)"
                           rb"|^\s*#\s*include\s*<[a-z_]+>|\bstd::|\bconstexpr\b|\bvirtual\s", re.M)),
    ),
    ".m": (
        ("matlab", re.compile(rb"^\s*(function\b|%|classdef\b)", re.M)),
        ("objc", re.compile(rb"^\s*(#import|#include|@\w+|//|/\*)|;\s*$", re.M)),
        ("matlab", re.compile(rb"")),
    ),
    ".pl": (("prolog", re.compile(rb"^\s*:-\s*\w|^[a-z]\w*(\([^)]*\))?\s*:-", re.M)),),
    ".pro": (("xml", re.compile(rb"^<\?xml")), ("text", re.compile(rb"^\s*(TEMPLATE|QT|SOURCES|CONFIG)\s*\+?=", re.M))),
    ".ts": (("xml", re.compile(rb"^\s*(<\?xml|<!DOCTYPE TS|<TS\b)")),),
    ".v": (("verilog", re.compile(rb"^\s*(module\s+\w+\s*[#(;]|`\w+|endmodule\b|always\s*@)", re.M)),),
    ".t": (("text", re.compile(rb"\A(?!#!)(?!.*^\s*(use|my|package|sub)\b)", re.M | re.S)),),
    ".pp": (("puppet", re.compile(rb"^\s*(class|define|node)\s+[\w:']+.*[{(]\s*$|=>", re.M)),),
    ".cls": (
        ("latex", re.compile(rb"\\(ProvidesClass|NeedsTeXFormat|LoadClass)")),
        ("vb", re.compile(rb"^VERSION \d|^Attribute VB_", re.M)),
    ),
    ".inc": (
        ("php", re.compile(rb"<\?(php|=)")),
        ("cpp", re.compile(rb"^\s*#\s*(include|define|if)|^\s*//|::", re.M)),
        ("text", re.compile(rb"")),
    ),
    ".fs": (("glsl", re.compile(rb"^\s*(#version\b|uniform\s|varying\s|void\s+main\s*\()", re.M)),),
    ".d": (("make", re.compile(rb"\A[^\n]*\.o\s*:|^[^\n:]+:\s*\\$", re.M)),),
    ".sc": (("text", re.compile(rb"\A(?!.*\b(def|val|object|class|import)\b)", re.S)),),
    ".as": (("text", re.compile(rb"\A(?!.*\b(function|package|class|var)\b)", re.S)),),
    ".cl": (("c", re.compile(rb"__kernel\b|^\s*#\s*(pragma|include|define)|^\s*(//|/\*)", re.M)),),
    ".asc": (("text", re.compile(rb"-----BEGIN PGP")),),
    ".ui": (("text", re.compile(rb"\A\s*[^<\s]")),),
    ".r": (("text", re.compile(rb"\A\s*REBOL\b")),),
}  # fmt: skip

_SHEBANG: Final = re.compile(rb"^#!\s*(?:\S*/)?env\s+(?:-\S+\s+|\w+=\S+\s+)*(\S+)|^#!\s*(\S+)")
_MODELINE: Final = re.compile(
    rb"-\*-\s*(?:mode:\s*)?([\w+#-]+)\s*(?:;.*)?-\*-|\b(?:vim?|ex):.*?\b(?:ft|filetype|syntax)=(\w+)"
)


def of_path(path: PurePosixPath, head: bytes = b"") -> Language:
    """Return the language of a file by its name and, where given, its first bytes; "text" where nothing tells.

    >>> of_path(PurePosixPath("tools/build"), b"#!/usr/bin/env python3").name
    'python'
    """
    head = head[:HEAD]
    name = path.name.lower()
    if found := _FILENAMES.get(name):
        return _text_or(found, name, head)
    for extension in _extensions(name):
        if shared := _SHARED.get(extension):
            for candidate, pattern in shared:
                if head and pattern.search(head):
                    return _NAMES[candidate]
        if found := _EXTENSIONS.get(extension):
            return found
    if name.startswith(("dockerfile.", "containerfile.")):
        return _NAMES["dockerfile"]
    if name.startswith(("makefile.", "gnumakefile.")):
        return _NAMES["make"]
    return _by_first_line(head) or TEXT


def by_name(name: str) -> Language | None:
    """Return the language that people call `name`, in any case: "js", "C++", "golang"; None where unknown."""
    wanted = name.strip().lower()
    return _NAMES.get(wanted) or _EXTENSIONS.get(f".{wanted.removeprefix('.')}")


def is_document(name: str) -> bool:
    """Tell whether files of a language are prose.

    >>> is_document("markdown"), is_document("python"), is_document("nothing known")
    (True, False, False)
    """
    return name in _DOCUMENTS


def has_file_lines(name: str) -> bool:
    """Tell whether the chunks of a language count lines as an editor does, rather than in extracted text.

    >>> has_file_lines("python"), has_file_lines("pdf")
    (True, False)
    """
    found = _NAMES.get(name)
    return found is None or not (found.binary or found.name in EXTRACTED)


def _text_or(found: Language, name: str, head: bytes) -> Language:
    """Return `found`, unless a bare name such as `build` or `install` holds a script of another language."""
    if "." in name or name.endswith("file"):
        return found
    return _by_first_line(head) or found


def _extensions(name: str) -> Iterator[str]:
    """Yield the extension, then, for templates such as `nginx.conf.in`, the one before it."""
    stem, dot, last = name.rpartition(".")
    if not dot or not stem:
        return
    yield f".{last}"
    if last in ("in", "tmpl", "template", "example", "sample", "dist", "bak", "orig"):
        yield from _extensions(stem)


def _by_first_line(head: bytes) -> Language | None:
    """Return the language that a shebang, an editor's mode line or an opening tag names."""
    line, _, rest = head.partition(b"\n")
    if match := _SHEBANG.match(line):
        interpreter = (match[1] or match[2]).rpartition(b"/")[2].decode("utf-8", "replace").lower()
        if found := _SHEBANGS.get(re.sub(r"[\d.]+$", "", interpreter)):
            return found
        line = rest.partition(b"\n")[0]
    if match := _MODELINE.search(line):
        return by_name((match[1] or match[2]).decode("utf-8", "replace"))
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    for opening, language in ((b"<?php", "php"), (b"<?xml", "xml"), (b"<!doctype html", "html"), (b"<html", "html")):
        if start.startswith(opening):
            return _NAMES[language]
    return _NAMES["pdf"] if head.startswith(b"%PDF-") else None
