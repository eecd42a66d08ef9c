"""Text to token ids with the checkpoint's own tokenizer.json, without transformers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from embedder.batching import windows
from embedder.config import DAMAGED
from embedder.errors import CheckpointError, LabelError
from embedder.files import Layout
from embedder.types import Role

if TYPE_CHECKING:
    from tokenizers import Tokenizer

HEAD_CHARACTERS: Final = 20  # a token: enough for nearly all text, where a token is 3 to 5 characters


class TextTokenizer:
    """The tokenizer of a checkpoint. May be used from several threads."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        # A published tokenizer.json may cut at 128 tokens and pad to 128: both settings are replaced.
        self._cutting = _open(layout)
        self._cutting.enable_truncation(max_length=layout.max_tokens)
        self._whole = _open(layout)

    def ids(self, texts: Sequence[str], *, role: Role) -> list[list[int]]:
        """Return the ids of each text with its prefix, special tokens included, cut at max_tokens."""
        cleaned = _clean(texts, self._layout, prefix=self._layout.prefix(role))
        longest = self._layout.max_tokens
        heads = [head(text, longest * HEAD_CHARACTERS) for text in cleaned]
        rows = [encoding.ids for encoding in self._cutting.encode_batch_fast(heads)]
        # A head may hold too few tokens (white space, one endless word): then the whole text is read.
        again = [i for i, row in enumerate(rows) if len(row) < longest and len(heads[i]) < len(cleaned[i])]
        for position, encoding in zip(again, self._cutting.encode_batch_fast([cleaned[i] for i in again]), strict=True):
            rows[position] = encoding.ids
        return rows

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text as a passage: prefix and special tokens included, nothing cut."""
        return [
            len(encoding)
            for window in windows(texts)
            for encoding in self._whole.encode_batch_fast(
                _clean(window, self._layout, prefix=self._layout.passage_prefix)
            )
        ]


class PairTokenizer:
    """The same for pairs of a text and a hypothesis about it. May be used from several threads."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._tokenizer = _open(layout)
        self._hypothesis = _open(layout)
        self._tokenizer.enable_truncation(max_length=layout.max_tokens, strategy="only_first")

    def pairs(self, text: str, hypotheses: Sequence[str]) -> list[tuple[list[int], list[int]]]:
        """Return ids and token types of the text with each hypothesis; only the text is cut, at max_tokens together.

        Raises LabelError where a hypothesis leaves no room for the text.
        """
        longest = self._layout.max_tokens
        cleaned = _clean(hypotheses, self._layout)
        for hypothesis, encoding in zip(hypotheses, self._hypothesis.encode_batch_fast(cleaned), strict=True):
            if len(encoding) + 2 > longest:  # a token of the text and another special one
                raise LabelError(
                    f"`{hypothesis[:80]}` has {len(encoding)} tokens; the model reads {longest} with the text",
                    hint="shorten the label or the template",
                )
        (whole,) = _clean([text], self._layout)
        start = head(whole, longest * HEAD_CHARACTERS)
        found = self._tokenizer.encode_batch([(start, hypothesis) for hypothesis in cleaned])
        if len(start) < len(whole) and any(len(encoding) < longest for encoding in found):
            found = self._tokenizer.encode_batch([(whole, hypothesis) for hypothesis in cleaned])
        return [(encoding.ids, encoding.type_ids) for encoding in found]


class QuestionTokenizer:
    """The same for a query with passages, of which a cross-encoder reads the head. May be used from several threads."""

    def __init__(self, layout: Layout, *, longest: int) -> None:
        """Take the tokenizer of a checkpoint. longest: tokens of a pair, special ones included."""
        self._layout = layout
        self._longest = min(longest, layout.max_tokens)
        self._plain = _open(layout)
        self._pairing = _open(layout)
        self._pairing.enable_truncation(max_length=self._longest, strategy="only_second")

    def pairs(self, query: str, passages: Sequence[str]) -> list[tuple[list[int], list[int]]]:
        """Return ids and token types of the query with each passage; the query gets half of the length at most."""
        asked = self._plain.encode_batch_fast(_clean([query], self._layout), add_special_tokens=False)[0]
        asked.truncate(self._longest // 2)
        heads = [head(text, self._longest * HEAD_CHARACTERS) for text in _clean(passages, self._layout)]
        read = self._plain.encode_batch_fast(heads, add_special_tokens=False)
        joined = [self._pairing.post_process(asked, one) for one in read]
        return [(one.ids, one.type_ids) for one in joined]


def _clean(texts: Sequence[str], layout: Layout, *, prefix: str = "") -> list[str]:
    cleaned = [prefix + printable(text) for text in texts]
    return [text.lower() for text in cleaned] if layout.lower_case else cleaned


def printable(text: str) -> str:
    """Return `text` with pairs of surrogates joined and lone ones replaced: JSON escapes and file names bring them."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def head(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, cut before white space so that no word is cut in two.

    The whole text where it has no white space before the limit: tokens of a head are then always the first
    tokens of the text.
    """
    if len(text) <= limit:
        return text
    stop = max(text.rfind(" ", 0, limit), text.rfind("\n", 0, limit))
    return text[:stop] if stop > 0 else text


def _open(layout: Layout) -> "Tokenizer":
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(layout.tokenizer))
    except Exception as error:  # the library raises nothing narrower
        raise CheckpointError(f"cannot read {layout.tokenizer}: {error}", hint=DAMAGED) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if tokenizer.get_vocab_size(with_added_tokens=True) > layout.config.vocabulary:
        raise CheckpointError(
            f"{layout.tokenizer} has more tokens than the model ({layout.config.vocabulary})",
            hint="the folder mixes files of two models: " + DAMAGED,
        )
    if not tokenizer.encode("").ids:
        raise CheckpointError(
            f"{layout.tokenizer} puts no special tokens around a text, so an empty text has no vector",
            hint="write it again from the model's own tokenizer, with its post-processor",
        )
    return tokenizer
