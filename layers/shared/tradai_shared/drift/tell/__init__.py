"""Telling what a run found: as JSON, Markdown and a page; to the log, S3, the alerts topic, the event bus."""
