"""Every bad signature we know of, each wrong in one respect, with the code it must be refused with."""

from tests.signing import bad_shapes, bad_values

ALL = [
    *bad_shapes.WRAPPING,
    *bad_shapes.REFERENCES,
    *bad_shapes.ALGORITHMS,
    *bad_values.PARTS,
    *bad_values.CERTIFICATES,
    *bad_values.PARSER,
]
