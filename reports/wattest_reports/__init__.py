"""Everything that renders a record; pure functions of it."""
