"""ICF operations on object classes."""
