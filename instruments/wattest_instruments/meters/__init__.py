"""Energy meters whose registers count up, read by Modbus: a modest reference for energy."""
