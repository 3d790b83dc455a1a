"""Hubspoke: the engine. No Textual and no Rich in it, nowhere."""

__version__ = "0.1.0"
