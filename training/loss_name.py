"""The names of the contrastive losses, apart from their arithmetic: recipes are read without torch."""

from enum import StrEnum


class LossName(StrEnum):
    """The contrastive losses, by the name a recipe uses."""

    IMPROVED = "improved"
    INFO_NCE = "info_nce"
