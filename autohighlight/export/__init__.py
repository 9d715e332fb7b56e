"""Timeline -> files: one module a format."""
