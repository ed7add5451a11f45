"""The outreach bus: what young people need and where, what each stop reaches of it, which stops to choose, and when."""
