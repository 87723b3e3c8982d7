"""The canonical configuration: the single source of truth about the platform."""
