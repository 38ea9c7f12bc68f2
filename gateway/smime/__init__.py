"""S/MIME (RFC 8551) for partners that want it around their mails. Pure: bytes in, bytes out; keys and time are passed in.

- `reasons`   every refusal with its sentence; everything about decryption has one and the same
- `mime`      headers and the two parts of multipart/signed, byte for byte
- `ber`       a bounded reader of ASN.1; what a partner wrote in BER goes on as DER
- `signed`    the CMS signature: closed shape, digest, value
- `proof`     whose signature it is: chain, name, mail address, time
- `opening`   decryption, the same steps whatever fails
- `peeling`   a mail with S/MIME around it, down to the content
- `sealing`   signing and encrypting our own
- `seals`     all of it for the stages, with our keys

S/MIME is a coat around the mail. The form inside bears its own XML signature, which stays mandatory and decides.
"""
