"""One month's results as files for the meeting."""
