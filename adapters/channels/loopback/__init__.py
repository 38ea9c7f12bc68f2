"""The channel that brings back what it takes out: copy this folder to begin a channel of your own."""
