#!/usr/bin/env python3
"""certificates.py: makes the certificates of the demo and the e2e tests at run time, with the openssl command.

Usage: certificates.py FOLDER HOST[,HOST...]=ADDRESS...      for example certificates.py /run/x gateway.lab=10.1.0.1
Files carry the first name of a list; all names are in the certificate.

Writes vendor_ca.pem, gateway_ca.pem, and for each HOST a chain HOST.pem with HOST.key and HOST.pin (SHA-256 of the
public key, base64). Hosts named gateway.* are the appliance's side, all others are vendors; those get the bad ones
too: HOST.wrong_pin, HOST.expired, HOST.self_signed, HOST.cn_only, HOST.other_name, HOST.other_ca. Keys are P-256, 0600.
"""
import base64
import hashlib
import os
import subprocess
import sys


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True).stdout


def key(path):
    previous = os.umask(0o077)
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)
    os.umask(previous)


def authority(folder, name):
    key(f"{folder}/{name}.key")
    openssl("req", "-x509", "-new", "-key", f"{folder}/{name}.key", "-sha256", "-days", "30",
            "-subj", f"/O=Sallyport lab/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", f"{folder}/{name}.pem")


def leaf(folder, name, ca, host, san, same_key_as=None, expired=False):
    """A certificate `name`.pem with its key, signed by `ca` (or by itself when ca is None)."""
    path = f"{folder}/{name}"
    if same_key_as:
        with open(f"{folder}/{same_key_as}.key", "rb") as source:
            content = source.read()
        with open(os.open(f"{path}.key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
    else:
        key(f"{path}.key")
    lines = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature",
             "extendedKeyUsage=serverAuth"]
    if san:
        lines.append(f"subjectAltName={san}")
    with open(f"{path}.ext", "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    openssl("req", "-new", "-key", f"{path}.key", "-subj", f"/O=Sallyport lab/CN={host}", "-out", f"{path}.csr")
    signer = ["-signkey", f"{path}.key"] if ca is None else [
        "-CA", f"{folder}/{ca}.pem", "-CAkey", f"{folder}/{ca}.key", "-CAcreateserial"]
    if expired:
        sign_expired(folder, path, ca, host)
    else:
        openssl("x509", "-req", "-in", f"{path}.csr", *signer, "-sha256", "-days", "20",
                "-extfile", f"{path}.ext", "-out", f"{path}.pem")
    der = openssl("pkey", "-in", f"{path}.key", "-pubout", "-outform", "DER")
    with open(f"{path}.pin", "w", encoding="utf-8") as file:
        file.write(base64.b64encode(hashlib.sha256(der).digest()).decode() + "\n")


def sign_expired(folder, path, ca, host):
    """`openssl ca` is the one command of OpenSSL 3.0 that takes an end date in the past."""
    database = f"{path}.database"
    os.makedirs(database, exist_ok=True)
    open(f"{database}/index.txt", "w", encoding="utf-8").close()
    with open(f"{database}/serial", "w", encoding="utf-8") as file:
        file.write("1001\n")
    with open(f"{database}/config", "w", encoding="utf-8") as file:
        file.write(f"[ca]\ndefault_ca=x\n[x]\ndatabase={database}/index.txt\nserial={database}/serial\n"
                   f"new_certs_dir={database}\ndefault_md=sha256\npolicy=p\n[p]\norganizationName=optional\n"
                   "commonName=optional\n")
    openssl("ca", "-batch", "-config", f"{database}/config", "-cert", f"{folder}/{ca}.pem",
            "-keyfile", f"{folder}/{ca}.key", "-in", f"{path}.csr", "-notext", "-extfile", f"{path}.ext",
            "-startdate", "20240101000000Z", "-enddate", "20240201000000Z", "-out", f"{path}.pem")


def make(folder, hosts):
    os.makedirs(folder, exist_ok=True)
    for name in ("vendor_ca", "gateway_ca", "other_ca"):
        authority(folder, name)
    for names, address in hosts:
        host = names.split(",")[0]
        san = ",".join(f"DNS:{name}" for name in names.split(",")) + (f",IP:{address}" if address else "")
        vendor = not host.startswith("gateway.")
        leaf(folder, host, "vendor_ca" if vendor else "gateway_ca", host, san)
        if not vendor:
            continue
        leaf(folder, f"{host}.wrong_pin", "vendor_ca", host, san)
        leaf(folder, f"{host}.expired", "vendor_ca", host, san, same_key_as=host, expired=True)
        leaf(folder, f"{host}.self_signed", None, host, san, same_key_as=host)
        leaf(folder, f"{host}.cn_only", "vendor_ca", host, None, same_key_as=host)
        leaf(folder, f"{host}.other_name", "vendor_ca", "elsewhere.example", "DNS:elsewhere.example", same_key_as=host)
        leaf(folder, f"{host}.other_ca", "other_ca", host, san, same_key_as=host)


def main():
    if len(sys.argv) < 3:
        print(__doc__)
        return 2
    make(sys.argv[1], [argument.partition("=")[::2] for argument in sys.argv[2:]])
    return 0


if __name__ == "__main__":
    sys.exit(main())
