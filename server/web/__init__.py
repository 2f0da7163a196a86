"""Parse a request, call one service, render the answer. Sentences for people live on this floor."""
