"""The interactive shell at a terminal (pexpect plays the person), and scripts without one."""

import contextlib
import os
import re
import signal
import stat
import subprocess
import time

import pexpect
import pytest
from process import BINARY, SAMPLE, serving, tickbase

PROMPT = "tickbase> "
SECONDS_MAX = 60
# Longer than starting a statement takes, however busy the machine is.
SETTLE_SECONDS = 1.0


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("shell") / "db"
    assert tickbase("import", "--data", path, SAMPLE).returncode == 0
    return path


@pytest.fixture(scope="module", params=["data", "url"])
def target(request, data):
    """The same tests against a directory and against a server."""
    if request.param == "data":
        yield ["--data", str(data)]
    else:
        with serving(data) as server:
            yield ["--url", server.url]


class Terminal:
    def __init__(self, child):
        self.child = child

    def read(self, pattern=PROMPT):
        """What came before a pattern, as a screen would show it."""
        self.child.expect(pattern)
        return plain(self.child.before)

    def ask(self, line, pattern=PROMPT):
        self.child.sendline(line)
        return self.read(pattern)

    def interrupt(self):
        self.child.sendintr()


def plain(text):
    """Without the terminal's escapes and carriage returns."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")


@contextlib.contextmanager
def shell(target, home, *arguments, lines=50, **environment):
    env = {k: v for k, v in os.environ.items() if k not in ("PAGER", "VISUAL", "EDITOR", "XDG_STATE_HOME")}
    env.update(TERM="xterm", HOME=str(home), **environment)
    child = pexpect.spawn(
        BINARY, ["sql", *target, *arguments], env=env, encoding="utf-8", timeout=SECONDS_MAX, dimensions=(lines, 120))
    terminal = Terminal(child)
    try:
        terminal.read()
        yield terminal
    finally:
        child.close(force=True)


def test_statements_of_several_lines(target, tmp_path):
    with shell(target, tmp_path) as terminal:
        terminal.ask("SELECT 1 AS one,", "-> ")
        terminal.ask("  ';' AS two -- not; the end", "-> ")
        answer = terminal.ask(";")
        assert "┌─one─┬─two─┐" in answer and "│   1 │ ;   │" in answer
        assert re.search(r"^1 row, 1 read, [0-9.]+ s$", answer, re.M)
        answer = terminal.ask("SELECT 3 AS three; SELECT 4 AS four;")
        assert answer.index("three") < answer.index("four─")
        assert "Row 1:\n──────\nx: 5" in terminal.ask("SELECT 5 AS x\\G")
        assert terminal.ask("") == "\n"


def test_errors_show_their_place(target, tmp_path):
    with shell(target, tmp_path) as terminal:
        terminal.ask("SELECT ts,", "-> ")
        answer = terminal.ask("  prize FROM trades;")
        assert answer.endswith(
            "Unknown expression identifier `prize` (UNKNOWN_IDENTIFIER, code 47)\n"
            "    prize FROM trades\n    ^\n  Maybe you meant: 'price'\n")
        answer = terminal.ask("SELECT 1 +;")
        assert "SYNTAX_ERROR, code 62" in answer and answer.endswith("  SELECT 1 +\n            ^\n")
        assert "│ 1 │" in terminal.ask("SELECT 1;")


def test_commands(target, tmp_path):
    with shell(target, tmp_path) as terminal:
        assert "\\watch" in terminal.ask("\\?")
        assert "│ trades " in terminal.ask("\\d")
        assert re.search(r"│ symbol +│ LowCardinality\(String\) +│ +│ yes", terminal.ask("\\d default.trades"))
        answer = terminal.ask("\\d tradez")
        assert "UNKNOWN_TABLE" in answer and "trades" in answer
        assert "│ system " in terminal.ask("\\l")
        terminal.ask("\\x")
        assert "Row 1:\n" in terminal.ask("SELECT 1;")
        terminal.ask("\\x")
        terminal.ask("\\timing")
        assert terminal.ask("SELECT 1 AS a;").endswith("\n1 row, 1 read\n")
        assert terminal.ask("\\format CSV") and '\n"a"\n' in terminal.ask("SELECT 'a';")
        assert "\\timing" in terminal.ask("\\tim")
        assert "does not exist" in terminal.ask("\\c nowhere")
        assert "tables" in terminal.ask("\\c system") + terminal.ask("SHOW TABLES;")
        terminal.ask("SELECT", "-> ")
        terminal.ask("\\r")
        terminal.child.sendline("\\q")
        terminal.child.expect(pexpect.EOF)
        terminal.child.close()
        assert terminal.child.exitstatus == 0


def test_use_and_set_last_as_long_as_the_shell(target, tmp_path):
    with shell(target, tmp_path) as terminal:
        terminal.ask("USE system;")
        assert "│ one " in terminal.ask("SHOW TABLES;")
        terminal.ask("SET max_result_rows = 2;")
        assert "TOO_MANY_ROWS_OR_BYTES" in terminal.ask("SELECT * FROM numbers(3);")
        assert "│ system" in terminal.ask("SELECT currentDatabase();")
        # A cancelled statement holds the session a little longer; the next one waits for it.
        terminal.child.sendline("SELECT sum(number) FROM numbers(100000000000);")
        time.sleep(SETTLE_SECONDS)
        terminal.interrupt()
        terminal.read()
        assert "│ system" in terminal.ask("SELECT currentDatabase();")
    result = script(target, "USE system; SELECT currentDatabase(); SET max_result_rows = 1; SELECT * FROM numbers(2)")
    assert (result.returncode, result.stdout) == (1, "system\n")


def test_answers_into_a_file(target, tmp_path):
    with shell(target, tmp_path) as terminal:
        terminal.ask(f"\\o {tmp_path}/answer.csv")
        assert "1,2" not in terminal.ask("SELECT 1, 2 FORMAT CSV;")
        terminal.ask("SELECT 3 FORMAT CSV;")
        terminal.ask("\\o")
        assert "\n4\n" in terminal.ask("SELECT 4 FORMAT CSV;")
        assert (tmp_path / "answer.csv").read_text() == "1,2\n3\n"
        assert "No such file" in terminal.ask(f"\\o {tmp_path}/none/answer")


def test_completion(target, tmp_path):
    with shell(target, tmp_path) as terminal:
        # Tab answers before the rest of the line is sent, so what is drawn is what was completed.
        def complete(text):
            terminal.child.send(text + "\t")

        complete("SELECT toStartOfMin")
        terminal.child.expect_exact("ute(")
        terminal.child.send("ts) AS m, quan")
        complete("tity")  # No such name: nothing is added.
        terminal.interrupt()
        terminal.read()
        complete("SELECT price FROM trad")
        terminal.child.expect_exact("es ")
        complete("WHERE symbol = 'BTC")
        terminal.child.expect_exact("USDT'")
        complete(" AND trade_")
        terminal.child.expect_exact("id ")
        complete("> 0 LIM")
        terminal.child.expect_exact("IT ")
        assert re.search(r"│ [0-9.]+ │", terminal.ask("1;"))
        complete("SELECT * FROM candles_")
        assert "candles_15m" in terminal.read("candles_5m")
        terminal.interrupt()
        terminal.read()
        complete("SELECT 1 FORMAT JSONCompactEach")
        terminal.child.expect_exact("Row")
        terminal.interrupt()
        terminal.read()
        complete("\\tim")
        terminal.child.expect_exact("ing ")
        terminal.interrupt()
        terminal.read()


def test_ctrl_c_cancels_a_statement_and_a_line(target, tmp_path):
    with shell(target, tmp_path) as terminal:
        terminal.child.send("SELECT half a line")
        terminal.interrupt()
        assert "^C" in terminal.read()
        terminal.child.sendline("SELECT sum(number) FROM system.numbers;")
        time.sleep(SETTLE_SECONDS)
        terminal.interrupt()
        answer = terminal.read()
        assert "cancelled" in answer and re.search(r"[0-9,]+ rows read, .* Ctrl-C cancels", answer)
        terminal.ask("SELECT 1,", "-> ")
        terminal.interrupt()
        terminal.read()
        assert "│ 2 │" in terminal.ask("SELECT 2;")


def test_watch_goes_on_until_ctrl_c(target, tmp_path):
    with shell(target, tmp_path) as terminal:
        assert "no statement" in terminal.ask("\\watch 1")
        terminal.ask("SELECT 7 AS seven;")
        terminal.child.sendline("\\watch 0.1")
        for _ in range(3):
            terminal.read("│     7 │")
        terminal.interrupt()
        terminal.read(r"\^C")
        terminal.read()
        assert "from 0.1 to 86400" in terminal.ask("\\watch 0")


def test_pager_and_editor(target, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "SELECT 42 AS answer;" > "$1"\n')
    editor.chmod(0o755)
    with shell(target, tmp_path, lines=20, PAGER="sed s/^/paged:/", EDITOR=str(editor)) as terminal:
        assert "paged:" not in terminal.ask("SELECT number FROM numbers(5);")
        long = terminal.ask("SELECT number FROM numbers(300);")
        assert long.count("paged:") == 302 and "300 rows" in long
        terminal.ask("\\pager off")
        assert "paged:" not in terminal.ask("SELECT number FROM numbers(300);")
        terminal.ask("\\pager head -n 2")
        assert terminal.ask("SELECT number FROM numbers(300000);").count("│") <= 3
        answer = terminal.ask("\\e")
        assert "SELECT 42 AS answer;" in answer and "│     42 │" in answer


def test_history_is_kept_and_private(target, tmp_path):
    with shell(target, tmp_path) as terminal:
        terminal.ask("SELECT 'first',", "-> ")
        terminal.ask("1;")
        terminal.child.sendeof()
        terminal.child.expect(pexpect.EOF)
    kept = tmp_path / ".local/state/tickbase/history"
    assert kept.read_text() == "SELECT 'first',\\n1;\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with shell(target, tmp_path) as terminal:
        terminal.child.send("\x1b[A")
        answer = terminal.ask("")
        assert "'first'" in answer and "│ first" in answer
    with shell(target, tmp_path, "--history", "") as terminal:
        terminal.ask("SELECT 'forgotten';")
    assert "forgotten" not in kept.read_text()


def test_a_signal_that_ends_the_shell(target, tmp_path):
    with shell(target, tmp_path) as terminal:
        terminal.child.kill(signal.SIGTERM)
        terminal.child.expect(pexpect.EOF)
        terminal.child.close()
        assert terminal.child.exitstatus == 130


def test_nobody_answers(tmp_path):
    child = pexpect.spawn(BINARY, ["sql", "--url", "http://127.0.0.1:1"], encoding="utf-8", timeout=SECONDS_MAX)
    child.expect("cannot connect")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 4


# Without a terminal


def script(target, text, *arguments):
    return tickbase("sql", *target, *arguments, input=text)


def test_scripts_stop_at_the_first_error(target):
    text = "SELECT 1;\nSELECT 'a;b';\n\nSELECT prize\nFROM trades;\nSELECT 2"
    result = script(target, text)
    assert (result.returncode, result.stdout) == (1, "1\na;b\n")
    assert result.stderr == (
        "tickbase: statement at line 4: Unknown expression identifier `prize` (UNKNOWN_IDENTIFIER, code 47)\n"
        "  SELECT prize\n         ^\n  Maybe you meant: 'price'\n")
    result = script(target, text, "--continue")
    assert (result.returncode, result.stdout) == (1, "1\na;b\n2\n")
    assert script(target, "").returncode == 0
    assert script(target, " -- nothing\n;").returncode == 0
    result = tickbase("sql", *target, "--query", "SELECT 1; SELECT 2\\G", stdin=subprocess.DEVNULL)
    assert (result.returncode, result.stdout) == (0, "1\nRow 1:\n──────\n2: 2\n")


def test_rows_of_a_script_and_of_standard_input(target):
    made = script(target, """
        DROP TABLE IF EXISTS typed;
        CREATE TABLE typed (a Int32, b String) ORDER BY a;
        INSERT INTO typed VALUES (1, 'x;y'), (2, 'z');
        INSERT INTO typed FORMAT CSV
3,q;r
4,s

        SELECT count() FROM typed;
        INSERT INTO typed FORMAT JSONEachRow {"a":5,"b":"t"}""")
    assert (made.returncode, made.stdout, made.stderr) == (0, "4\n", "")
    rows = "".join(f"{number}\trow {number}\n" for number in range(100, 200_000))
    result = tickbase("sql", *target, "--query", "INSERT INTO typed FORMAT TSV", input=rows)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    answer = script(target, "SELECT count(), sum(a), any(b) FROM typed WHERE a < 6 OR a >= 100")
    assert answer.stdout == f"{5 + 199_900}\t{sum(range(6)) + sum(range(100, 200_000))}\tx;y\n"
    wrong = tickbase("sql", *target, "--query", "INSERT INTO typed FORMAT TSV", input="x\ty\n")
    assert wrong.returncode == 1 and wrong.stderr.count("\n") == 1


def test_an_answer_that_cannot_be_written(target):
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [BINARY, "sql", *target, "--query", "SELECT 1"], stdout=full, stderr=subprocess.PIPE, text=True,
            stdin=subprocess.DEVNULL, timeout=SECONDS_MAX)
    assert result.returncode == 1 and "No space left" in result.stderr


def test_a_script_is_interrupted(target):
    process = subprocess.Popen(
        [BINARY, "sql", *target, "--query", "SELECT sum(number) FROM system.numbers; SELECT 1"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(SETTLE_SECONDS)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=SECONDS_MAX)
    assert (process.returncode, output) == (130, "")


# Users and their passwords


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("guarded") / "db", TICKBASE_USERS_BOB_PASSWORD="geheim ß") as server:
        yield server


def as_bob(guarded, *arguments, password=None, **options):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TICKBASE_")}
    if password:
        environment["TICKBASE_PASSWORD"] = password
    return tickbase(
        "sql", "--url", guarded.url, "--query", "SELECT currentUser()", *arguments, env=environment, **options)


def test_a_password_of_the_environment_or_the_command_line(guarded):
    result = as_bob(guarded, "--user", "bob", password="geheim ß")
    assert (result.returncode, result.stdout, result.stderr) == (0, "bob\n", "")
    assert as_bob(guarded, "--user", "bob", "--password", "geheim ß").stdout == "bob\n"
    assert as_bob(guarded, "--user=bob", "--password=geheim ß", password="another").stdout == "bob\n"
    for wrong in (as_bob(guarded, "--user", "bob"), as_bob(guarded, "--user", "bob", password="other"),
                  as_bob(guarded, "--user", "ann", password="geheim ß"), as_bob(guarded, password="geheim ß")):
        assert wrong.returncode == 1 and "AUTHENTICATION_FAILED" in wrong.stderr and wrong.stdout == ""


def test_a_user_of_the_url_and_of_an_option(guarded):
    url = guarded.url.replace("http://", "http://bob@")
    variables = os.environ | {"TICKBASE_PASSWORD": "geheim ß", "TICKBASE_USER": "ann"}
    result = tickbase("sql", "--url", url, "--query", "SELECT currentUser()", env=variables)
    assert (result.returncode, result.stdout) == (0, "bob\n")
    result = tickbase("sql", "--url", url, "--user", "bob", "--query", "SELECT 1", env=variables)
    assert result.returncode == 2 and "leave one out" in result.stderr
    result = tickbase("sql", "--data", "nowhere", "--user", "bob", "--query", "SELECT 1", env=variables)
    assert result.returncode == 2 and "--url" in result.stderr
    result = tickbase("import", "--url", guarded.url, "--user", "bob", SAMPLE, env=variables)
    assert (result.returncode, result.stderr) == (0, "") and "9738 rows imported" in result.stdout


def asking(guarded, tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TICKBASE_")}
    environment.update(TERM="xterm", HOME=str(tmp_path))
    child = pexpect.spawn(
        BINARY, ["sql", "--url", guarded.url, "--user", "bob", "--password"], env=environment, encoding="utf-8",
        timeout=SECONDS_MAX, dimensions=(50, 120))
    child.expect("password of bob: ")
    assert child.waitnoecho(SECONDS_MAX)
    return child


def test_a_password_is_asked_for_without_showing_it(guarded, tmp_path):
    child = asking(guarded, tmp_path)
    child.send("geheim x\x7fßß\x7f")
    time.sleep(SETTLE_SECONDS)
    child.send("\r")
    child.expect(PROMPT)
    assert plain(child.before).strip().startswith("tickbase ") and not set("ß*") & set(child.before)
    child.sendline("SELECT currentUser();")
    child.expect(PROMPT)
    assert "bob" in plain(child.before) and "geheim" not in plain(child.before)
    child.close(force=True)


def test_ctrl_c_where_a_password_is_asked_for(guarded, tmp_path):
    child = asking(guarded, tmp_path)
    child.send("gehe\x03")
    child.expect(pexpect.EOF)
    assert "gehe" not in child.before and child.getecho()
    child.close()
    assert child.exitstatus == 130


def test_no_terminal_to_ask_at(guarded):
    result = as_bob(guarded, "--user", "bob", "--password", start_new_session=True, stdin=subprocess.DEVNULL)
    assert result.returncode == 2 and "set TICKBASE_PASSWORD" in result.stderr
