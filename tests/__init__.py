"""The test suite: unit (no database), integration (database), faults, rigs (real servers), browser."""
