"""One suite for every encoder."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

import embedder
from embedder import Encoder, FakeEncoder, Vectors
from tests.embedder import checkpoints, published

TEXTS = [
    "where are redirects followed and the method rewritten",
    "",
    "def retry(self): return open(file)",
    "merge proxy settings from the environment " * 40,  # longer than any encoder here reads
    "a",
    "where are redirects followed and the method rewritten",  # again
    "ファイルを開く 😀 e\u0301",
    "nul \0 and \udc80 a lone surrogate",
    "\n\t  ",
    "x" * 5000,
]


@pytest.fixture(
    scope="module",
    params=[
        "fake",
        "torch-tiny",
        "torch-tiny-cls",
        "ct2-tiny",
        "ct2-tiny-cls",
        *(f"torch-{kind}" for kind in published.KINDS),
        "ct2-ct2",  # a folder that CTranslate2 wrote
        "ct2-ct2-older",
        "torch-elastic",
        "ct2-elastic",
        pytest.param("torch-real", marks=pytest.mark.model),
        pytest.param("ct2-real", marks=pytest.mark.model),
        pytest.param("cuda-tiny", marks=pytest.mark.gpu),
    ],
)
def encoder(
    request: pytest.FixtureRequest,
    tiny: Path,
    tiny_cls: Path,
    tiny_elastic: Path,
    tiny_of: Callable[[str], Path],
    cache_dir: Path,
) -> Encoder:
    kind = str(request.param)
    if kind == "fake":
        return FakeEncoder()
    if kind == "cuda-tiny":
        torch = pytest.importorskip("torch")
        if not torch.cuda.is_available():
            pytest.skip("PyTorch sees no GPU")
        return embedder.load(tiny, device="cuda", runtime="torch", cache_dir=cache_dir)
    runtime, _, model = kind.partition("-")
    use: Literal["torch", "ct2"] = "torch" if runtime == "torch" else "ct2"
    if model == "elastic":
        return embedder.load(tiny_elastic, device="cpu", runtime=use, dim=16, layers=1, cache_dir=cache_dir)
    if model == "real":
        return embedder.load(checkpoints.bundled_model(), device="cpu", runtime=use, cache_dir=cache_dir)
    folder = {"tiny": tiny, "tiny-cls": tiny_cls}[model] if model.startswith("tiny") else tiny_of(model)
    return embedder.load(folder, device="cpu", runtime=use, cache_dir=cache_dir)


def cosines(left: Vectors, right: Vectors) -> Vectors:
    found: Vectors = (left * right).sum(axis=1)
    return found


def test_it_is_an_encoder(encoder: Encoder) -> None:
    assert isinstance(encoder, Encoder)
    assert encoder.name
    assert encoder.fingerprint.startswith(f"{encoder.name}@")


def test_rows_are_float32_and_of_unit_length(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS, role="passage")
    assert vectors.shape == (len(TEXTS), encoder.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    vectors = encoder.encode([], role="query")
    assert vectors.shape == (0, encoder.dim)
    assert vectors.dtype == np.float32
    assert encoder.count_tokens([]) == []


def test_many_at_once_give_what_one_by_one_gives_in_order(encoder: Encoder) -> None:
    # Texts of all lengths stand in one batch: a state of a padded position that counted would show here.
    together = encoder.encode(TEXTS, role="passage")
    alone = np.concatenate([encoder.encode([text], role="passage") for text in TEXTS])
    # In 8 bits the last bit of a sum, which follows the shape of the batch, may round a number up or down.
    assert cosines(together, alone).min() > (0.999 if encoder.fingerprint.endswith("+int8") else 0.9999)


def test_a_long_neighbour_does_not_change_a_vector(encoder: Encoder) -> None:
    short = "follow redirects"
    before = encoder.encode([short], role="query")
    beside = encoder.encode([short, "read the file " * 100], role="query")[:1]
    assert cosines(before, beside).min() > 0.9999


def test_the_same_text_has_the_same_vector_and_another_text_another(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS, role="passage")
    assert vectors[0] @ vectors[5] > 0.9999
    assert vectors[0] @ vectors[2] < 0.99


def test_what_is_beyond_max_tokens_is_cut_off(encoder: Encoder) -> None:
    count = encoder.max_tokens - encoder.count_tokens([""])[0]
    exact = "file" + " file" * (count - 1)
    assert encoder.count_tokens([exact]) == [encoder.max_tokens]
    vectors = encoder.encode([exact, exact + " error" * 50, "error " * 50 + exact], role="passage")
    assert vectors[0] @ vectors[1] > 0.9999
    assert vectors[0] @ vectors[2] < 0.9999


def test_tokens_are_counted_before_the_cut(encoder: Encoder) -> None:
    none, one, two, many = encoder.count_tokens(["", "file", "file file", "file" + " file" * 4999])
    assert (one - none, two - none, many - none) == (1, 2, 5000)


@pytest.mark.parametrize(
    "text",
    ["x" * 1_000_000, "word " * 200_000, " " * 1_000_000, "\0" * 1000, "\ud83d", "😀" * 10_000],
    ids=["one endless word", "many words", "white space", "NUL", "half an emoji", "emoji"],
)
def test_strange_texts_get_a_vector(encoder: Encoder, text: str) -> None:
    (vector,) = encoder.encode([text], role="passage")
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert encoder.count_tokens([text])[0] >= 2


def test_threads_may_share_it(encoder: Encoder) -> None:
    alone = encoder.encode(TEXTS, role="passage")
    with ThreadPoolExecutor(4) as pool:
        shared = list(pool.map(lambda _: encoder.encode(TEXTS, role="passage"), range(4)))
    assert min(cosines(alone, vectors).min() for vectors in shared) > 0.9999


@pytest.mark.parametrize("role", ["query", "passage"])
def test_a_text_is_nearest_to_itself(encoder: Encoder, role: embedder.Role) -> None:
    texts = ["follow redirects", "merge proxy settings", "open a file"]
    similarity = encoder.encode(texts, role=role) @ encoder.encode(texts, role="passage").T
    assert similarity.argmax(axis=1).tolist() == [0, 1, 2]
