"""The bytes of a conversation, with what is worth seeing in them marked."""
