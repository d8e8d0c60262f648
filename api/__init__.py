"""The API server: notes, who am I, the audit log. It trusts access tokens, and nothing else."""
