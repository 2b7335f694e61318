"""YAML with places: nodes, quantities with units, reading by type, editor schemas."""
