"""Where people come from: the list of sources, and one source looked at."""

from screens.screens.sources.screen import SourcesScreen

__all__ = ["SourcesScreen"]
