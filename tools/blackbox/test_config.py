"""Configuration: file, environment and flags, who may enter, and what is said where something is wrong."""

import hashlib
import os
import subprocess
import urllib.error
import urllib.request

import pytest

from process import BINARY, SECONDS_MAX, tickbase


def run(*arguments, **variables):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TICKBASE_")} | variables
    return tickbase(*arguments, env=environment)


def write(path, text):
    path.write_text(text)
    return path


def explained(key, *arguments, **variables):
    """value, origin of a key."""
    result = run("config", "explain", key, *arguments, **variables)
    assert result.returncode == 0, result.stderr
    lines = dict(line.strip().split(": ", 1) for line in result.stdout.splitlines()[2:])
    return lines["value"], lines["from"]


def test_flags_stand_above_variables_above_the_file_above_defaults(tmp_path):
    file = write(tmp_path / "c.yaml", "http:\n  listen: 127.0.0.1:1\n  connections: 7\n")
    assert explained("http.connections") == ("1024", "default")
    assert explained("http.connections", "--config", file) == ("7", f"{file}:3")
    assert explained("http.connections", TICKBASE_CONFIG=str(file)) == ("7", f"{file}:3")
    assert explained("http.connections", "--config", file, TICKBASE_HTTP_CONNECTIONS="9") == (
        "9", "environment variable TICKBASE_HTTP_CONNECTIONS")
    # The flag: the file's port 1 may not be listened on, the flag's may.
    process = subprocess.Popen(
        [BINARY, "serve", "--config", file, "--http", "127.0.0.1:0", "--data", tmp_path / "db"],
        stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("listening http://127.0.0.1:")
    process.terminate()
    assert process.wait(SECONDS_MAX) == 0


def test_show_is_a_file_that_can_be_read_again(tmp_path):
    file = write(tmp_path / "c.yaml", """
http: {names: [ticks.example, "a b"]}
users:
  default: {password: geheim, settings: {max_threads: 1}}
""")
    shown = run("config", "show", "--config", file)
    assert shown.returncode == 0, shown.stderr
    assert "geheim" not in shown.stdout and "(hidden)" in shown.stdout
    again = write(tmp_path / "d.yaml", shown.stdout)
    second = run("config", "show", "--config", again)
    values = [line.split("  # ")[0] for line in shown.stdout.splitlines()]
    assert [line.split("  # ")[0] for line in second.stdout.splitlines()] == values
    assert "names: [ticks.example, 'a b']" in shown.stdout


WRONG = [
    ("http:\n  lisen: 1\n", ":2: there is no configuration key 'http.lisen'; did you mean 'http.listen'?"),
    ("htpp: {}\n", ":1: there is no configuration key 'htpp'; did you mean 'http'?"),
    ("users:\n  bob:\n    passwort: x\n", ":3: there is no configuration key 'users.bob.passwort'; did you mean 'users.bob.password'?"),
    ("http:\n  connections: many\n", ":2: http.connections is 'many', which is not a number from 1 to 100000"),
    ("http:\n  connections: [1, 2]\n", ":2: http.connections is one value, not a list"),
    ("http:\n  listen: {a: b}\n", ":2: http.listen is one value, not a section"),
    ("http: 5\n", ":1: http is a section"),
    ("- a\n", ":1: the file is a section"),
    ("http:\n  listen: a\n  listen: b\n", ":3: the key 'listen' stands here twice"),
    ("a: &x 1\nb: *x\n", ":2: aliases (*name) are not read"),
    ("data: [\n", "this is not YAML"),
    ("data.directory: x\n", ":1: there is no configuration key 'data.directory'"),
    ("users:\n  bob: {password: x, password_sha256: " + "0" * 64 + "}\n", "users.bob.password and users.bob.password_sha256 are both set"),
    ("users:\n  bob: {password_sha256: abc}\n", ":2: users.bob.password_sha256 is not 64 hexadecimal digits"),
    ("users:\n  bob: {password_file: /no/such/file}\n", "/no/such/file cannot be read"),
    ("users:\n  bob: {settings: {max_thread: 1}}\n", ":2: Unknown setting 'max_thread'. Maybe you meant: 'max_threads'"),
    ("users:\n  bob: {settings: {extremes: 7}}\n", ":2: setting 'extremes'"),
    ("---\na\n---\nb\n", "a second document begins here"),
    ("[" * 40, "more than 16 levels"),
    ("\x01", "this is not YAML"),
]


@pytest.mark.parametrize("text, sentence", WRONG)
def test_what_is_wrong_in_a_file_is_said_with_its_place(tmp_path, text, sentence):
    file = write(tmp_path / "c.yaml", text)
    for command in (["config", "show"], ["serve", "--data", tmp_path / "db", "--http", "127.0.0.1:0"]):
        result = run(*command, "--config", file)
        assert result.returncode == 2, (result.stdout, result.stderr)
        assert sentence in result.stderr
        assert result.stderr.count("\n") == 1
    assert not (tmp_path / "db").exists()


def test_what_is_wrong_elsewhere(tmp_path):
    result = run("config", "show", TICKBASE_HTTP_LISEN="x")
    assert result.returncode == 2 and "did you mean TICKBASE_HTTP_LISTEN?" in result.stderr
    assert run("config", "show", TICKBASE_OTHER="x").returncode == 0
    result = run("config", "explain", "http.listn")
    assert result.returncode == 2 and "did you mean 'http.listen'?" in result.stderr
    assert run("config", "show", "--config", "/no/such/file").returncode == 2
    result = run("serve", "--http", "nowhere")
    assert result.returncode == 2 and "flag --http: 'nowhere' is no address" in result.stderr
    result = run("serve", "--http", "0.0.0.0:0", "--data", tmp_path / "db")
    assert result.returncode == 2 and "give every user a password" in result.stderr


def ask(url, sql, *userinfo):
    request = urllib.request.Request(url, data=sql.encode())
    if userinfo:
        request.add_header("X-ClickHouse-User", userinfo[0])
        request.add_header("X-ClickHouse-Key", userinfo[1])
    try:
        return urllib.request.urlopen(request, timeout=SECONDS_MAX).read().decode()
    except urllib.error.HTTPError as error:
        return int(error.headers["X-ClickHouse-Exception-Code"])


def test_users_enter_with_their_passwords_and_their_settings(tmp_path):
    secret = write(tmp_path / "secret", "from a file\n")
    file = write(tmp_path / "c.yaml", f"""
data: {{directory: {tmp_path}/db}}
http: {{listen: "127.0.0.1:0"}}
users:
  default: {{password_file: {secret}}}
  reader:
    password_sha256: {hashlib.sha256("pässword".encode()).hexdigest()}
    database: system
    settings: {{readonly: 1, max_result_rows: 3}}
""")
    process = subprocess.Popen([BINARY, "serve", "--config", file], stdout=subprocess.PIPE, text=True,
                               env=os.environ | {"TICKBASE_USERS_WRITER_PASSWORD": "w"})
    try:
        url = process.stdout.readline().split()[1]
        assert ask(url, "SELECT currentUser()") == 194
        assert ask(url, "SELECT currentUser()", "default", "from a file") == "default\n"
        assert ask(url, "SELECT currentUser()", "default", "wrong") == 516
        assert ask(url, "SELECT currentUser()", "writer", "w") == "writer\n"
        assert ask(url + "/?user=writer&password=w", "SELECT currentUser()") == "writer\n"
        users = "SELECT name, auth_type, default_database, host_ip FROM system.users ORDER BY name"
        assert ask(url, users, "writer", "w") == "".join(
            f"{name}\t['sha256_password']\t{database}\t['::/0']\n"
            for name, database in [("default", "default"), ("reader", "system"), ("writer", "default")])
        reader = ("reader", "pässword".encode().decode("latin-1"))
        assert ask(url, "SELECT currentUser(), currentDatabase()", *reader) == "reader\tsystem\n"
        assert ask(url, "SELECT number FROM numbers(4)", *reader) == 396
        assert ask(url, "CREATE TABLE default.t (a UInt8) ENGINE = MergeTree ORDER BY a", *reader) == 164
        assert ask(url, "SET max_result_rows = 10", *reader) == 164
        # Sessions of one id and two users are two.
        assert ask(url + "/?session_id=s", "SET max_threads = 1", "writer", "w") == ""
        assert ask(url + "/?session_id=s&session_check=1", "SELECT 1", "default", "from a file") == 372
    finally:
        process.terminate()
        process.wait(SECONDS_MAX)
