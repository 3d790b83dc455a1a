"""Where people come from: files today, each read once, as a stream."""
