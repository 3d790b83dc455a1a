"""The guided setup: from nothing to a first plan in seven steps."""
