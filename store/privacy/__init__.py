"""Erasing people, keeping mail out, letting it go after its time, and telling people what is stored about them."""
