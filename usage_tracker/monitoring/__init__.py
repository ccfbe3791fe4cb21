"""What happens between two looks at the report."""
