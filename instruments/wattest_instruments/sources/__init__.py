"""AC sources and grid simulators: the role ``mains`` with voltage, frequency and dips."""
