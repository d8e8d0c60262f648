"""Tests that need more time or more engines than the everyday ones: `./run test --all`."""
