"""Pages of the officers' desks."""
