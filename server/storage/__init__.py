"""Tables and the queries on them, one file per word of the domain. Queries are plain functions on a connection."""
