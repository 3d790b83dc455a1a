"""The one gate for foreign text on its way to a screen, a table or a report."""
