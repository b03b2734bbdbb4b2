#!/usr/bin/env python3
"""Asks chdb for the answers in this folder: expressions.tsv and queries.tsv.

Run it with a Python that has chdb; it rewrites both files from the lists in expressions.txt and queries.txt.
One line an entry: the text, then names, types and rows as TabSeparatedWithNamesAndTypes gives them (tabs and line
ends escaped once more), or `!` and the error code.
"""
import pathlib
import re
import chdb

HERE = pathlib.Path(__file__).parent


def escaped(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def answer(query):
    try:
        raw = chdb.query(query + " FORMAT TabSeparatedWithNamesAndTypes").bytes().decode("utf-8")
    except Exception as error:  # chdb raises RuntimeError with the server's text
        return "!" + re.search(r"Code: (\d+)", str(error)).group(1)
    names, types, rows = raw.split("\n", 2)
    return "\t".join(escaped(part) for part in (names, types, rows))


def main():
    for name, prefix in (("expressions", "SELECT "), ("queries", "")):
        lines = (HERE / f"{name}.txt").read_text().splitlines()
        texts = [line for line in lines if line.strip() and not line.startswith("#")]
        with open(HERE / f"{name}.tsv", "w") as out:
            out.write(f"# made by answers.py from {name}.txt with chdb {chdb.__version__}\n")
            for text in texts:
                out.write(f"{text}\t{answer(prefix + text)}\n")


main()
