"""Those who say when something existed."""
