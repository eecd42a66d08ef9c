"""Where chunks and vectors are kept and asked for."""
