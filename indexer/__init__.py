"""Repositories and documents in, ranked hits out."""
