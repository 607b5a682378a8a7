"""Cases that a user can run to check the engine (reserved)."""
