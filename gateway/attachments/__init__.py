"""What a file beside a form is, by its own first bytes: kind, size of the picture, resolution, which prints it holds.

Files come from strangers. So nothing here decodes a picture, follows a link or allocates what a header asks for: each
reader walks a header with a bounded cursor and either says what it saw or what is wrong. No file is ever altered.

- `recognised.py`   what is known of a file afterwards
- `cursor.py`       bytes that cannot be read past their end
- `jpeg.py`, `jp2.py`, `wsq.py`, `pdf.py`, `nist.py`   one reader for each kind
- `recognise.py`    asks the reader that the first bytes call for
"""
