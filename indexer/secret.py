"""Files that are never read into an index: environment files, private keys, credentials.

No rule and no naming of a path overrides this. The lists lean towards leaving a harmless file out.
"""

import re
from collections.abc import Sequence
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FOLDERS: Final = frozenset({".aws", ".azure", ".gnupg", ".kube", ".oci", ".password-store", ".ssh"})
_IN_FOLDERS: Final = frozenset(
    {
        (".docker", "config.json"),
        (".m2", "settings.xml"),
        ("gcloud", "access_tokens.db"),
        ("gcloud", "application_default_credentials.json"),
        ("gcloud", "credentials.db"),
        ("gh", "hosts.yml"),
        (".streamlit", "secrets.toml"),
    }
)
_NAMES: Final = _words("""
    .bash_history .boto .dockercfg .env .envrc .git-credentials .htpasswd .irb_history .lesshst .my.cnf .mylogin.cnf
    .mysql_history .netrc .node_repl_history .npmrc .pgpass .psql_history .pypirc .python_history .s3cfg
    .sqlite_history .terraformrc .vault-token .vault_pass .zsh_history
    _netrc accesskeys.csv application_default_credentials.json credentials credentials.csv credentials.ini
    credentials.json credentials.tfrc.json credentials.toml credentials.xml credentials.yaml credentials.yml
    credentials.yml.enc id_dsa id_ecdsa id_ecdsa_sk id_ed25519 id_ed25519_sk id_rsa kubeconfig
    secrets.env secrets.ini secrets.json secrets.toml secrets.yaml secrets.yml
""")
_SUFFIXES: Final = (
    # keys and the boxes that they are kept in
    *(".pem", ".key", ".p8", ".p12", ".pfx", ".ppk", ".keystore", ".jks", ".bks", ".truststore", ".ovpn"),
    *(".kdb", ".kdbx", ".keychain", ".keychain-db", ".1pif", ".agekey"),
    # settings and state that hold passwords in clear text
    *(".env", ".kubeconfig", ".tfstate", ".tfstate.backup", ".tfvars", ".tfvars.json", ".pgpass", ".htpasswd"),
)
_PATTERNS: Final = re.compile(r"client_secrets?([_.-].*)?\.json|.*service[_-]?account.*\.json")
_ENV: Final = re.compile(r"\.env([._-].*)?")
_EXAMPLE: Final = re.compile(r"(.*[._-])?(default|defaults|dist|example|examples|sample|schema|template|tpl)([._-].*)?")

_ARMOUR: Final = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")
_JSON_KEY: Final = re.compile(rb'"private_key"\s*:\s*"-----BEGIN')
_KEY_STARTS: Final = (b"-----BEGIN ", b"Bag Attributes", b"PuTTY-User-Key-File-", b"AGE-SECRET-KEY-1")


def is_secret_name(parts: Sequence[str]) -> bool:
    """Judge a file by its path; `parts` should reach above the indexed folder, which may be `.ssh` itself."""
    lower = [part.lower() for part in parts]
    name = lower[-1]
    if not _FOLDERS.isdisjoint(lower[:-1]) or tuple(lower[-2:]) in _IN_FOLDERS:
        return True
    if name in _NAMES:
        return True
    if name.endswith(".env") or _ENV.fullmatch(name):
        return not _EXAMPLE.fullmatch(name.removesuffix(".env"))
    return name.endswith(_SUFFIXES) or _PATTERNS.fullmatch(name) is not None


def is_secret_content(head: bytes) -> bool:
    """Judge a file by its first bytes: a file that is a private key, or a service account's key in JSON.

    A program or a page that quotes a key in its text is not one.
    """
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(_KEY_STARTS):
        return not text.startswith((b"-----BEGIN ", b"Bag Attributes")) or _ARMOUR.search(text) is not None
    return text.startswith(b"{") and _JSON_KEY.search(text) is not None
