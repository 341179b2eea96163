"""Check a proof of consent with nothing but Python: `python3 verify_proof.py PROOF [ANCHORS]`.

PROOF is what `manage.py consent_proof` wrote; ANCHORS is the file that was kept outside. For
each answer it checks that

* the words are those whose digest the row holds,
* the receipt says what the row says,
* the row stands in the tree of its seal (leaf SHA-256(00 row), node SHA-256(01 left right)),
* the seals form one unbroken chain, each the SHA-256(02 previous fields),
* the anchors, if given, are links of this chain.

Ends with 0 if everything holds, else with 1 and a line per fault.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from typing import Any

GENESIS = "0" * 64


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def root_from(leaf: bytes, position: int, size: int, path: list[bytes]) -> bytes:
    whole, last, rest = leaf, size - 1, list(path)
    if not 0 <= position <= last:
        raise ValueError
    while last:
        if position % 2 or position == last:
            whole = sha256(b"\x01" + rest.pop(0) + whole)
            while position and position % 2 == 0:
                position, last = position // 2, last // 2
        else:
            whole = sha256(b"\x01" + whole + rest.pop(0))
        position, last = position // 2, last // 2
    if rest:
        raise ValueError
    return whole


def link_of(seal: dict[str, Any]) -> str:
    names = (
        *("stream", "number", "epoch", "columns", "from_xid", "to_xid", "after_id"),
        *("until_id", "first_id", "last_id", "rows", "root"),
    )
    said = json.dumps([seal[name] for name in names])
    return sha256(b"\x02" + bytes.fromhex(seal["previous"]) + said.encode()).hex()


def check_chain(seals: list[dict[str, Any]]) -> Iterator[str]:
    previous = GENESIS
    for number, seal in enumerate(seals, 1):
        if (
            seal["number"] != number
            or seal["previous"] != previous
            or link_of(seal) != seal["chain"]
        ):
            yield f"the chain of seals is broken at {seal['number']}"
        previous = seal["chain"]


def check_answer(answer: dict[str, Any], seals: list[dict[str, Any]]) -> Iterator[str]:
    code = answer["receipt"]["consentReceiptID"]
    proof = answer["inclusion"]
    if proof is None:
        yield f"{code}: not sealed yet"
        return
    seal = next((each for each in seals if each["number"] == proof["seal"]), None)
    if seal is None:
        yield f"{code}: its seal is missing"
        return
    leaf = sha256(b"\x00" + proof["row"].encode())
    try:
        path = [bytes.fromhex(each) for each in proof["path"]]
        root = root_from(leaf, proof["position"], proof["size"], path).hex()
    except (ValueError, IndexError):
        root = None
    if root != seal["root"] or proof["size"] != seal["rows"]:
        yield f"{code}: the row does not lead to the root of its seal"
    row = dict(zip(seal["columns"], json.loads(proof["row"]), strict=True))
    said = answer["record"]
    event, notice = said["dpv:hasConsentStatus"], said["dpv:hasNotice"]
    words = f"{notice['dct:title']['@value']}\n{notice['dct:description']['@value']}"
    if sha256(words.encode()).hex() != row["notice_sha256"]:
        yield f"{code}: other words than those that were shown"
    same = {
        "event_id": event["dct:identifier"],
        "record_id": said["dct:identifier"],
        "subject_id": said["dpv:hasDataSubject"]["dct:identifier"],
        "purpose_id": said["dpv:hasProcess"]["dpv:hasPurpose"]["dct:identifier"],
        "purpose_version": said["dpv:hasProcess"]["dpv:hasPurpose"]["dct:hasVersion"],
        "language": said["dct:language"],
        "rendered_sha256": notice["registry:renderedSha256"],
        "given_by": event["dpv:isIndicatedBy"],
        "channel": event["registry:channel"],
        "method": event["dpv:hasIndicationMethod"],
        "state": answer["state"],
    }
    for column, value in same.items():
        if row[column] != value:
            yield f"{code}: {column} is not what the row holds"
    if answer["receipt"]["piiPrincipalId"] != row["subject_id"]:
        yield f"{code}: the receipt is somebody else's"


def check(proof: dict[str, Any], anchors: list[dict[str, Any]]) -> Iterator[str]:
    seals = proof["seals"]
    yield from check_chain(seals)
    for answer in proof["answers"]:
        yield from check_answer(answer, seals)
    chains = {(seal["stream"], seal["number"]): seal["chain"] for seal in seals}
    for anchor in anchors:
        if anchor["stream"] != proof["stream"]:
            continue
        if chains.get((anchor["stream"], anchor["number"])) != anchor["chain"]:
            yield f"seal {anchor['number']} is not the one that was anchored outside"


def main(arguments: list[str]) -> int:
    with open(arguments[0], encoding="utf-8") as lines:
        proof = json.load(lines)
    anchors = []
    if len(arguments) > 1:
        with open(arguments[1], encoding="utf-8") as lines:
            anchors = [json.loads(line) for line in lines if line.strip()]
    faults = list(check(proof, anchors))
    for fault in faults:
        print(fault)
    if not faults:
        anchored = f", {len(anchors)} anchors agree" if anchors else ""
        print(f"{len(proof['answers'])} answers hold{anchored}.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
