"""`python -m usage_tracker` is `tracker`."""

from usage_tracker.cli import main

if __name__ == "__main__":
    main()
