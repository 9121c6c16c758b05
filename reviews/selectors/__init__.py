"""What officers' pages read."""
