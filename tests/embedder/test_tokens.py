from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from embedder import CheckpointError
from embedder.files import Layout
from embedder.tokens import TextTokenizer, head, printable
from tests.embedder import checkpoints


def test_the_files_own_cut_and_padding_are_not_obeyed(tiny: Path) -> None:
    tokenizer = TextTokenizer(Layout.find(tiny))  # its tokenizer.json cuts and pads to 8
    short, long = tokenizer.ids(["file", "file " * 20], role="query")
    assert (len(short), len(long)) == (3, 22)
    assert tokenizer.count(["file", "file " * 20]) == [3, 22]


def test_a_cut_text_keeps_its_closing_token(tiny: Path) -> None:
    tokenizer = TextTokenizer(Layout.find(tiny))
    short, long = tokenizer.ids(["file", "file " * 1000], role="query")
    assert len(long) == checkpoints.MAX_TOKENS
    assert (long[0], long[-1]) == (short[0], short[-1])


@pytest.mark.parametrize("start", [" " * 5000, "\n" * 5000, "x" * 5000 + " ", "\0" * 5000, "", "word_of_pieces " * 500])
def test_reading_only_the_head_of_a_long_text_changes_nothing(tiny: Path, start: str) -> None:
    text = start + "file error " * 1000
    whole = Tokenizer.from_file(str(tiny / "tokenizer.json"))
    whole.no_padding()
    whole.enable_truncation(checkpoints.MAX_TOKENS)
    assert TextTokenizer(Layout.find(tiny)).ids([text], role="query") == [whole.encode(text).ids]


def test_each_role_has_its_prefix(tiny: Path, tmp_path: Path) -> None:
    folder = checkpoints.write(tmp_path / "m", prompts={"query": "do ", "document": "the file "})
    plain, prefixed = TextTokenizer(Layout.find(tiny)), TextTokenizer(Layout.find(folder))
    assert prefixed.ids(["error"], role="query") == plain.ids(["do error"], role="query")
    assert prefixed.ids(["error"], role="passage") == plain.ids(["the file error"], role="passage")
    assert prefixed.count(["error"]) == [5]  # what a passage takes: two words of prefix, one of text, two special


def test_texts_are_lowered_where_the_checkpoint_says_so(own: Path) -> None:
    checkpoints.change_json(own / "tokenizer.json", normalizer=None)
    (kept,) = TextTokenizer(Layout.find(own)).ids(["FILE"], role="query")
    checkpoints.change_json(own / "sentence_bert_config.json", do_lower_case=True)
    lowered, small = TextTokenizer(Layout.find(own)).ids(["FILE", "file"], role="query")
    assert lowered == small != kept


@given(st.text())
def test_text_without_surrogates_is_kept(text: str) -> None:
    assert printable(text) == text


@given(st.text(st.characters()))
def test_every_text_becomes_encodable(text: str) -> None:
    assert len(printable(text).encode("utf-8")) >= len(text) / 2  # two surrogates may join to one character


def test_a_lone_surrogate_is_replaced_and_its_neighbours_are_kept() -> None:
    assert printable("a\udc80b\ud83d") == "a\ufffdb\ufffd"


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert printable("\ud83d\ude00") == "\U0001f600"


@given(st.text(st.sampled_from("ab \n"), max_size=60), st.integers(min_value=1, max_value=20))
def test_a_head_ends_before_white_space_or_is_the_whole_text(text: str, limit: int) -> None:
    start = head(text, limit)
    assert text.startswith(start)
    assert start == text or (len(start) < limit and text[len(start)] in " \n")


def test_a_damaged_tokenizer_is_named(own: Path) -> None:
    (own / "tokenizer.json").write_text("{", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"tokenizer\.json"):
        TextTokenizer(Layout.find(own))


def test_a_tokenizer_of_another_model_is_refused(own: Path) -> None:
    checkpoints.change_json(own / "config.json", vocab_size=50)
    with pytest.raises(CheckpointError, match="more tokens than the model"):
        TextTokenizer(Layout.find(own))


def test_a_tokenizer_without_special_tokens_is_refused(own: Path) -> None:
    checkpoints.change_json(own / "tokenizer.json", post_processor=None)
    with pytest.raises(CheckpointError, match="no special tokens"):
        TextTokenizer(Layout.find(own))
