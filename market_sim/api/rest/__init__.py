"""The REST interface under /api: its document, its rules for requests, and its routes by subject."""
