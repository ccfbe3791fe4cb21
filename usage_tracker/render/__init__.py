"""The formats of a Report, one module or package each."""
