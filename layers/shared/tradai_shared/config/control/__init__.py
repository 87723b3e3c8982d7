"""Document control: versions, the snapshot that holds every value, the document that mirrors them."""
