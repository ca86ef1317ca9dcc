"""Running a merge: messages, connections and pace."""
