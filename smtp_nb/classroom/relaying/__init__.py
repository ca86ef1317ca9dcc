"""What happens between servers: who sent it, where it goes next, and what comes back."""
