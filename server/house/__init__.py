"""What set-up and the workbench take; nothing here runs with the server or imports any of the house."""
