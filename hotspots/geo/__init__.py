"""The one door for coordinates: reference systems, grids, distinct points and distances."""
