"""SMTP flows, written once: generators that yield intents, without sockets or clocks."""
