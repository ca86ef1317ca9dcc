"""What happens next, written once: generators that yield intents, without socket or clock."""
