"""Ways to reach a device that is no VISA resource: serial ports, Modbus, HTTP. Each keeps every exchange in the record."""
