"""All that touches private parts of Textual, with a test per behaviour."""
