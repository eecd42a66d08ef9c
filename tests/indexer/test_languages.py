from pathlib import PurePosixPath

import pytest

from indexer.languages import LANGUAGES, by_name, has_file_lines, of_path


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a/b/session.py", "python"),
        ("README.md", "markdown"),
        ("README", "text"),
        ("docs/index.rst", "rst"),
        ("paper.PDF", "pdf"),
        ("notes.ipynb", "notebook"),
        ("Makefile", "make"),
        ("docker/Dockerfile", "dockerfile"),
        ("Dockerfile.dev", "dockerfile"),
        ("CMakeLists.txt", "cmake"),
        ("requirements.txt", "requirements"),
        ("notes.txt", "text"),
        ("main.tf", "hcl"),
        ("App.tsx", "tsx"),
        ("lib.c++", "cpp"),
        ("Gemfile", "ruby"),
        ("nginx.conf.in", "ini"),
        (".bashrc", "bash"),
        (".gitignore", "gitignore"),
        ("no-extension", "text"),
        ("archive.unknown", "text"),
        ("strange.", "text"),
    ],
)
def test_the_name_tells_the_language(path: str, language: str) -> None:
    assert of_path(PurePosixPath(path)).name == language


@pytest.mark.parametrize(
    ("path", "head", "language"),
    [
        ("run", b"#!/usr/bin/env python3\nprint()", "python"),
        ("run", b"#!/bin/sh\n", "bash"),
        ("run", b"#!/usr/bin/env -S deno run\n", "typescript"),
        ("run", b"#!/usr/bin/perl5.36 -w\n", "perl"),
        ("run", b"#!/opt/unknown\n", "text"),
        ("build", b"#!/bin/bash\nset -e\n", "bash"),
        ("conf", b"<?xml version='1.0'?>", "xml"),
        ("report", b"%PDF-1.7", "pdf"),
        ("script", b"# -*- mode: ruby -*-\n", "ruby"),
        ("a.h", b"int x;\n", "c"),
        ("a.h", b"#include <vector>\nnamespace a {\n", "cpp"),
        ("a.h", b"#include <stdio.h>\n/* a class of things */\n", "c"),
        ("a.h", b"#import <Foundation/Foundation.h>\n@interface A : NSObject\n", "objc"),
        ("a.m", b"#import <Foundation/Foundation.h>\n", "objc"),
        ("a.m", b"% adds\nfunction y = f(x)\n", "matlab"),
        ("a.m", b"", "objc"),
        ("a.pl", b"use strict;\nsub f { }\n", "perl"),
        ("a.pl", b":- module(a, [f/1]).\nf(X) :- g(X).\n", "prolog"),
        ("a.ts", b"export const x: number = 1;\n", "typescript"),
        ("a.ts", b"<?xml version='1.0'?>\n<!DOCTYPE TS><TS version='2.0'>", "xml"),
        ("a.v", b"module counter(input clk);\n", "verilog"),
        ("a.v", b"module main\n\nfn main() {}\n", "v"),
    ],
)
def test_the_content_decides_where_the_name_does_not(path: str, head: bytes, language: str) -> None:
    assert of_path(PurePosixPath(path), head).name == language


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("js", "javascript"),
        ("ts", "typescript"),
        ("py", "python"),
        ("C++", "cpp"),
        ("c#", "csharp"),
        ("golang", "go"),
        ("rb", "ruby"),
        ("rs", "rust"),
        ("sh", "bash"),
        ("shell", "bash"),
        ("terraform", "hcl"),
        (" Python ", "python"),
        (".yml", "yaml"),
        ("h", "c"),
    ],
)
def test_people_may_use_other_names(name: str, language: str) -> None:
    found = by_name(name)
    assert found is not None
    assert found.name == language


def test_an_unknown_name_is_none() -> None:
    assert by_name("klingon") is None
    assert by_name("") is None


def test_lines_of_extracted_text_are_told_from_those_of_a_file() -> None:
    extracted = {language.name for language in LANGUAGES if not has_file_lines(language.name)}
    assert extracted == {"pdf", "docx", "pptx", "epub", "notebook"}
    assert has_file_lines("a language of a later version")


def test_names_are_unique_lower_case_words() -> None:
    names = [language.name for language in LANGUAGES]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and " " not in name for name in names)


def test_every_name_finds_its_own_language() -> None:
    assert [found.name for language in LANGUAGES if (found := by_name(language.name))] == [
        language.name for language in LANGUAGES
    ]


def test_every_grammar_is_in_the_pack() -> None:
    from tree_sitter_language_pack import get_language

    for language in LANGUAGES:
        if language.grammar is not None:
            get_language(language.grammar)  # type: ignore[arg-type]  # a Literal of its 170 names
