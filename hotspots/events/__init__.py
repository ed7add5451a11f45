"""The events tracker as tables: recurrence, duplicates, exposure of hotspots, and the community tension log."""
