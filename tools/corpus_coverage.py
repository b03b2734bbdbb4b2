"""What of the dialect no statement of the corpus reaches, for `tools/corpus coverage`.

A name counts as reached when a statement that succeeds says it, or when ClickHouse's answer names it: the column of
`1 + 1` is `plus(1, 1)`. What there is to reach comes from where it is defined:

- functions and aggregates: `sql/functions.md`, which the engine prints of itself, aliases included
- types: the names that `DataType` prints
- settings: the names of `sql/settings.tsv` that act
- productions: the ids of `sql/grammar.ebnf`, which the heads of the files name
"""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = ROOT / "sql" / "functions.md"
TYPES = ROOT / "Sources" / "TickColumns" / "Type"
SETTINGS = ROOT / "sql" / "settings.tsv"

STRING = re.compile(r"'(?:[^'\\\\]|\\\\.|'')*'")
COMMENT = re.compile(r"--.*|/\*.*?\*/", re.DOTALL)
SUFFIXES = ("If", "Distinct", "OrNull", "OrDefault")


class Unreadable(Exception):
    """A source of names that no longer looks as it did: its reader must follow."""


def names_of_functions():
    """Scalars and aggregates: name to whether it is found in any case."""
    scalars, aggregates = {}, {}
    chapter = scalars
    for line in FUNCTIONS.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            chapter = aggregates if line == "## Aggregates" else scalars
        if match := re.match(r"\| `(\w+)(?:\(.*?)?`(\*?) \|", line):
            chapter[match[1]] = match[2] == "*"
            if also := re.search(r"Also (`.*)\. \|$", line):
                # One star at the end speaks for all aliases of a scalar function.
                for name, star in re.findall(r"`(\w+)`(\*?)", also[1]):
                    chapter[name] = star == "*" or also[1].endswith("*")
    return known(scalars, 100, FUNCTIONS), known(aggregates, 10, FUNCTIONS)


def names_of_types():
    names = set()
    for path in sorted(TYPES.glob("*.swift")):
        text = path.read_text(encoding="utf-8")
        names |= set(re.findall(r"^    case \.\w+(?:\(.*?\))?:\s+\"([A-Z]\w+)", text, re.MULTILINE))
        names |= {"Interval" + unit for unit in re.findall(r'case \w+ = "([A-Z][a-z]+)"', text)}
    return known(names - {"Interval"}, 20, TYPES)


def names_of_settings():
    rows = (line.split("\t") for line in SETTINGS.read_text(encoding="utf-8").splitlines())
    return known({row[0] for row in rows if len(row) > 3 and row[0] != "name" and row[3] == "acts"}, 30, SETTINGS)


def names_of_productions(grammar):
    return known(set(re.findall(r"^\[([a-z-]+)\] ::=", grammar.read_text(encoding="utf-8"), re.MULTILINE)), 50, grammar)


def known(names, at_least, source):
    if len(names) < at_least:
        raise Unreadable(f"{source.relative_to(ROOT)}: found {len(names)} names, at least {at_least} are there")
    return names


def called(text):
    return set(re.findall(r"\b([A-Za-z_]\w*)\s*\(", COMMENT.sub(" ", STRING.sub("''", text))))


class Reached:
    def __init__(self, files):
        self.calls, self.words, self.settings, self.productions = set(), set(), set(), set()
        for file in files:
            self.productions |= set(file.grammar)
            for case in file.cases:
                if case.answer is None or case.answer.kind == "error":
                    continue
                self.calls |= called(case.sql)
                plain = COMMENT.sub(" ", STRING.sub("''", case.sql))
                self.words |= set(re.findall(r"[A-Z]\w*", plain))
                for clause in re.split(r"\bSETTINGS\b", plain)[1:]:
                    self.settings |= set(re.findall(r"\b([a-z][a-z0-9_]*)\s*=", clause))
                if case.answer.kind == "rows":
                    self.calls |= called(" ".join(json.loads(case.answer.lines[0])))
                    self.words |= set(re.findall(r"[A-Z]\w*", " ".join(json.loads(case.answer.lines[1]))))
        self.any_case = {name.lower() for name in self.calls}

    def has_call(self, name, any_case):
        return name in self.calls or any_case and name.lower() in self.any_case

    def has_aggregate(self, name, any_case):
        return any(self.base(call, name, any_case) for call in self.calls)

    @staticmethod
    def base(call, name, any_case):
        """The call is the aggregate with suffixes: sumDistinctIf is sum."""
        while True:
            if call == name or any_case and call.lower() == name.lower():
                return True
            suffix = next((one for one in SUFFIXES if call.endswith(one)), None)
            if suffix is None:
                return False
            call = call[: -len(suffix)]


def report(files, grammar):
    try:
        scalars, aggregates = names_of_functions()
        types, settings, productions = names_of_types(), names_of_settings(), names_of_productions(grammar)
    except Unreadable as problem:
        print(problem)
        return 1
    reached = Reached(files)
    line("functions", scalars, [name for name, case in scalars.items() if not reached.has_call(name, case)])
    line("aggregates", aggregates, [name for name, case in aggregates.items() if not reached.has_aggregate(name, case)])
    line("types", types, types - reached.words)
    line("settings", settings, settings - reached.settings)
    line("productions", productions, productions - reached.productions)
    return 0


def line(kind, all_names, missing):
    rest = f"; not reached: {', '.join(sorted(missing))}" if missing else ""
    print(f"{kind}: {len(all_names) - len(missing)} of {len(all_names)} reached{rest}")
