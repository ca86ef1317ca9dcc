"""Rows of a DataFrame: values, groups and problems."""
