"""Rules for shapes."""

load("@rules//:defs.bzl", "library")

LIMIT = 10

def shape_library(name, srcs = []):
    """Makes a library of shapes."""
    library(
        name = name,
        srcs = srcs,
    )
