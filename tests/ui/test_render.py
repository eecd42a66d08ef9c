"""What the pages show of a value. New snapshots: run with `UPDATE_SNAPSHOTS=1`, then read the difference."""

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from indexer.query import parse
from indexer.types import Hit, Kind, Lines, Repo
from tests.ui.fake_backend import hit, result, status
from ui import render, why

SNAPSHOTS = Path(__file__).parent / "snapshots"
ROOT = Path("/srv/uploads")
EVIL = '<script>alert("x")</script><img src=x onerror=alert(1)>&amp;'

LONG = "\n".join(f"line {number}" for number in range(1, 41))

CARDS: dict[str, Hit] = {
    "function": hit(url="https://example.org/uploads/blob/0123/src/retry.py#L12-L20"),
    "long-and-stale": hit(
        kind=Kind.METHOD, symbol="Queue.run", text=LONG, start=101, end=140, matches=((120, 121),), stale=True
    ),
    "section": hit(
        "docs/install.md",
        symbol=None,
        title="Guide > Install",
        kind=Kind.SECTION,
        language="markdown",
        text="## Install\n\nRun `pip`.",
        start=3,
        end=5,
        matches=(),
    ),
    "page": hit(
        "paper.pdf",
        symbol=None,
        kind=Kind.PAGE,
        language="pdf",
        page=3,
        text="One.\nTwo.",
        start=40,
        end=41,
        matches=(),
    ),
}


class Tags(HTMLParser):
    """Collects elements and attributes, and whether everything that was opened was closed."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def assert_snapshot(name: str, markup: str) -> None:
    path = SNAPSHOTS / f"{name}.html"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(f"{markup}\n", "utf-8")
    assert f"{markup}\n" == path.read_text("utf-8")


@pytest.mark.parametrize("name", CARDS)
def test_card_looks_as_reviewed(name: str) -> None:
    markup = render.card(CARDS[name], root=ROOT, why=why.panel(CARDS[name], said=why.Strength.GOOD))
    assert_snapshot(f"card-{name}", markup)


def test_repository_looks_as_reviewed() -> None:
    shown = status(pending=870, languages={"python": 60, "go": 5, "c": 4, "rust": 3, "lua": 2, "toml": 1, "css": 1})
    assert_snapshot("repository", render.repository(shown, now=shown.indexed_at + 200))


@pytest.mark.parametrize("name", CARDS)
def test_markup_is_closed_in_order(name: str) -> None:
    found = CARDS[name]
    around = Lines(start=found.start - 2, end=found.end, text=f"a\nb\n{found.text}", exact=False)
    for shown in (None, around):
        tags = Tags(render.card(found, root=ROOT, why=why.panel(found, said="close"), around=shown))
        assert tags.open == []


def test_nothing_from_a_file_becomes_markup() -> None:
    evil = hit(
        f"src/{EVIL}/{EVIL}.py",
        repo=EVIL,
        symbol=EVIL,
        text=f"{EVIL}\n# {EVIL}\n'{EVIL}'",
        language=EVIL,
        url=f'https://example.org/"{EVIL}',
        why={EVIL: 1.0},
    )
    titled = hit(symbol=None, title=f"{EVIL} > {EVIL}", kind=Kind.SECTION, language="markdown", text=EVIL)
    for markup in (
        render.card(evil, root=Path(f"/srv/{EVIL}"), why=why.panel(evil, said="close")),
        render.card(evil, root=None, around=Lines(start=1, end=1, text=EVIL, exact=False)),
        render.similar_to(evil),
        render.card(titled, root=None),
        render.notice("error", EVIL, EVIL),
        render.repository(
            status(repo=Repo(name=EVIL, root=Path(f"/{EVIL}"), branch=EVIL, commit=EVIL), languages={EVIL: 1}), now=0
        ),
        render.progress(Path(f"/{EVIL}"), None),
        render.bar(EVIL, 0.5),
    ):
        tags = Tags(markup)
        assert not {"script", "img"} & set(tags.seen)
        assert not [name for name, _ in tags.attributes if name.startswith("on")]
        assert "alert(" in markup


def test_a_link_to_a_script_is_left_out() -> None:
    tags = Tags(render.card(hit(url="javascript:alert(1)"), root=ROOT))
    assert "a" not in tags.seen


def test_editor_opens_the_first_matching_line_of_the_file() -> None:
    found = hit("src/été & co #1.py", matches=((14, 14),))
    assert render.editor_link(ROOT, found) == "vscode://file/srv/uploads/src/%C3%A9t%C3%A9%20%26%20co%20%231.py:14"
    assert render.editor_link(ROOT, hit(matches=())).endswith("src/retry.py:12")


def test_jetbrains_opens_it_in_the_project_that_is_named_as_the_folder() -> None:
    found = hit("src/été & co.py", matches=((14, 14),))
    assert render.jetbrains_link(ROOT, found) == (
        "jetbrains://idea/navigate/reference?project=uploads&path=src/%C3%A9t%C3%A9%20%26%20co.py:14"
    )


def test_lines_around_a_hit_keep_their_numbers_and_stand_back() -> None:
    text = "\n".join(["before", *hit().text.split("\n"), "after"])
    markup = render.card(hit(), root=ROOT, around=Lines(start=11, end=21, text=text, exact=True))
    assert re.findall(r'data-n="(\d+)"', markup) == [str(line) for line in range(11, 22)]
    assert re.findall(r'gs-near" data-n="(\d+)"', markup) == ["11", "21"]
    assert re.findall(r'gs-m" data-n="(\d+)"', markup) == ["14", "20"]
    assert "Put together" not in markup


EXTRACTED = ["pdf", "docx", "pptx", "epub", "notebook"]


@pytest.mark.parametrize("language", EXTRACTED)
@pytest.mark.parametrize("page", [None, 3])
def test_lines_of_extracted_text_are_shown_nowhere(language: str, page: int | None) -> None:
    found = hit("manual", language=language, page=page, kind=Kind.SECTION, symbol=None, title="Install")
    markup = render.card(found, root=ROOT)
    assert 'data-copy="manual"' in markup
    assert 'data-editor="vscode://file/srv/uploads/manual"' in markup
    assert not re.search(r"data-n|L12|:12|12-20", markup)
    assert "gs-plain" in markup
    assert ("gs-lines" in markup) == (page is not None)


def test_two_pages_of_a_file_are_told_apart_by_a_screen_reader() -> None:
    assert 'aria-label="paper.pdf page 3"' in render.card(CARDS["page"], root=ROOT)


def test_a_name_that_is_not_unicode_still_opens() -> None:
    assert render.editor_link(ROOT, hit("caf\udce9.py", matches=())).endswith("caf%E9.py:12")


def test_without_a_folder_there_is_no_editor_link() -> None:
    assert "data-editor" not in render.card(hit(), root=None)


def test_lines_carry_their_numbers_in_the_file_and_matches_are_marked() -> None:
    markup = render.card(hit(), root=ROOT)
    assert re.findall(r'data-n="(\d+)"', markup) == [str(line) for line in range(12, 21)]
    assert re.findall(r'gs-m" data-n="(\d+)"', markup) == ["14", "20"]


def test_a_long_text_is_folded_around_its_matches_and_complete_behind_the_fold() -> None:
    whole, folded = render.card(CARDS["long-and-stale"], root=ROOT).split("</details>")[:2]
    assert re.findall(r'data-n="(\d+)"', whole) == [str(line) for line in range(101, 141)]
    shown = re.findall(r'data-n="(\d+)"', folded)
    assert {"101", "119", "120", "121", "122", "123"} <= set(shown)
    assert len(shown) == 14
    assert "Show all 40 lines" in whole


def test_place_to_copy_is_the_one_of_the_command_line() -> None:
    assert 'data-copy="src/retry.py:12-20"' in render.card(hit(), root=ROOT)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({}, "L12-20"),
        ({"start": 12, "end": 12, "text": "x", "matches": ()}, "L12"),
        ({"page": 3, "kind": Kind.PAGE, "language": "pdf"}, "page 3"),
        ({"page": 3, "kind": Kind.PAGE, "language": "pptx"}, "slide 3"),
        ({"page": 3, "kind": Kind.CELL, "language": "notebook"}, "cell 3"),
    ],
)
def test_place_is_named_as_its_format_does(changes: dict[str, Any], place: str) -> None:
    assert f'<span class="gs-lines">{place}</span>' in render.card(hit(**changes), root=ROOT)


def test_summary_counts_and_adds_up_the_times() -> None:
    text = re.sub("<[^>]*>", "", render.summary(result("retry", [hit()], total=23)))
    assert text == "23 results in 14 ms (encode 6, search 5, rank 3)"
    assert ">1 result in" in render.summary(result("retry", [hit()]))
    assert ">1,000+ results in" in render.summary(result("retry", [hit()], total=1_000, total_is_exact=False))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("where are uploads retried", ""),
        ("Session.send lang:python", ""),
        ("src/retry.py:12", "Read as a path, at line 12"),
        ('"gave up" -"at once" /retr(y|ies)/', 'Only what holds "gave up" and /retr(y|ies)/'),
        ("ValueError: not an address", "Read as an error message"),
        (
            'File "a.py", line 3, in f\nFile "b.py", line 4, in g',
            "Read as a stack trace of 2 frames, the innermost first",
        ),
    ],
)
def test_a_special_reading_of_the_query_is_told_in_a_line(query: str, text: str) -> None:
    assert re.sub("<[^>]*>", "", render.understood(parse(query).understood())) == text.replace('"', "&quot;")


def test_a_correction_is_told_and_cannot_become_markup() -> None:
    query = parse("retry_faild").with_spelling({"retry_faild": ("<b>",)})
    markup = render.understood(query.understood())
    assert "Looked for <code>&lt;b&gt;</code> instead of <code>retry_faild</code>" in markup


def test_notice_shows_commands_as_code_and_starts_as_a_sentence() -> None:
    markup = render.notice("error", "no index there", "run `index-repo <PATH>`")
    assert "<strong>No index there</strong>" in markup
    assert "Run <code>index-repo &lt;PATH&gt;</code>" in markup
    assert 'role="alert"' in markup


@pytest.mark.parametrize(("share", "text"), [(0.0, "0 %"), (0.424, "42 %"), (0.9999, "99 %"), (1.0, "100 %")])
def test_nothing_is_complete_before_it_is(share: float, text: str) -> None:
    assert render.percent(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "just now"), (59, "just now"), (60, "1 minute ago"), (7_300, "2 hours ago"), (90_000, "1 day ago")],
)
def test_times_are_told_in_their_largest_unit(seconds: float, text: str) -> None:
    assert render.ago(seconds) == text


def test_shares_of_an_empty_or_growing_repository() -> None:
    empty = status(files=0, expected_files=0, chunks=0, complete=False)
    assert (render.coverage(empty), render.meaning(empty)) == (0.0, 0.0)
    growing = status(files=30, expected_files=120, chunks=400, pending=100)
    assert (render.coverage(growing), render.meaning(growing)) == (0.25, 0.75)
    shrunk = status(files=130, expected_files=120)
    assert render.coverage(shrunk) == 1.0


def test_a_label_shows_markdown_as_it_is() -> None:
    assert render.label("a*b* [x](http://y) :smile: `c`\n$d$ _e_") == (
        r"a\*b\* \[x\]\(http\:\/\/y\) \:smile\: \`c\` \$d\$ \_e\_"
    )


def test_the_file_name_stands_out_from_its_folder() -> None:
    assert '<span class="gs-path"><b>setup.py</b></span>' in render.card(hit("setup.py"), root=ROOT)
