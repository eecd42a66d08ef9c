"""A checkpoint from the Hugging Face hub: the cached copy first, so that only the first use needs a network."""

from pathlib import Path
from typing import Final

from embedder.errors import ModelNotFoundError

# No *.bin, *.pt, *.py: pickles and programs are never even downloaded. model.bin is what CTranslate2 calls its weights.
PATTERNS: Final = ("*.json", "*.txt", "*.safetensors", "model.bin")
# Converted copies for other runtimes, which would double the download.
SKIPPED: Final = ("onnx/*", "openvino/*", "coreml/*")


def download(hub_id: str) -> Path:
    """Return the folder of a hub model, fetching it where no complete copy is cached.

    Raises ModelNotFoundError where the hub does not have it, refuses it or cannot be reached.
    """
    from huggingface_hub import snapshot_download  # here: importing it costs a quarter of a second
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    allow, ignore = list(PATTERNS), list(SKIPPED)
    by_hand = f"download its files from https://huggingface.co/{hub_id} by hand and give the folder instead of the name"
    try:
        try:
            cached = snapshot_download(hub_id, allow_patterns=allow, ignore_patterns=ignore, local_files_only=True)
        except LocalEntryNotFoundError:  # nothing cached, or a download that was broken off
            cached = snapshot_download(hub_id, allow_patterns=allow, ignore_patterns=ignore)
    except HFValidationError as error:
        raise ModelNotFoundError(
            f"`{hub_id}` is neither a folder nor a name that the Hugging Face hub could have",
            hint="give an existing folder, or a name such as thenlper/gte-small",
        ) from error
    except GatedRepoError as error:
        raise ModelNotFoundError(
            f"the owner of `{hub_id}` asks for a login", hint=f"log in with `hf auth login`, or {by_hand}"
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelNotFoundError(
            f"the Hugging Face hub has no public model `{hub_id}`", hint="check the spelling: it is `owner/name`"
        ) from error
    except Exception as error:  # the client lets errors of its network libraries through as they are
        raise ModelNotFoundError(
            f"`{hub_id}` is not on this machine, and downloading it failed: {_first_line(error)}",
            hint=f"check the network and the free disk space, or {by_hand}",
        ) from error
    return Path(cached)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
