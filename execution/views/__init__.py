"""Pages of what runs; each view parses, makes one call, and renders."""
