"""The encoder of an index's vectors, and the cross-encoder for its best hits: which they are, each loaded once."""

import threading
from typing import Final

import embedder
from embedder.errors import EmbedderError
from embedder.types import Encoder, Reranker
from indexer.errors import ModelMismatchError
from indexer.settings import Settings
from indexer.store.base import Store

MODEL_NOTE: Final = "model"  # the name, or the full path, that loads the encoder of the index's vectors
FINGERPRINT_NOTE: Final = "fingerprint"  # and what that encoder called itself


class Models:
    """Loads what settings and index name; for any number of threads."""

    def __init__(
        self, store: Store, settings: Settings, *, encoder: Encoder | None = None, reranker: Reranker | None = None
    ) -> None:
        """Nothing is loaded yet; `encoder` and `reranker` replace those that the settings name."""
        self._store = store
        self._settings = settings
        self._encoder = encoder
        self._reranker = reranker
        self._given = encoder is not None
        self._loaded = ""  # the name that `_encoder` was loaded by
        self._loading = threading.Lock()

    @property
    def name(self) -> str:
        """The encoder that the settings name, else the one the index was made with, else the default."""
        return self._settings.model or self._store.note(MODEL_NOTE) or embedder.DEFAULT_MODEL

    @property
    def is_warm(self) -> bool:
        """Tell whether a search would load no encoder: it is loaded, or there are no vectors to compare with."""
        if self._encoder is not None and (self._given or self.name == self._loaded):
            return True
        return not any(self._store.models().values())

    @property
    def loaded(self) -> Encoder | None:
        """The encoder where it is loaded already."""
        return self._encoder

    def encoder(self, *, convert: bool) -> Encoder:
        """Return the encoder. convert: prepare it, which may take a minute. Raises EmbedderError."""
        with self._loading:
            name = self.name  # asked every time: another process may have changed the index's model
            if self._encoder is None or (name != self._loaded and not self._given):
                self._encoder = embedder.load(name, threads=self._settings.threads or None, convert=convert)
                self._loaded = name
            return self._encoder

    def for_run(self) -> Encoder:
        """Return the encoder before a run; EmbedderError names the model and how to do without it."""
        try:
            return self.encoder(convert=True)
        except EmbedderError as error:
            raise EmbedderError(
                f"nothing was indexed, because the model `{self.name}` does not load: {error}",
                hint=f"{error.hint}; or name another with --model, or index by words alone with --no-vectors",
            ) from error

    def for_query(self) -> tuple[Encoder | None, str | None]:
        """Return the encoder, or None and why the search goes by words alone.

        Raises ModelMismatchError where the vectors are another encoder's, EmbedderError where the settings name one
        that does not load.
        """
        models = self._store.models()
        if not any(models.values()):
            said = "no vectors yet: found by words, symbols and paths only"
            return None, said if self._store.repos() else None  # an empty index has more to say
        try:
            encoder = self.encoder(convert=False)
        except EmbedderError as error:
            if self._settings.model:  # asked for by name: the user must know
                raise
            said = f"found by words, symbols and paths only, because the model does not load: {error}; {error.hint}"
            return None, said
        if not models.get(encoder.fingerprint):
            raise ModelMismatchError(stored=", ".join(models), asked=encoder.fingerprint)
        return encoder, None

    def reranker(self) -> Reranker | None:
        """Return the cross-encoder; None where the settings name none. Raises EmbedderError."""
        with self._loading:
            if self._reranker is None and self._settings.rerank:
                self._reranker = embedder.load_reranker(self._settings.rerank, threads=self._settings.threads or None)
            return self._reranker

    def note(self, encoder: Encoder, *, again: bool = True) -> None:
        """Remember whose vectors the index holds. again: also where that is noted already."""
        if again or not self._store.note(FINGERPRINT_NOTE):
            self._store.put_note(MODEL_NOTE, embedder.absolute_name(self.name))
            self._store.put_note(FINGERPRINT_NOTE, encoder.fingerprint)
