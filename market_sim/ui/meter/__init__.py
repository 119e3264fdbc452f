"""The honest meter: every number that the systems before this one claimed, beside what is modelled and measured."""
