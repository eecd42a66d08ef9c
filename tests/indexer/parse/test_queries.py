import json
from pathlib import Path

import pytest

from indexer.languages import LANGUAGES, Language
from indexer.parse import grammars
from indexer.parse.code import has_query, parse_code

SAMPLES = Path(__file__).parents[2] / "data" / "languages"
FILES = {path.stem: path for path in sorted(SAMPLES.iterdir()) if path.suffix != ".json"}
EXPECTED = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
QUERIED = [language for language in LANGUAGES if has_query(language)]


def test_every_query_belongs_to_a_language_and_has_a_sample() -> None:
    queries = {path.stem for path in Path(grammars.__file__).with_name("queries").glob("*.scm")}
    assert queries == {language.name for language in QUERIED} == set(FILES) == set(EXPECTED)


def test_at_least_forty_languages_are_read() -> None:
    assert len(QUERIED) >= 40


@pytest.mark.parametrize("language", QUERIED, ids=[language.name for language in QUERIED])
def test_a_sample_gives_the_reviewed_spans(language: Language) -> None:
    parsed = parse_code(FILES[language.name].read_bytes(), language=language)
    assert [[span.kind.value, span.symbol, span.start, span.end] for span in parsed.spans] == EXPECTED[language.name]


def test_a_query_may_inherit_another() -> None:
    text = grammars.query_text("cuda")
    assert text is not None
    assert "namespace_definition" in text  # of cpp
    assert "preproc_function_def" in text  # of c, which cpp inherits


def test_a_language_without_query_has_none() -> None:
    assert grammars.query_text("klingon") is None
