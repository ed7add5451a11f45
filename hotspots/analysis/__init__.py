"""Pure functions from tables to tables; nothing here knows a colour or a file."""
