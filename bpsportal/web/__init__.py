"""The floor that every app stands on: rights, error shape, paging, export, idempotency; imports no app."""
