"""What Gatehouse costs beside its peers: `./run bench` measures and writes RESULTS.md."""
