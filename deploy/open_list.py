"""Open a sealed list: `python3 open_list.py KEYFILE LIST`; make a key with `--make-key KEYFILE`.

For whoever was named as the recipient of a list. Needs Python and its package `cryptography`
(46 or newer). The key file never leaves your computer; only the line that is printed when it is
made is given to the ministry. The list is shown on the screen and written nowhere. A list whose
time is over is not shown: delete the file then.
"""

import base64
import datetime
import json
import os
import sys
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

PUBLIC, PRIVATE = "registry-recovery-", "registry-recovery-secret-"
HEAD, COPY = b"registry-list-1 ", b"registry-copy-1\n"
CHUNK = 1024 * 1024 + 16


def make_key(path: str) -> str:
    key = X25519PrivateKey.generate()
    secret = PRIVATE + base64.urlsafe_b64encode(key.private_bytes_raw()).decode()
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret + "\n")
    return PUBLIC + base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode()


def open_list(secret: str, sealed: bytes) -> dict[str, Any]:
    head, _, rest = sealed.partition(b"\n")
    if not head.startswith(HEAD) or not rest.startswith(COPY):
        raise ValueError("this is no sealed list")
    name = "list-" + head.removeprefix(HEAD).decode()
    raw = base64.urlsafe_b64decode(secret.strip().removeprefix(PRIVATE))
    rest = rest.removeprefix(COPY)
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    try:
        key = suite.decrypt(
            rest[:80],
            X25519PrivateKey.from_private_bytes(raw),
            info=b"registry|copy|" + name.encode(),
        )
        chunks = [rest[at : at + CHUNK] for at in range(80, len(rest), CHUNK)]
        plain = b""
        for number, chunk in enumerate(chunks):
            nonce = number.to_bytes(11, "big") + bytes((number == len(chunks) - 1,))
            plain += AESGCM(key).decrypt(nonce, chunk, None)
    except InvalidTag:
        raise ValueError("it was sealed for another key, or altered") from None
    told: dict[str, Any] = json.loads(plain)
    return told


def show(told: dict[str, Any]) -> str:
    lines = [
        f"For {told['for']} only. Purpose: {told['purpose']}. {told['crisis']}.",
        f"Made {told['made_at']}, to be used until {told['expires_at']}, then deleted.",
        "Each row is marked: where it turns up again, it is known whose copy it was.",
        "",
    ]
    for row in sorted(told["rows"], key=lambda each: each["name"]):
        with_them = f" +{row['with_them']}" if row["with_them"] else ""
        lines.append(f"[{row['mark']}] {row['name']}{with_them}  {row['born']}")
        lines += [f"             {each}" for each in (*row["contacts"], *row["places"])]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print(__doc__)
        return 2
    if arguments[0] == "--make-key":
        print("Give this line, and only this line, to the ministry:")
        print(make_key(arguments[1]))
        return 0
    try:
        with open(arguments[0], encoding="utf-8") as key, open(arguments[1], "rb") as sealed:
            told = open_list(key.read(), sealed.read())
    except ValueError as wrong:
        print(wrong)
        return 1
    if datetime.datetime.fromisoformat(told["expires_at"]) <= datetime.datetime.now(datetime.UTC):
        print("The time of this list is over. Delete the file.")
        return 1
    print(show(told))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
