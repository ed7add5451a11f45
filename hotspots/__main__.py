"""``python -m hotspots``: the command line."""

from hotspots.cli import main

if __name__ == "__main__":
    main()
