import pytest

from embedder.models import DEFAULT_MODEL, MODELS, Asked, Pooling, asked, known


@pytest.mark.parametrize(
    ("name", "hub"),
    [
        ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"),
        ("sentence-transformers/all-minilm-l6-v2", "sentence-transformers/all-MiniLM-L6-v2"),
        ("GTE-small", "thenlper/gte-small"),
        ("thenlper/gte-large", "thenlper/gte-large"),
        ("barisaydin/gte-base", "barisaydin/gte-base"),
        ("dhairya0907/thenlper-get-large", "dhairya0907/thenlper-get-large"),
        ("gte-base-en-v1.5", "Alibaba-NLP/gte-base-en-v1.5"),
        ("Alibaba-NLP/gte-large-en-v1.5", "Alibaba-NLP/gte-large-en-v1.5"),
        ("gte-modernbert-base", "Alibaba-NLP/gte-modernbert-base"),
        ("gte-small-ct2-int8", "jncraton/gte-small-ct2-int8"),
        ("mjwong/gte-large-mnli-anli", "mjwong/gte-large-mnli-anli"),
    ],
)
def test_a_model_answers_to_its_names_in_any_case(name: str, hub: str) -> None:
    model = known(name)
    assert model is not None
    assert model.hub == hub


def test_an_unknown_name_is_not_guessed() -> None:
    assert known("gte") is None


def test_no_name_leads_to_two_models() -> None:
    names = [name.lower() for model in MODELS for name in {model.name, model.hub or model.name, *model.aliases}]
    assert len(names) == len(set(names))


def test_the_first_state_is_the_vector_of_models_for_long_texts() -> None:
    assert all((model.pooling is Pooling.CLS) == (model.max_tokens == 8192) for model in MODELS)


def test_the_default_is_in_the_table() -> None:
    default = known(DEFAULT_MODEL)
    assert default is not None
    assert (default.dim, default.max_tokens, default.pooling) == (384, 256, Pooling.MEAN)


@pytest.mark.parametrize(
    "text",
    ["gte-small", "a@b", "name@12345", "name@12345678+int4", "@12345678", "name@12345678+128d+3layers"],
)
def test_a_name_that_is_no_fingerprint_stays_whole(text: str) -> None:
    assert asked(text) == Asked(text)
