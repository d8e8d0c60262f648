"""The API server, from outside."""
