"""The report files of real batches, read by the libraries that other people read them with.

    report_schema.py PATH/TO/wfsim

JSON against ci/replay-report.schema.json, `-o json` too; JUnit as XML whose counts are those of its
elements; SARIF by its indices; HTML as tags that close and ask for nothing from elsewhere.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from html.parser import HTMLParser

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
VOID = {"meta"}


class Page(HTMLParser):
    """Every tag that opens closes, and no attribute leads elsewhere."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        assert not {name for name, _ in attrs} & {"src", "href", "onclick", "style"}, attrs
        assert tag not in {"script", "link", "img", "iframe"}, tag
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag


def histories(folder):
    """A folder with a history of each kind of verdict, from those of the command line tests."""
    data = ROOT / "tests/cli/data"
    text = (data / "order_open.json").read_text()
    folder.mkdir()
    shutil.copy(data / "order_closed.json", folder)
    (folder / "open & <shut>.json").write_text(text)
    (folder / "page.json").write_text("<html>not found</html>")
    events = json.loads(text)["events"][:9]
    for kind in ("Fine", "Nowhere"):
        short = json.dumps({"events": events}).replace("OrderSaga", kind)
        (folder / f"{kind}.json").write_text(short)


def check(program, place, schema, code, *options):
    names = {end: place / f"report.{end}" for end in ("json", "junit", "sarif", "markdown", "html")}
    flags = [word for end, name in names.items() for word in (f"--{end}", str(name))]
    command = [program, "replay", "-w", code, "h", *options]
    ended = subprocess.run(command + flags, cwd=place, capture_output=True)
    assert ended.returncode in (1, 3), ended

    report = json.loads(names["json"].read_text())
    jsonschema.validate(report, schema)
    printed = subprocess.run(command + ["-o", "json"], cwd=place, capture_output=True)
    jsonschema.validate(json.loads(printed.stdout), schema)
    assert report["summary"]["histories"] == len(report["results"])

    suites = xml.parse(names["junit"]).getroot()
    for element in (suites, suites[0]):
        assert int(element.get("tests")) == len(suites.findall(".//testcase"))
        assert int(element.get("failures")) == len(suites.findall(".//failure"))
        assert int(element.get("errors")) == len(suites.findall(".//error"))
    cases = [case.get("file") for case in suites.iter("testcase") if case.get("file")]
    assert cases == [row["file"] for row in report["results"]]

    run = json.loads(names["sarif"].read_text())["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        # Notes name a rule of replay, findings a diagnosis.
        assert result["level"] != "error" or rules[result["ruleIndex"]]["id"] == result["ruleId"]
    findings = [result for result in run["results"] if result["level"] == "error"]
    assert len(findings) == sum(row["verdict"] != "ok" for row in report["results"])

    page = Page()
    page.feed(names["html"].read_text())
    page.close()
    assert not page.open, page.open


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    schema = json.loads((ROOT / "ci/replay-report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    batches = [
        (str(ROOT / "scenarios/saga_v2.c"),),
        (str(ROOT / "tests/cli/data/crashing.c"),),
        (str(ROOT / "scenarios/saga_v2.c"), "--fail-fast", "--show-payloads"),
        (str(ROOT / "scenarios/saga_v2.c"), "--prefixes"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        os.environ["WFSIM_CACHE"] = str(place / "cache")
        histories(place / "h")
        for batch in batches:
            check(program, place, schema, *batch)
    print(f"{len(batches)} passed, 0 failed")


main()
