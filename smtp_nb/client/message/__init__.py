"""What a message is made of: recipients, header, files, streams, and the job for a flow."""
