"""Which row gets which message: keys, recipients, rendering, what has changed."""
