"""Evaluation: folders of labelled sets and some models in, a table out."""
