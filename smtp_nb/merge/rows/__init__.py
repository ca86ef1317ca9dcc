"""The rows of a DataFrame: values, keys, and what is wrong with them."""
