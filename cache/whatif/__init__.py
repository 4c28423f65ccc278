"""What another policy or another capacity would have done on the same requests."""
