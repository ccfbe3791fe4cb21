"""A Report's faces, one file each."""
