"""Offer commands to whoever runs the server."""
