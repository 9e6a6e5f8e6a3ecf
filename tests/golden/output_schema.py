"""What programs read of every command, against its schema in ci/; JUnit XML against its DTD there.

    output_schema.py PATH/TO/wfsim

Each command whose help offers `-o json` has a schema. A schema is closed: an object names its members and allows no other,
or is a map whose names are listed. Over all that is printed here, each member and each variant of a schema is met, and each
member that may be missing is missed: a schema does not promise what nobody writes. So with the DTD's elements and attributes, and
each report is refused with an attribute or element too many, or without an attribute that is always there.
"""

import copy
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema
from lxml import etree

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "tests/cli/data"

# Maps whose names come from a table: the schema, where in it, the table, a row of it.
TABLES = [
    ("run", "$defs/summary/properties/faults", "sim/fault/faults.def", r'^SIM_(?:FAULT|MISHAP)\(\w+, "(\w+)"'),
    ("run", "$defs/summary/properties/workflows", "sim/report/summary.c", r'^    \[WF_WORKFLOW_EXECUTION_\w+\] = "(.*)"'),
    ("corpus", "$defs/steps", "sim/cli/corpus_traits.def", r'^CLI_TRAIT\((?!RUN)\w+, STEP, .*"(\w+)"\)'),
    ("corpus", "$defs/outcomes", "sim/cli/corpus_traits.def", r'^CLI_TRAIT\(\w+, OUTCOME, .*"(\w+)"\)'),
    ("corpus", "$defs/faults", "sim/cli/corpus_traits.def", r'^CLI_TRAIT\(\w+, FAULT, .*"(\w+)"\)'),
]


class Schema:
    """A schema, and what the documents so far have shown of it."""

    def __init__(self, path):
        self.name = path.name.removesuffix(".schema.json")
        self.root = json.loads(path.read_text())
        jsonschema.Draft202012Validator.check_schema(self.root)
        self.wanted = set()
        self.seen = set()
        self.walk(self.root, "#")

    def validator(self, schema):
        return jsonschema.Draft202012Validator({**schema, "$defs": self.root.get("$defs", {})})

    def at(self, pointer):
        node = self.root
        for part in pointer.split("/")[1:]:
            node = node[part]
        return node

    def walk(self, schema, pointer):
        """What is to be seen, and that every object is closed."""
        if schema.get("type") == "object" and "properties" in schema:
            assert schema.get("additionalProperties") is False, f"{self.name} {pointer} is open"
            assert set(schema["required"]) <= set(schema["properties"]), f"{self.name} {pointer}"
        elif "additionalProperties" in schema:
            assert "propertyNames" in schema, f"{self.name} {pointer} is open"
        for name, part in schema.get("properties", {}).items():
            self.wanted.add((f"{pointer}/properties/{name}", "present"))
            if name not in schema["required"]:
                self.wanted.add((f"{pointer}/properties/{name}", "missing"))
            self.walk(part, f"{pointer}/properties/{name}")
        for i, part in enumerate(schema.get("oneOf", [])):
            self.wanted.add((f"{pointer}/oneOf/{i}", "taken"))
            self.walk(part, f"{pointer}/oneOf/{i}")
        if "items" in schema:
            self.wanted.add((f"{pointer}/items", "some"))
            self.walk(schema["items"], f"{pointer}/items")
        for name, part in schema.get("$defs", {}).items():
            self.walk(part, f"{pointer}/$defs/{name}")

    def mark(self, document, schema, pointer):
        """Notes which parts of the schema a valid document has."""
        if "$ref" in schema:
            self.mark(document, self.at(schema["$ref"]), schema["$ref"])
        for name, part in schema.get("properties", {}).items():
            place = f"{pointer}/properties/{name}"
            self.seen.add((place, "present" if name in document else "missing"))
            if name in document:
                self.mark(document[name], part, place)
        for i, part in enumerate(schema.get("oneOf", [])):
            if self.validator(part).is_valid(document):
                self.seen.add((f"{pointer}/oneOf/{i}", "taken"))
                self.mark(document, part, f"{pointer}/oneOf/{i}")
        if "items" in schema and isinstance(document, list):
            for item in document:
                self.seen.add((f"{pointer}/items", "some"))
                self.mark(item, schema["items"], f"{pointer}/items")

    def check(self, document, pointer="#"):
        schema = self.at(pointer)
        error = jsonschema.exceptions.best_match(self.validator(schema).iter_errors(document))
        assert error is None, f"{self.name}: {error.message} at {error.json_path}"
        self.mark(document, schema, pointer)

    def never_seen(self):
        return [f"{self.name}: {place} never {how}" for place, how in sorted(self.wanted - self.seen)]


class Dtd:
    """The DTD of JUnit XML, and what the reports so far have shown of it."""

    def __init__(self, path):
        self.name = path.name
        self.dtd = etree.DTD(str(path))
        self.wanted = {(element.name, "present") for element in self.dtd.iterelements()}
        for element in self.dtd.iterelements():
            for attribute in element.iterattributes():
                hows = ("present", "missing") if attribute.default == "implied" else ("present",)
                self.wanted |= {(f"{element.name}/@{attribute.name}", how) for how in hows}
        self.seen = set()

    def check(self, root):
        assert self.dtd.validate(root), f"{self.name}: {self.dtd.error_log.last_error}"
        names = {element.name: {attribute.name for attribute in element.iterattributes()} for element in self.dtd.iterelements()}
        for element in root.iter():
            self.seen.add((element.tag, "present"))
            for name in names[element.tag]:
                self.seen.add((f"{element.tag}/@{name}", "present" if name in element.attrib else "missing"))
            self.check_refused(root, element)

    def check_refused(self, root, element):
        """The same report with a member of this element too many, or one that must be there missing."""
        place = root.getroottree().getpath(element)
        required = [name for name in element.attrib if (f"{element.tag}/@{name}", "missing") not in self.wanted]
        for name in [None, "", *required]:
            other = copy.deepcopy(root)
            changed = other.xpath(place)[0]
            if name is None:
                etree.SubElement(changed, "time")
            elif name == "":
                changed.set("time", "0")
            else:
                del changed.attrib[name]
            assert not self.dtd.validate(other), f"{self.name}: {place} may be anything: {name}"

    def never_seen(self):
        return [f"{self.name}: {place} never {how}" for place, how in sorted(self.wanted - self.seen)]


class Outputs:
    """The program in a folder of its own. All that it prints for programs goes through the schemas."""

    def __init__(self, program, place):
        self.program = program
        self.place = place
        self.schemas = {schema.name: schema for schema in map(Schema, sorted((ROOT / "ci").glob("*.schema.json")))}
        self.junit = Dtd(ROOT / "ci/replay-junit.dtd")
        self.count = 0

    def run(self, *words):
        ended = subprocess.run(
            [self.program, *map(str, words)], cwd=self.place, capture_output=True, stdin=subprocess.DEVNULL
        )
        assert ended.returncode in (0, 1, 3, 4), (words, ended)
        self.count += 1
        return ended.stdout.decode()

    def check(self, *words, schema=None):
        """A command with -o json and with -o jsonl, whose lines are documents of their own where the schema has no `line`."""
        schema = self.schemas[schema or words[0]]
        schema.check(json.loads(self.run(*words, "-o", "json")))
        for line in self.run(*words, "-o", "jsonl").splitlines():
            schema.check(json.loads(line), "#/$defs/line" if "line" in schema.root.get("$defs", {}) else "#")

    def check_reports(self, *words):
        """The same of a command that also writes report files."""
        self.check(*words, schema="replay-report")
        names = {end: self.place / f"report.{end}" for end in ("json", "sarif", "junit")}
        self.run(*words, *(word for end, name in names.items() for word in (f"--{end}", name)))
        self.schemas["replay-report"].check(json.loads(names["json"].read_text()))
        self.schemas["replay-sarif"].check(json.loads(names["sarif"].read_text()))
        self.junit.check(etree.parse(names["junit"]).getroot())

    def write(self, name, text):
        (self.place / name).write_text(text)

    def check_all_seen(self):
        """Of every schema everything, of every command that speaks JSON a schema, of every table every name."""
        never = [line for schema in (*self.schemas.values(), self.junit) for line in schema.never_seen()]
        assert not never, "\n".join(never)
        for command in re.findall(r"^  (\w+)  ", self.run("--help"), re.M):
            has_schema = command in self.schemas or command in ("replay", "merge")
            assert has_schema == ("-o text|json|jsonl" in self.run(command, "--help")), command
        for name, place, table, row in TABLES:
            names = self.schemas[name].at(f"#/{place}")["propertyNames"]["enum"]
            assert names == re.findall(row, (ROOT / table).read_text(), re.M), f"{name} {place}: not as {table}"


# ---- What is printed ----

CRASHES = """
wfsim: 1
code: {v1: crashing.c}
start: [{workflow: Nowhere, id: "order-${n}", count: 1, input: ["order-1"]}]
activities: {reserve_inventory: {takes: 10ms}}
"""
REFUSED = """
wfsim: 1
code: {v1: scenarios/saga.c}
start:
  - {workflow: OrderSaga, id: "order-${n}", count: 3, every: 1s, input: ["x", {cents: 5}]}
  - {workflow: OrderSaga, id: order-2, count: 1, at: 1010ms, input: ["y", {cents: 7}]}
activities: {reserve_inventory: {takes: 1s}, charge_payment: {}, ship_order: {}, release_inventory: {}, refund_payment: {}}
"""


# More steps than a seed may take.
FLOOD = """
wfsim: 1
code: {v1: scenarios/expense.c}
start: [{workflow: ExpenseApproval, id: "expense-${n}", count: 1, input: ["x", 500]}]
activities: {notify_manager: {}, notify_timeout: {}, notify_rejection: {}, process_payment: {}}
clients: [{every: 20ms, signal: hello, to: nobody}]
"""
ATTRIBUTES = "workflowExecutionStartedEventAttributes"
KNOWN = "SIGNATURE  the null order, until it is gone\nbad.json WF103  its export is broken\n0123456789abcdef  gone\n"


def gather(outputs):
    """Inputs of all commands: archives of runs, histories that are edited or of no use, code with mistakes."""
    place = outputs.place
    (place / "scenarios").symlink_to(ROOT / "scenarios")
    for path in DATA.glob("*.*"):
        (place / path.name).symlink_to(path)
    outputs.write("bad.json", "<html>not found</html>")
    outputs.write("crashes.yaml", CRASHES)
    outputs.write("refused.yaml", REFUSED)
    outputs.write("flood.yaml", FLOOD)
    for code in ("saga", "saga_v3"):
        saga = (ROOT / "scenarios/saga.yaml").read_text().replace("saga.c", f"scenarios/{code}.c")
        outputs.write(f"{code}.yaml", saga)
        outputs.run("run", f"{code}.yaml", "--seed", 92, "--record", f"{code}.wfh")
    outputs.run("convert", "saga.wfh", "saga/", "--to", "json")
    events = json.loads((DATA / "order_open.json").read_text())["events"]
    tick = {"eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED", "workflowExecutionSignaledEventAttributes": {"signalName": "t"}}
    first, task = events[0], events[1]
    without_time = {name: value for name, value in first.items() if name != "eventTime"}
    chain = {"workflowId": "chain", "attempt": 1, "firstExecutionRunId": "r1"}
    continued = {"newExecutionRunId": "r2", "workflowTaskCompletedEventId": "4"}
    histories = {
        "gap": events[:5] + events[6:],
        "timeless": [without_time, task],
        "loop": [first] + [{"eventId": str(i), "eventTime": first["eventTime"], **tick} for i in range(2, 42)],
        "chain": [
            {**first, ATTRIBUTES: {**chain, "originalExecutionRunId": "r1"}},
            *events[1:4],
            {
                "eventId": "5",
                "eventType": "WorkflowExecutionContinuedAsNew",
                "workflowExecutionContinuedAsNewEventAttributes": continued,
            },
        ],
        "stranger": [{**first, ATTRIBUTES: {**chain, "originalExecutionRunId": "r3", "continuedExecutionRunId": "r1"}}],
    }
    for name, some in histories.items():
        outputs.write(f"{name}.json", json.dumps({"events": some}))
    outputs.write("timeless.json", json.dumps({"events": [{**event, "eventTime": None} for event in events]}))
    for kind in ("Fine", "Nowhere"):
        outputs.write(f"{kind}.json", json.dumps({"events": events[:9]}).replace("OrderSaga", kind))
    for kind in ("ByClock", "ByGlobal"):
        text = json.dumps({"events": events[:5]}).replace("OrderSaga", kind)
        outputs.write(f"{kind}.json", text.replace("reserve_inventory", "charge_account"))


def check_replays(outputs):
    failing = ("replay", "-w", "crashing.c", "Fine.json", "Nowhere.json", "bad.json", "--no-cache")
    report = json.loads(outputs.run("replay", "-w", "crashing.c", "Nowhere.json", "-o", "json"))
    outputs.write("known.txt", KNOWN.replace("SIGNATURE", report["results"][0]["signature"]))
    outputs.check_reports(*failing)
    outputs.check_reports(*failing, "--baseline", "known.txt")
    outputs.check_reports("replay", "-w", "scenarios/saga_v2.c", "saga.wfh", "--prefixes")
    outputs.check_reports("replay", "-w", "scenarios/saga_v3.c", "saga.wfh", "--strict")
    outputs.check_reports("replay", "-w", "scenarios/saga.c", "saga.wfh", "--live")
    outputs.check_reports("replay", "-w", "scenarios/saga.c", "order_open.json", "order_closed.json")
    for part in "12":
        outputs.run("replay", "-w", "scenarios/saga_v2.c", "saga.wfh", "--shard", f"{part}/2", "--json", f"part-{part}.json")
    outputs.check_reports("merge", "part-1.json", "part-2.json")
    outputs.check_reports("merge", "part-1.json")
    matrix = ("replay", "--matrix", "scenarios/saga.c", "scenarios/saga_v2.c")
    outputs.check(*matrix, "saga.wfh", "bad.json", schema="replay-matrix")


def check_histories(outputs):
    check = outputs.check
    for words in ((), ("--timeline",)):
        check("show", "order_open.json", *words)
        check("show", "timeless.json", *words)
        check("show", "saga.wfh", *words)
    check("diff", "order_open.json", "order_open.json")
    check("diff", "order_open.json", "order_closed.json")
    check("diff", "saga/0001-order-1.json", "saga/0002-order-3.json")
    check("check", "saga.wfh")
    check("check", "gap.json", "bad.json", "chain.json", "stranger.json")
    check("check", "nowhere.json")
    check("corpus", "saga.wfh", "gap.json", "loop.json", "chain.json", "bad.json")
    check("corpus", "bad.json")
    outputs.run("convert", "timeless.json", "timeless.wfh")
    outputs.run("convert", "order_open.json", "open.wfh")
    check("list", "saga.wfh")
    check("list", "timeless.wfh")
    check("list", "saga.wfh", "--status", "terminated")
    check("list", "scenarios/expense.yaml", "--seed", 3, "--at", "1s")
    check("describe", "saga.wfh", "order-3")
    check("describe", "open.wfh", "order-3")
    check("describe", "timeless.wfh", "order-3")


def check_code(outputs):
    check = outputs.check
    check("patches", "saga_v3.wfh", "saga.wfh", "bad.json")
    check("patches", "-w", "scenarios/saga_v2.c", "saga_v3.wfh")
    check("patches", "order_open.json")
    check("lint", "lint_calls.c")
    check("lint", "scenarios/saga.c", "saga.wfh")
    check("lint", "lint_hunt.c", "ByClock.json", "ByGlobal.json")
    for words in ((), ("policy",), ("WF203",), ("I5",), ("faults.profile",), ("worker_crash",)):
        check("explain", *words)


def check_runs(outputs):
    check = outputs.check
    check("run", "scenarios/saga.yaml", "--seeds", "1..3")
    check("run", "scenarios/saga_naive.yaml", "--seeds", "1..10")
    check("run", "scenarios/saga.yaml", "--dry-run")
    check("run", "crashes.yaml", "--seeds", "5..6")
    check("run", "refused.yaml")
    check("run", "flood.yaml", "--no-faults")
    going_on = ("--from", "saga.wfh@4", "--id", "order-3", "-w", "scenarios/saga_v2.c")
    check("run", "scenarios/saga.yaml", *going_on, "--no-faults")


def main():
    with tempfile.TemporaryDirectory() as folder:
        outputs = Outputs(str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(folder))
        os.environ.setdefault("WFSIM_CACHE", str(outputs.place / "cache"))
        gather(outputs)
        check_replays(outputs)
        check_histories(outputs)
        check_code(outputs)
        check_runs(outputs)
        outputs.check_all_seen()
    print(f"{outputs.count} passed, 0 failed")


main()
