"""Mappings: the list, and the editor of one."""

from screens.screens.mapping.screen import MappingScreen

__all__ = ["MappingScreen"]
