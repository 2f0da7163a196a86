"""The exhibits: a folder each, plug-ins of the house, unknown to it and to each other."""
