"""Raw files become checked tables; every row is accepted or kept as a reject with its reason."""
