"""Tables meet places: which area, which LSOA, which name."""
