"""Small pure functions of statistics that several stages use."""
