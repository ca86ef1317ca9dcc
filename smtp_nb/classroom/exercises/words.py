"""Words that a student has to find in a conversation, and that no other student has."""

from __future__ import annotations

from hashlib import sha256

_TEXT = """
amber anchor apple arrow autumn badger bamboo basil beacon birch breeze bronze cactus candle
canyon cedar cherry clover cobalt comet copper coral cotton crater cricket crystal daisy delta
desert dragon eagle ember falcon fennel fjord forest garnet ginger glacier granite harbor hazel
heron indigo island ivory jasmine juniper kestrel lagoon lantern laurel lemon lilac lotus maple
marble meadow mint nectar nutmeg oasis ocean olive onyx orchid otter pebble pepper pine planet
plum poppy prairie quartz quill raven river robin saffron sage salmon sierra silver sparrow spruce
summit sunset thistle thunder tiger topaz tulip tundra valley velvet violet walnut willow winter
wren zephyr
"""
WORDS = tuple(_TEXT.split())


def word_for(lesson: int, student: str) -> str:
    """The word of a student in a lesson: the same on every machine, others for others."""
    digest = sha256(f"{lesson}\0{student.strip().casefold()}".encode()).digest()
    return "-".join(WORDS[octet % len(WORDS)] for octet in digest[:2])
