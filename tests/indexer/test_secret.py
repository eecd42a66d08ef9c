import pytest

from indexer.secret import is_secret_content, is_secret_name


@pytest.mark.parametrize(
    "path",
    [
        *(".env", ".ENV", ".env.production", ".env.local", "prod.env", ".envrc", "config/.env.d"),
        *("id_rsa", "id_ed25519", "server.pem", "tls.key", "a.p12", "a.pfx", "a.keystore", "a.jks", "p.kdbx", "k.ppk"),
        *(".netrc", "_netrc", ".npmrc", ".pypirc", ".git-credentials", ".htpasswd", ".pgpass", ".bash_history"),
        *("credentials.json", "credentials", "client_secret_123.json", "my-service-account.json", "secrets.yml"),
        *(".aws/credentials", ".ssh/config", ".ssh/deep/x", ".gnupg/pubring.kbx", ".docker/config.json"),
        *("kubeconfig", "dev.kubeconfig", ".kube/config", "terraform.tfstate", "a.tfstate.backup", "prod.tfvars"),
        *(".streamlit/secrets.toml", ".config/gh/hosts.yml", ".cargo/credentials.toml"),
    ],
)
def test_what_holds_passwords_or_keys_is_secret(path: str) -> None:
    assert is_secret_name(path.split("/"))


@pytest.mark.parametrize(
    "path",
    [
        *(".env.example", ".env.sample", ".env.template", ".env.dist", "example.env", ".env.local.example"),
        *("env.py", "environment.ts", "id_rsa.pub", "keys.py", "secrets.py", "credentials.py", "test_credentials.json"),
        *("config.json", "docker/config.json", "aws/credentials.go", "tls.key.md", "account.json", "pem.go"),
        *("envoy.yaml", "src/secret.ts", "README.md"),
    ],
)
def test_what_only_sounds_like_it_is_not(path: str) -> None:
    assert not is_secret_name(path.split("/"))


@pytest.mark.parametrize(
    "head",
    [
        b"-----BEGIN RSA PRIVATE KEY-----\nMII",
        b"\xef\xbb\xbf\n-----BEGIN PRIVATE KEY-----\n",
        b"-----BEGIN OPENSSH PRIVATE KEY-----\n",
        b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n",
        b"-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n",
        b"Bag Attributes\n  x: y\n-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
        b"PuTTY-User-Key-File-3: ssh-ed25519\n",
        b'{\n  "type": "service_account",\n  "private_key": "-----BEGIN PRIVATE KEY-----\\nMII',
    ],
)
def test_a_key_is_recognised_by_its_content(head: bytes) -> None:
    assert is_secret_content(head)


@pytest.mark.parametrize(
    "head",
    [
        b"-----BEGIN CERTIFICATE-----\nMII\n",
        b"-----BEGIN PUBLIC KEY-----\nMII\n",
        b"# How to make a key\n\n-----BEGIN RSA PRIVATE KEY-----\n",
        b'KEY = """-----BEGIN RSA PRIVATE KEY-----\n',
        b'{"private_key": {"type": "string"}}',
        b"",
    ],
)
def test_what_quotes_or_describes_a_key_is_not_one(head: bytes) -> None:
    assert not is_secret_content(head)
