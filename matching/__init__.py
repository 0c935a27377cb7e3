"""Pure functions: whose is it, what does it mean, what is due."""
