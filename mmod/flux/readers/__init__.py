"""External file readers live here."""
