"""The schema: each attribute of a manifest, declared once with its range and what changing it costs."""
