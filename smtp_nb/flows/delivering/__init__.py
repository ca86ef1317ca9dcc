"""Messages to a server that takes mail: transactions, content, windows, reconnects."""
