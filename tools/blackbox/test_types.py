"""Tables of every type over HTTP, before and after kill -9: the answers are ClickHouse's (`sql/corpus/types`)."""

import importlib.machinery
import importlib.util
import signal
import sys

import pytest
from process import ROOT, serving

FILES = sorted((ROOT / "sql/corpus/types").glob("stored-*.test"))


def corpus():
    """`tools/corpus` as a module: it reads the files and compares the answers."""
    loader = importlib.machinery.SourceFileLoader("corpus", str(ROOT / "tools/corpus"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("corpus", loader))
    sys.modules["corpus"] = module
    # The tool's own modules lie beside it.
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / "tools"))
    return module


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rows_of_every_type_survive_kill_9(path, tmp_path):
    tool = corpus()
    file = tool.parse(path)
    data = tmp_path / "db"

    def answers(url, only_reads):
        """The statements that are answered otherwise, and how many were asked."""
        server = tool.Server(url)
        server.database = file.database
        cases = [
            case for case in file.cases if not only_reads or case.sql.startswith(("SELECT", "SHOW", "DESCRIBE"))
        ]
        given = [tool.answer_of(case.sql, server.ask(case.sql)) for case in cases]
        return [case.sql for case, each in zip(cases, given) if not tool.same(case.answer, each)], len(cases)

    with serving(data) as server:
        server.ask(f"CREATE DATABASE {file.database}")
        wrong, count = answers(server.url, only_reads=False)
        assert not wrong and count > 15
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    with serving(data) as server:
        wrong, count = answers(server.url, only_reads=True)
        assert not wrong and count > 8


def test_there_are_files():
    assert len(FILES) == 2
