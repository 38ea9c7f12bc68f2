"""The vault in a folder: `vault` is the door, `block` the bytes of one file."""
