import json

import pytest

from indexer.errors import DocumentError
from indexer.parse.notebook import parse_notebook
from indexer.types import Kind
from tests.indexer.parse.law import assert_lawful, only, read


def notebook(*cells: object) -> bytes:
    return json.dumps({"nbformat": 4, "cells": cells}).encode()


def test_a_cell_is_a_span_with_its_number_and_the_heading_above() -> None:
    parsed = parse_notebook(read("analysis.ipynb"))
    assert [(span.page, span.start, span.end, span.title) for span in parsed.spans] == [
        (1, 1, 3, "Salmon counts"),
        (2, 5, 11, "Salmon counts"),
        (4, 13, 19, "Salmon counts > By month"),
        (5, 21, 23, "Salmon counts > By year"),
    ]
    assert {span.kind for span in parsed.spans} == {Kind.CELL}
    assert only(parsed, "By month").cuts == (15, 17, 19)
    assert_lawful(parsed)


def test_text_output_and_errors_follow_the_code_and_pictures_do_not() -> None:
    parsed = parse_notebook(read("analysis.ipynb"))
    assert only(parsed, "paste").text.endswith("'salmon')\n\n312 salmon")
    assert only(parsed, "july").text == "months[['july']]\n\nsimpleError: no july"
    assert "Figure" not in parsed.text
    assert "aGVsbG8" not in parsed.text


def test_long_output_is_cut_short() -> None:
    output = {"output_type": "stream", "text": "".join(f"line {index}\n" for index in range(1000))}
    (span,) = parse_notebook(notebook({"cell_type": "code", "source": "run()", "outputs": [output]})).spans
    assert span.text.split("\n") == ["run()", "", *(f"line {index}" for index in range(20))]
    output["text"] = "x" * 100_000
    (span,) = parse_notebook(notebook({"cell_type": "code", "source": "run()", "outputs": [output]})).spans
    assert len(span.text) == len("run()\n\n") + 2000


def test_format_3_keeps_cells_in_worksheets_and_headings_in_cells() -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Fish"]},
        {"cell_type": "code", "input": "count()", "outputs": [{"output_type": "pyout", "text": ["3"]}]},
    ]
    parsed = parse_notebook(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode())
    assert [(span.text, span.title) for span in parsed.spans] == [("Fish", "Fish"), ("count()\n\n3", "Fish")]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b"null", b'{"cells": 3}', b"[" * 100_000, b"\xff\xfe\0"])
def test_what_is_no_notebook_is_a_document_error(data: bytes) -> None:
    with pytest.raises(DocumentError, match="is not a notebook"):
        parse_notebook(data)


def test_cells_of_wrong_types_are_left_out() -> None:
    parsed = parse_notebook(notebook(None, 3, {"source": {"a": 1}}, {"source": ["a", 2, "b\ud800\0"], "outputs": "x"}))
    assert [span.text for span in parsed.spans] == ["ab"]
    assert_lawful(parsed)
