"""Serve the API: notes, who am I, the audit log. It trusts access tokens and nothing else."""
