"""Who answers questions of lineage alike: see .ci/lineage."""

import json
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.lineage import lineage
from sqllineage.config import SQLLineageConfig
from sqllineage.core.metadata.dummy import DummyMetaDataProvider
from sqllineage.runner import LineageRunner

PURLIN, FOLDER, COUNT, SEED = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
PURLIN = str(Path(PURLIN).resolve())
DIALECTS = ["postgres", "sqlite", "mysql"]
READS = re.compile(r"\s*(--.*\n\s*)*(select|with|insert|update|delete)\b", re.I)
LITERAL = re.compile(r'r(#*)"(.*?)"\1|"((?:[^"\\]|\\.)*)"', re.S)


class NoAnswer(Exception):
    """The reader says that it cannot."""


def purlin(project, *arguments):
    return subprocess.run([PURLIN, *arguments, "."], cwd=project, capture_output=True, text=True, check=False).stdout


def text_at(project, place):
    """The statement that begins at `file:line:column`."""
    file, line, column = place.rsplit(":", 2)
    lines = (project / file).read_text(errors="replace").split("\n")
    rest = "\n".join([lines[int(line) - 1][int(column) - 1 :], *lines[int(line) :]])
    if not file.endswith(".rs"):
        return rest.split(";")[0]
    found = LITERAL.match(rest)
    if not found:
        return None
    if found.group(2) is not None:
        return found.group(2)
    plain = re.sub(r"\\\n\s*", "", found.group(3))
    return plain.replace('\\"', '"').replace("\\n", "\n")


def statements(project):
    """Statements that Purlin resolves in full: text, and each result column with what Purlin says of it."""
    place, returns, known, seen = None, [], True, set()
    lines = purlin(project, "dump", "--stage", "program").splitlines() + ["statement  at end"]
    for line in lines:
        if line.startswith("statement  at "):
            if place and returns and known:
                text = text_at(project, place)
                # What has holes is not the statement that runs.
                if text and "{" not in text and READS.match(text) and text not in seen:
                    seen.add(text)
                    yield place, text, returns
            place, returns, known = line.removeprefix("statement  at "), [], True
        elif line.startswith("  returns "):
            name, _, sources = line.removeprefix("  returns ").partition(" <- ")
            returns.append((name, {s.lower() for s in sources.split(" + ") if s != "nothing" and not s.startswith("$")}))
        elif line.startswith("  not known"):
            known = False


def schema_of(schemas, text):
    """The schema that has most of the tables that are named."""
    words = set(re.findall(r"\w+", text.lower()))
    return max(schemas, key=lambda s: sum(bare(t) in words for t in s["tables"]), default={"tables": []})


def bare(table):
    return table["name"].split(".")[-1].lower()


def plain_type(column):
    """A type that every reader knows; which one does not matter."""
    head = column["type"].split("(")[0]
    return head if re.fullmatch(r"[a-z ]+", head) else "text"


def by_sqlglot(text, column, schema):
    for dialect in DIALECTS:
        try:
            tree = sqlglot.parse_one(text, dialect=dialect)
            break
        except sqlglot.errors.SqlglotError:
            continue
    else:
        raise NoAnswer("not parsed")
    if isinstance(tree, (exp.Insert, exp.Update, exp.Delete)):
        raise NoAnswer("a statement that changes rows")
    tables = {bare(t): {c["name"]: plain_type(c) for c in t["columns"]} for t in schema["tables"]}
    views = {bare(t): t for t in schema["tables"] if t["kind"] == "view"}
    out = set()
    for node in lineage(column, text, schema=tables, dialect=dialect).walk():
        if node.downstream or not isinstance(node.expression, exp.Table):
            continue
        table, name = node.expression.name.lower(), node.name.split(".")[-1].strip('"').lower()
        if table in views:
            shown = [c["shows"] for c in views[table]["columns"] if c["name"].lower() == name]
            out |= {s.lower() for list_ in shown for s in list_}
        else:
            out.add(f"{table}.{name}")
    return out


def by_sqllineage(text, column, schema):
    reads = re.match(r"\s*(select|with)\b", text, re.I)
    asked = f"insert into purlin_out {text}" if reads else text
    known = DummyMetaDataProvider({f"public.{bare(t)}": [c["name"] for c in t["columns"]] for t in schema["tables"]})
    failed = None
    for dialect in DIALECTS:
        try:
            with SQLLineageConfig(DEFAULT_SCHEMA="public"):
                paths = list(LineageRunner(asked, dialect=dialect, metadata_provider=known).get_column_lineage())
            break
        except Exception as error:  # The library raises many kinds.
            failed = error
    else:
        raise NoAnswer(str(failed).splitlines()[0][:80])
    out, found = set(), False
    for path in paths:
        if path[-1].raw_name.strip('"').lower() == column.lower() and "purlin_out" in str(path[-1]):
            found = True
            parts = str(path[0]).replace('"', "").lower().split(".")
            out.add(".".join(parts[-2:]))
    if not found and not reads:
        raise NoAnswer("a statement that changes rows")
    return out


def asked(reader, text, column, schema):
    # Overrides of sqlx and numbers of placeholders are Rust's, not SQL's.
    text = re.sub(r'"(\w+)[!?:][^"]*"', r'"\1"', text)
    text = re.sub(r"\?\d+", "?", text)
    try:
        return reader(text, column, schema)
    except NoAnswer as why:
        return str(why)
    except Exception as error:  # An answer of neither kind is none.
        return str(error).splitlines()[0][:80] if str(error) else type(error).__name__


def main():
    questions, count = [], 0
    for project in sorted(p for p in FOLDER.iterdir() if p.is_dir()):
        printed = purlin(project, "tables", "--format", "json")
        schemas = json.loads(printed)["schemas"] if printed else []
        for place, text, returns in statements(project):
            count += 1
            schema = schema_of(schemas, text)
            questions += [(project.name, place, text, name, said, schema) for name, said in returns]
    random.seed(SEED)
    random.shuffle(questions)
    questions = questions[:COUNT]
    readers = {"sqlglot": by_sqlglot, "sqllineage": by_sqllineage}
    tally = {name: Counter() for name in readers}
    for project, place, text, column, said, schema in questions:
        answers = {name: asked(reader, text, column, schema) for name, reader in readers.items()}
        for name, answer in answers.items():
            kind = "no answer" if isinstance(answer, str) else "the same" if answer == said else "another"
            tally[name][kind] += 1
        if any(answer != said for answer in answers.values()):
            print(f"--- {project}/{place}: {column}\n    {' '.join(text.split())[:300]}\n    purlin: {sorted(said)}")
            for name, answer in answers.items():
                print(f"    {name}: {answer if isinstance(answer, str) else sorted(answer)}")
    print(f"\n{len(questions)} questions from {count} statements, seed {SEED}")
    for name, kinds in tally.items():
        print(f"{name}: {kinds['the same']} the same, {kinds['no answer']} no answer, {kinds['another']} another answer")


main()
