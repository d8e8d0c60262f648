"""What the lab serves on each kind of host."""
