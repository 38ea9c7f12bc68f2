"""One module per form of the family; each holds a `FORM`."""
