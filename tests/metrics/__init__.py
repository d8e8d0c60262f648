"""What the part `metrics` counts, and who may read it."""
