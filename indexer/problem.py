"""The one shape of an error over HTTP: problem details, RFC 9457."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

MEDIA_TYPE: Final = "application/problem+json"


class Problem(BaseModel):
    """What is wrong, and what to do."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "there is no chunk 0b9c",
                    "hint": "its file changed since; search again",
                }
            ]
        }
    )

    type: Annotated[str, Field(description="`about:blank`: the status says what kind of problem it is.")]
    title: Annotated[str, Field(description="The status in words.")]
    status: int
    detail: Annotated[str, Field(description="What is wrong.")]
    hint: Annotated[str, Field(description="What to do.")]


def refusal(status: int, detail: str, hint: str, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return an error in the one shape that every error has here."""
    # In a text of the disk half of a surrogate pair may stand for a byte that is not UTF-8.
    said = {"detail": _sayable(detail), "hint": _sayable(hint)}
    return JSONResponse(
        {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, **said},
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI is told of these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def _sayable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
