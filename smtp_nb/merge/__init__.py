"""Mail merge: from a DataFrame to delivered mail, with an outcome for every row."""
