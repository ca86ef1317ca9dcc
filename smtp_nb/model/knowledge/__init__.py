"""What `explain` knows: the tables, and the faults below SMTP."""
