"""What happens next, written once: generators that yield intents and know no socket and no clock."""
