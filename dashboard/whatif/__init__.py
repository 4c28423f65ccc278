"""What-if in the manager: curves read and added up, what they mean, what to do about it, and whether it came true."""
