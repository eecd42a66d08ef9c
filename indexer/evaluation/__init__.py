"""How good a search is, measured on queries whose answers somebody wrote down."""
