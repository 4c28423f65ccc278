"""Auto-scaling in the manager: what is known when it decides, what it says of it, and the fields that set it."""
