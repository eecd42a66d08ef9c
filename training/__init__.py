"""Trains the encoder that `embedder` ships. So far an empty room: see README.md beside this file."""
