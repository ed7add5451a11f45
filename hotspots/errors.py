"""The error family: every failure a user can cause or mend, each one clear sentence.

A message says what is wrong, where, and what to try. The command line prints it and exits with 1;
anything else that escapes is a defect of the program.
"""

from __future__ import annotations


class HotspotsError(Exception):
    """Base of every error raised on purpose; catch it to catch them all."""


class InputError(HotspotsError, ValueError):
    """An input file is missing, unreadable, or not what it was given as."""


class SettingsError(HotspotsError, ValueError):
    """A setting or an option has a value the program cannot use."""


class TableError(HotspotsError, ValueError):
    """A table between two stages breaks its contract: a defect, or a frame built by hand."""


class OutputError(HotspotsError, OSError):
    """An output cannot be written: a folder that exists, a file held open, a full disk."""
