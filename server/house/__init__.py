"""What set-up and the workbench take; nothing here runs with the server, and it imports nothing of the house."""
