"""Plots as figures: plain frames in, a drawing with a text alternative out, PNG and SVG bytes from it."""
