"""The types of the domain: instruments, intents, inputs, events, and the reasons of refusals."""
