"""The queue directory: messages in files, sent by any number of processes."""
