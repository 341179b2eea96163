"""Finding people whose names nobody stores in clear: normalising, indexing, ranking, asking."""
