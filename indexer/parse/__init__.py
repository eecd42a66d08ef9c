"""Source and documents to structure."""
