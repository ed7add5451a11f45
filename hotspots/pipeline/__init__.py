"""The order of the stages, one file per job; only this room knows it."""
