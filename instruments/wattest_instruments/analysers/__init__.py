"""Power analysers: the reference meters of a bench, each with its twin beside it."""
