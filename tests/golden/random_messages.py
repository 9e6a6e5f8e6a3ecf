"""Random messages of every type of the schema, made by Google's protobuf runtime, through our codec and back.

    random_messages.py PATH/TO/wire_echo [MESSAGES_PER_TYPE] [SEED]

For each type that the Python package `temporalio` carries, with every field set at least once:
protobuf to protobuf is the same bytes; protobuf to JSON is what json_format writes, and reads back
as the same message; JSON written by json_format becomes the same bytes. What only one side has is
left out and printed.
"""

import importlib
import json
import math
import pkgutil
import random
import struct
import subprocess
import sys

import temporalio.api
import temporalio.bridge.proto
from google.protobuf import any_pb2, descriptor_pool, empty_pb2, json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor as Field

KINDS = {
    Field.TYPE_STRING: "string", Field.TYPE_BYTES: "bytes", Field.TYPE_BOOL: "bool",
    Field.TYPE_INT32: "int32", Field.TYPE_INT64: "int64", Field.TYPE_UINT32: "uint32",
    Field.TYPE_UINT64: "uint64", Field.TYPE_FLOAT: "float", Field.TYPE_DOUBLE: "double",
    Field.TYPE_ENUM: "enum", Field.TYPE_MESSAGE: "message",
}
INTEGERS = {
    "int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1),
    "uint32": (0, 2**32 - 1), "uint64": (0, 2**64 - 1),
}
TIMES = {"google.protobuf.Timestamp": "timestamp", "google.protobuf.Duration": "duration"}
TEXTS = ["", "a", "order-42", "json/plain", 'quotes " and \\ and / and <&>', "\n\t\r\b\f\x00\x1f\x7f",
         "\u00e9\u20ac\U0001f600\u2028", "x" * 127, "y" * 128, "z" * 300]
REALS = [0.0, -0.0, 1.0, 2.0, 0.1, 1.5, -3.25, 1e16, 1e-5, 123456789.125, 5e-324, 1.7976931348623157e308,
         math.inf, -math.inf, math.nan]
DEPTH_MAX = 3
LIST_MAX = 3
JSON_EVERY = 4  # of the messages, the JSON of one is compared: json_format is slow


class Echo:
    """wire_echo as a function."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, operation, name, data):
        encoded = name.encode()
        self.process.stdin.write(operation.encode() + struct.pack("<I", len(encoded)) + encoded
                                 + struct.pack("<I", len(data)) + data)
        self.process.stdin.flush()
        status, size = struct.unpack("<BI", self.process.stdout.read(5))
        answer = self.process.stdout.read(size)
        if status != 0:
            raise AssertionError(f"{name}: {answer.decode()}")
        return answer


class Table:
    """Our schema: for each type, its fields by number; compared with the classes of the runtime."""

    def __init__(self, echo):
        self.fields = {}
        self.enum_names = {}  # of each enum field: our names by number
        self.agreed = {}  # of each enum of the runtime: the numbers that both sides name alike
        for line in echo("t", "", b"").decode().splitlines():
            name, number, json_name, kind, label, message, oneof, names = line.split("\t")
            fields = self.fields.setdefault(name, {})
            if number != "0":
                fields[int(number)] = (json_name, kind, label, message, oneof)
                pairs = (pair.split("=") for pair in names.split())
                self.enum_names[(name, int(number))] = {int(value): text for text, value in pairs}

    def compare(self, name, descriptor):
        """The fields that both sides have; prints the others, and returns what is wrong."""
        common, wrong = [], []
        theirs = {field.number: field for field in descriptor.fields}
        for number, (json_name, kind, label, message, oneof) in self.fields[name].items():
            field = theirs.get(number)
            if field is None:
                print(f"skipped {name}.{json_name} ({number}): not in temporalio")
                continue
            if field.json_name != json_name:
                print(f"skipped {name}.{json_name} ({number}): {field.json_name} in temporalio")
                continue
            if describe(field) != (json_name, kind, label, message, oneof):
                wrong.append(f"{name} field {number}: ours {(json_name, kind, label, message, oneof)}, "
                             f"theirs {describe(field)}")
            if field.enum_type is not None:
                self.compare_enum(field.enum_type, self.enum_names[(name, number)])
            common.append(field)
        for number, field in theirs.items():
            if number not in self.fields[name]:
                print(f"skipped {name}.{field.json_name} ({number}): not in our table")
        return common, wrong

    def compare_enum(self, descriptor, ours):
        if descriptor.full_name in self.agreed:
            return
        theirs = {value.number: value.name for value in descriptor.values}
        self.agreed[descriptor.full_name] = [n for n in theirs if ours.get(n) == theirs[n]]
        differing = [f"{number} {ours.get(number)}: {theirs.get(number)}"
                     for number in sorted(set(ours) | set(theirs)) if ours.get(number) != theirs.get(number)]
        if differing:
            print(f"skipped names of {descriptor.full_name}, ours: theirs: {', '.join(differing)}")


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def describe(field):
    """A field of the runtime in the words of our table."""
    label = "map" if is_map(field) else "list" if field.is_repeated else "one"
    value = field.message_type.fields_by_name["value"] if is_map(field) else field
    kind = KINDS.get(value.type, f"type {value.type}")
    message = "-"
    if value.message_type is not None:
        kind = TIMES.get(value.message_type.full_name, "message")
        message = value.message_type.full_name if kind == "message" else "-"
    oneof = "oneof" if field.containing_oneof is not None else "-"
    return field.json_name, kind, label, message, oneof


class Maker:
    def __init__(self, common, agreed, seed):
        self.common = common
        self.agreed = agreed
        self.random = random.Random(seed)
        self.set_counts = {}

    def scalar(self, field):
        draw = self.random
        if field.type == Field.TYPE_STRING:
            return draw.choice(TEXTS)
        if field.type == Field.TYPE_BYTES:
            return draw.randbytes(draw.choice([0, 1, 2, 3, 4, 31, 200]))
        if field.type == Field.TYPE_BOOL:
            return draw.random() < 0.5
        if field.type == Field.TYPE_DOUBLE:
            return draw.choice(REALS + [draw.uniform(-1e6, 1e6)])
        if field.type == Field.TYPE_FLOAT:
            value = draw.choice([0.0, 1.0, 0.1, 1.5, -3.25, 16777216.0, 1e-10, math.inf, draw.uniform(-1e6, 1e6)])
            return struct.unpack("<f", struct.pack("<f", value))[0]
        if field.type == Field.TYPE_ENUM:
            return draw.choice(self.agreed[field.enum_type.full_name] + [4711, -1])
        low, high = INTEGERS[KINDS[field.type]]
        return draw.choice([0, 1, 127, 128, low, high, draw.randint(low, high), draw.randint(0, 100000)])

    def time(self, message):
        draw = self.random
        is_duration = message.DESCRIPTOR.full_name == "google.protobuf.Duration"
        nanos = draw.choice([0, 0, 1, 1000, 1000000, 500000000, 999999999])
        if is_duration:
            seconds = draw.choice([0, 1, 10, 315360000, 315576000000 - 1, draw.randint(0, 10**6)])
            sign = draw.choice([1, 1, -1])
            message.seconds, message.nanos = sign * seconds, sign * nanos
        else:
            message.seconds = draw.choice([0, 1700000000, -62135596800, 253402300799, draw.randint(-10**9, 4 * 10**9)])
            message.nanos = nanos

    def fill_value(self, message, field, depth):
        if field.message_type.full_name in TIMES:
            self.time(message)
        else:
            self.fill(message, depth + 1)

    def key(self, keys):
        """A map key. The runtime sorts a key behind those that it begins, all others by their
        bytes as we do; so none here begins another."""
        while True:
            key = self.random.choice(TEXTS)
            if not any(other.startswith(key) or key.startswith(other) for other in keys if other != key):
                return key

    def set_field(self, message, field, depth):
        value = getattr(message, field.name)
        draw = self.random
        if is_map(field):
            entry = field.message_type.fields_by_name["value"]
            count = draw.randint(1, LIST_MAX)
            while len(value) < count and "" not in value:
                key = self.key(value)
                if entry.message_type is not None:
                    value[key].SetInParent()
                    self.fill_value(value[key], entry, depth)
                else:
                    value[key] = self.scalar(entry)
        elif field.is_repeated:
            for _ in range(draw.randint(1, LIST_MAX)):
                if field.message_type is not None:
                    self.fill_value(value.add(), field, depth)
                else:
                    value.append(self.scalar(field))
        elif field.message_type is not None:
            value.SetInParent()
            self.fill_value(value, field, depth)
        else:
            setattr(message, field.name, self.scalar(field))

    def fill(self, message, depth=0, chance=None):
        name = message.DESCRIPTOR.full_name
        chance = chance if chance is not None else self.random.choice([0.1, 0.5, 0.9])
        fields = list(self.common[name])
        self.random.shuffle(fields)
        for field in fields:
            if self.random.random() > chance:
                continue
            if field.containing_oneof is not None and message.WhichOneof(field.containing_oneof.name):
                if self.random.random() < 0.7:
                    continue
            if depth >= DEPTH_MAX and field.message_type is not None and not is_map(field):
                if field.message_type.full_name not in TIMES:
                    continue
            self.set_field(message, field, depth)
        if depth == 0:
            for field, _ in message.ListFields():
                self.set_counts[(name, field.number)] = self.set_counts.get((name, field.number), 0) + 1


def load_descriptors():
    """Imports every module of generated classes, so that the pool knows their types."""
    for package in (temporalio.api, temporalio.bridge.proto):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if module.name.endswith("_pb2"):
                try:
                    importlib.import_module(module.name)
                except ImportError as error:
                    print(f"skipped module {module.name}: {error}")
    assert any_pb2 and empty_pb2
    return descriptor_pool.Default()


def holds(descriptor, wanted, seen=None):
    """Whether a message of the type `wanted` may lie in one of this type."""
    seen = seen if seen is not None else set()
    if descriptor.full_name == wanted:
        return True
    if descriptor.full_name in seen:
        return False
    seen.add(descriptor.full_name)
    return any(field.message_type is not None and holds(field.message_type, wanted, seen)
               for field in descriptor.fields)


def normal(value):
    """A JSON value whose numbers compare as numbers, NaN included (corpus README)."""
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return ("number", float(value))
    return value


def check_json(echo, name, message, data):
    theirs = json_format.MessageToJson(message, indent=None, ensure_ascii=False)
    ours = echo("j", name, data).decode()
    if normal(json.loads(ours)) != normal(json.loads(theirs)):
        raise AssertionError(f"{name}: JSON\n  ours   {ours}\n  theirs {theirs}")
    again = json_format.Parse(ours, type(message)())
    if again.SerializeToString(deterministic=True) != data:
        raise AssertionError(f"{name}: our JSON reads as another message: {ours}")
    if echo("J", name, theirs.encode()) != data:
        raise AssertionError(f"{name}: their JSON is read as another message: {theirs}")


def check_type(echo, name, message_class, maker, count, has_json):
    unknown = b"\xc2\xbb\x3f\x03abc\xc8\xbb\x3f\x07"
    for i in range(count):
        message = message_class()
        # The first of them have every field, but one of each oneof.
        maker.fill(message, chance=1.0 if i < 30 else None)
        data = message.SerializeToString(deterministic=True)
        if echo("w", name, data) != data:
            raise AssertionError(f"{name}: ours {echo('w', name, data).hex()}, theirs {data.hex()}")
        if i % 10 == 0 and echo("w", name, unknown + data) != data + unknown:
            raise AssertionError(f"{name}: unknown fields are not kept")
        if has_json and i % JSON_EVERY == 0:
            check_json(echo, name, message, data)


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    pool = load_descriptors()
    echo = Echo(program)
    table = Table(echo)
    common, wrong, types = {}, [], []
    for name in table.fields:
        if name.startswith("wfsim."):
            continue
        try:
            descriptor = pool.FindMessageTypeByName(name)
        except KeyError:
            print(f"skipped {name}: not in temporalio")
            continue
        common[name], differences = table.compare(name, descriptor)
        wrong += differences
        types.append((name, descriptor))
    own = sum(1 for name in table.fields if name.startswith("wfsim."))
    print(f"skipped {own} types of our own (wfsim.*)")
    maker = Maker(common, table.agreed, seed)
    passed, failed = 0, len(wrong)
    for difference in wrong:
        print(difference)
    for name, descriptor in types:
        # JSON of Any names a type that must be known; histories never hold one (engine-semantics 1.7).
        has_json = not holds(descriptor, "google.protobuf.Any")
        if not has_json:
            print(f"skipped JSON of {name}: it may hold google.protobuf.Any")
        try:
            check_type(echo, name, message_factory.GetMessageClass(descriptor), maker, count, has_json)
            missed = [field.name for field in common[name] if (name, field.number) not in maker.set_counts]
            if missed:
                raise AssertionError(f"{name}: never set: {', '.join(missed)}")
            passed += 1
        except (AssertionError, json_format.Error) as failure:
            print(str(failure)[:2000])
            failed += 1
    print(f"{passed} types with {count} messages each")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
