"""A run on the workers of a Dask cluster, which share it through the journal."""
