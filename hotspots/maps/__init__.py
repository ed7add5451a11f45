"""Labelled frames become one offline page: style → layers → page. Nothing is computed here."""
