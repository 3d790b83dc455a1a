"""The managed repository: its people, one at a time and all of them."""
