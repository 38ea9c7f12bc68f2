"""FC-03, the national part of the Schengen Information System (N.SIS)."""
