"""Stylesheets and colour themes, read with importlib.resources."""
