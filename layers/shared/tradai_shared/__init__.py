"""What the functions share: one configuration, one way to call AWS, one way to tell what was done."""
