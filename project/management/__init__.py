"""Offer this site's own commands."""
