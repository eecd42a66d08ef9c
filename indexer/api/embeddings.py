"""Texts to vectors, in the shape of OpenAI's API: its clients work with `.../api/v1` as their base URL."""

import base64
from collections.abc import Callable
from typing import Annotated, Final, Literal

import numpy as np
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

import embedder
from embedder.types import Encoder, Role, Vectors
from indexer.errors import InputError, NotFoundError
from indexer.index import Index
from indexer.problem import Problem

MOST_TEXTS: Final = 2048  # as there

Text = Annotated[str, StringConstraints(min_length=1)]


class EmbeddingsRequest(BaseModel):
    """Texts, and how their vectors are wanted."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"model": "gte-mini", "input": ["where are uploads retried"]}]},
    )

    model: Annotated[str, Field(description="The model of the index; `GET /v1/models` names it.")]
    input: Annotated[
        Text | Annotated[list[Text], Field(min_length=1, max_length=MOST_TEXTS)], Field(description="One text or many.")
    ]
    input_type: Annotated[Role, Field(description="What the texts are: some models read questions differently.")] = (
        "passage"
    )
    encoding_format: Annotated[
        Literal["float", "base64"], Field(description="`base64` is of little-endian float32, a fifth of the size.")
    ] = "float"
    dimensions: Annotated[int | None, Field(ge=1, description="Fewer numbers, where the model declares them.")] = None
    user: Annotated[str | None, Field(description="Ignored.")] = None


class Embedding(BaseModel):
    """The vector of one text; of unit length."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class Usage(BaseModel):
    """Tokens of the texts, those beyond the model's longest input among them, which are cut off."""

    prompt_tokens: int
    total_tokens: int


class Embeddings(BaseModel):
    """Vectors in the order of the texts."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: Usage


class Model(BaseModel):
    """A model that texts can be embedded with."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "gte-search"


class Models(BaseModel):
    """The one model."""

    object: Literal["list"] = "list"
    data: list[Model]


def router(opened: Callable[[], Index]) -> APIRouter:
    """Return the routes."""
    index = Depends(opened)
    routes = APIRouter(prefix="/v1", tags=["embeddings"])

    @routes.post("/embeddings", summary="Embed texts", responses={404: {"model": Problem}})
    def embeddings(request: EmbeddingsRequest, index: Annotated[Index, index]) -> Embeddings:
        """Return vectors that can be compared with those of the index, in OpenAI's shape."""
        encoder = index.encoder()
        if request.model not in {index.model_name, encoder.name, encoder.fingerprint}:
            raise NotFoundError(
                f"this server embeds with `{encoder.name}`, not with `{request.model}`",
                hint=f"ask for `{encoder.name}`, or start a server with `--model {request.model}`",
            )
        texts = [request.input] if isinstance(request.input, str) else request.input
        vectors = _cut(encoder.encode(texts, role=request.input_type), request.dimensions, encoder, index.model_name)
        tokens = sum(encoder.count_tokens(texts))
        data = [Embedding(index=at, embedding=_form(row, request)) for at, row in enumerate(vectors)]
        return Embeddings(data=data, model=encoder.name, usage=Usage(prompt_tokens=tokens, total_tokens=tokens))

    @routes.get("/models", summary="The model")
    def models(index: Annotated[Index, index]) -> Models:
        """Name the model that texts are embedded with."""
        return Models(data=[Model(id=index.encoder().name)])

    return routes


def _cut(vectors: Vectors, dim: int | None, encoder: Encoder, name: str) -> Vectors:
    """Return the first `dim` numbers of each vector, again of unit length. InputError: not declared."""
    if dim is None or dim == encoder.dim:
        return vectors
    sizes = sorted(size for size in embedder.elastic_dims(name) if size < encoder.dim)
    if dim not in sizes:
        known = ", ".join(map(str, [*sizes, encoder.dim]))
        raise InputError(f"`{encoder.name}` has no vectors of {dim} numbers", hint=f"dimensions may be {known}")
    kept = vectors[:, :dim]
    unit: Vectors = kept / np.linalg.norm(kept, axis=1, keepdims=True)
    return unit


def _form(row: Vectors, request: EmbeddingsRequest) -> list[float] | str:
    if request.encoding_format == "float":
        return [float(number) for number in row]
    return base64.b64encode(row.astype("<f4").tobytes()).decode("ascii")
