"""Ways to reach a device that is no VISA resource: serial ports, Modbus, HTTP. Every exchange is noted."""
