"""The trail of a conversation, and its ladder diagram."""
