#!/usr/bin/env python3
"""Reads a .vitm module without any of vitc's code.

  read_vitm.py MODULE             a summary
  read_vitm.py --json MODULE      everything but weights and images
  read_vitm.py --values MODULE    the same as nested lists, fields in file order

Written from docs/module-format.md; it checks what that page says a reader must
check of the file's frame. Exits with 5 if the module is not sound.
"""
import argparse
import json
import pathlib
import struct
import sys

try:
    from xxhash import xxh3_64_intdigest as xxh3_64
except ImportError:
    from xxh3 import xxh3_64

MAGIC = b"\x89VITM\r\n\x1a"
VERSION = 1
SECTIONS = {1: "weight data", 2: "images", 3: "strings", 4: "plans", 5: "kernels",
            6: "weights", 7: "provenance", 8: "loadables"}

SCALARS = {"u8": "<B", "u32": "<I", "i32": "<i", "u64": "<Q", "i64": "<q",
           "f32": "<f", "f64": "<d"}
ENUMS = {
    "DType": {1: "f32", 2: "tf32", 3: "f16", 4: "bf16", 5: "f8E4M3FN", 6: "f8E5M2",
              7: "i8", 8: "ui8", 9: "i32", 10: "i1", 11: "i64"},
    "Space": {1: "arena", 2: "weights", 3: "input", 4: "output"},
    "TemplateKind": {1: "gemm", 2: "attention", 3: "row_norm", 4: "softmax", 5: "reduce",
                     6: "pointwise"},
    "Family": {1: "simt", 2: "mma", 3: "wgmma"},
    "Role": {1: "a", 2: "w", 3: "q", 4: "k", 5: "v", 6: "in", 7: "out", 8: "extra", 9: "table"},
    "ReduceKind": {1: "sum", 2: "mean", 3: "max", 4: "min", 5: "sum_square", 6: "l2", 7: "l1",
                   8: "prod", 9: "argmax"},
    "ImageKind": {1: "cubin", 2: "ptx"},
    "Opcode": {n: n for n in (*range(1, 35), *range(40, 60))},
}
SIZES = {"f32": 4, "tf32": 4, "f16": 2, "bf16": 2, "f8E4M3FN": 1, "f8E5M2": 1, "i8": 1,
         "ui8": 1, "i32": 4, "i1": 1, "i64": 8}

# Fields in file order. "[]T" is a list, "[3]T" three of them.
STRUCTS = {
    "Hash128": "low:u64 high:u64",
    "Extent": "value:i64 perBatch:bool",
    "AxisDim": "extent:i64 stride:i64 table:i32",
    "GuardTerm": "axis:u32 dim:u32 factor:i64",
    "Guard": "terms:[]GuardTerm base:i64 lo:i64 hi:i64",
    "View": "dtype:DType axes:[][]AxisDim guards:[]Guard offset:i64",
    "BufferRef": "space:Space index:u32 offset:u64 bytes:Extent before:u64",
    "Instr": "op:Opcode type:DType predicate:u8 a:u32 b:u32 c:u32 bits:u64 node:u32",
    "Argument": "operand:i32 type:DType",
    "Function": "args:[]Argument body:[]Instr result:u32 kind:str",
    "KernelOperand": "role:Role name:str view:View vector:u8",
    "GemmConfig": "groups:Extent rows:Extent n:i64 k:i64 compute:DType bm:i32 bn:i32 bk:i32 "
                  "wm:i32 wn:i32 stages:i32",
    "AttentionConfig": "batch:Extent heads:i64 kvHeads:i64 queries:i64 keys:i64 dk:i64 dv:i64 "
                       "compute:DType causal:bool bm:i32 bn:i32 warps:i32",
    "RowNormConfig": "rows:Extent cols:i64 epsilon:f32 rms:bool threadsPerRow:i32 "
                     "rowsPerBlock:i32",
    "SoftmaxConfig": "rows:Extent cols:i64 log:bool threadsPerRow:i32 rowsPerBlock:i32",
    "ReduceConfig": "rows:Extent cols:i64 kind:ReduceKind threadsPerRow:i32 rowsPerBlock:i32",
    "PointwiseConfig": "elements:Extent threads:i32 perThread:i32",
    "GridFormula": "perBatch:i64 fixed:i64 divisor:i64",
    "Kernel": "symbol:str kind:TemplateKind family:Family config:Config "
              "operands:[]KernelOperand prologue:Function epilogue:Function grid:[3]GridFormula "
              "threads:u32 sharedBytes:u32 why:str",
    "Launch": "kernel:u32 buffers:[]BufferRef nodes:[]str opTypes:[]str vitOp:str scope:str "
              "device:u32 flops:f64 bytes:f64",
    "TensorInfo": "name:str dtype:DType shape:[]Extent",
    "TensorMapEntry": "name:str node:str dtype:DType shape:[]Extent strides:[]i64 "
                      "buffer:BufferRef afterLaunch:u32",
    "ReportEntry": "key:str done:i64 total:i64 detail:str",
    "Plan": "target:str device:str precision:str minBatch:i64 optBatch:i64 maxBatch:i64 "
            "inputs:[]TensorInfo outputs:[]TensorInfo kernels:[]Kernel launches:[]Launch "
            "tensors:[]TensorMapEntry report:[]ReportEntry arenaBytes:u64 arenaLowerBound:u64",
    "ModulePlan": "plan:Plan codes:[]u32",
    "KernelImage": "kind:ImageKind arch:str data:bytes registers:u32 spillBytes:u32 "
                   "staticSharedBytes:u32",
    "KernelCode": "symbol:str source:str options:[]str images:[]KernelImage",
    "Header": "name:str text:str",
    "Weight": "name:str dtype:DType shape:[]i64 hash:Hash128 offset:u64 size:u64",
    "Loadable": "name:str target:str data:bytes",
    "KeyValue": "key:str value:str",
    "Provenance": "compiler:str nvrtc:str codegenHash:u64 modelHash:Hash128 modelName:str "
                  "options:[]str extra:[]KeyValue",
}
CONFIGS = {1: "GemmConfig", 2: "AttentionConfig", 3: "RowNormConfig", 4: "SoftmaxConfig",
           5: "ReduceConfig", 6: "PointwiseConfig"}
CONTENT = {"plans": [("plans", "[]ModulePlan")],
           "kernels": [("headers", "[]Header"), ("codes", "[]KernelCode")],
           "weights": [("weights", "[]Weight")],
           "provenance": [("provenance", "Provenance")],
           "loadables": [("loadables", "[]Loadable")]}


class Bad(Exception):
    """The module is not sound; the text says where."""


def need(condition, message):
    if not condition:
        raise Bad(message)


class Decoder:
    """Reads values of the types above from one section."""

    def __init__(self, name, data, strings, images, values):
        self.name, self.data, self.at = name, data, 0
        self.strings, self.images, self.values = strings, images, values

    def scalar(self, code):
        size = struct.calcsize(code)
        need(len(self.data) - self.at >= size, f"{self.name}: ends too early")
        self.at += size
        return struct.unpack_from(code, self.data, self.at - size)[0]

    def read(self, kind):
        if kind.startswith("[]"):
            count = self.scalar("<I")
            need(count <= len(self.data) - self.at, f"{self.name}: a list of {count}")
            return [self.read(kind[2:]) for _ in range(count)]
        if kind.startswith("[3]"):
            return [self.read(kind[3:]) for _ in range(3)]
        if kind in SCALARS:
            if self.values and kind in ("f32", "f64"):  # as bits
                return self.scalar("<I" if kind == "f32" else "<Q")
            return self.scalar(SCALARS[kind])
        if kind in ENUMS:
            number = self.scalar("<B")
            need(number in ENUMS[kind], f"{self.name}: {kind} {number}")
            return number if self.values else ENUMS[kind][number]
        return getattr(self, "read_" + kind, lambda: self.struct(kind))()

    def read_bool(self):
        byte = self.scalar("<B")
        need(byte <= 1, f"{self.name}: a bool is {byte}")
        return byte if self.values else bool(byte)

    def read_str(self):
        index = self.scalar("<I")
        need(index < len(self.strings), f"{self.name}: string {index}")
        return self.strings[index].decode("latin-1" if self.values else "utf-8",
                                          "backslashreplace")

    def read_bytes(self):
        offset, size = self.scalar("<Q"), self.scalar("<Q")
        need(offset + size <= len(self.images) and offset % 256 == 0,
             f"{self.name}: bytes {offset} + {size}")
        return [offset, size]

    def read_Config(self):
        number = self.scalar("<B")
        need(number in CONFIGS, f"{self.name}: config {number}")
        return self.struct(CONFIGS[number])

    def struct(self, kind):
        fields = [f.split(":") for f in STRUCTS[kind].split()]
        if self.values:
            return [self.read(t) for _, t in fields]
        return {name: self.read(t) for name, t in fields}


def read_sections(file):
    """Name -> bytes; everything about the frame is checked."""
    need(file[:8] == MAGIC[:len(file)] and file, "not a vitc module")
    need(len(file) >= 256, "the header is cut short")
    version, reader, size, count, reserved, table_hash, header_hash = \
        struct.unpack_from("<IIQIIQQ", file, 8)
    need(xxh3_64(file[:40]) == header_hash, "the header's checksum does not match")
    need(reader <= VERSION <= version, f"format version {version}, for readers of {reader}")
    need(size == len(file), f"{len(file)} bytes, the header says {size}")
    need(not reserved and not any(file[48:256]), "reserved bytes are not zero")
    end = 256 + 32 * count
    need(end <= len(file), "the section table is cut short")
    need(xxh3_64(file[256:end]) == table_hash, "the table's checksum does not match")
    sections = {}
    for i in range(count):
        kind, flags, offset, length, digest = struct.unpack_from("<IIQQQ", file, 256 + 32 * i)
        name = SECTIONS.get(kind)
        need(name or not flags & 1, f"an unknown section of kind {kind} is required")
        need(flags in (0, 1), f"section {name}: unknown flags")
        need(offset == (end + 255) // 256 * 256 and offset + length <= len(file),
             f"section {name} is not where the one before ends")
        need(not any(file[end:offset]), f"section {name} comes after padding that is not zero")
        end = offset + length
        data = file[offset:end]
        need(xxh3_64(data) == digest, f"section {name}: the checksum does not match")
        need(name not in sections, f"section {name} is there twice")
        sections[name or kind] = data
    need(end == len(file), "bytes follow the last section")
    need(set(SECTIONS.values()) <= set(sections), "a section is missing")
    return sections


def read_strings(data):
    need(len(data) >= 8, "strings: too short")
    count = struct.unpack_from("<I", data)[0]
    need(4 * (count + 2) <= len(data), "strings: too short")
    ends = struct.unpack_from(f"<{count + 1}I", data, 4)
    text = data[4 * (count + 2):]
    need(ends[0] == 0 and ends[-1] == len(text) and list(ends) == sorted(ends),
         "strings: the offsets are wrong")
    return [text[a:b] for a, b in zip(ends, ends[1:])]


def check_tiling(name, data, pieces):
    """Pieces follow each other: aligned, zeros between, equal ones once."""
    end, known = 0, {}
    for offset, size in pieces:
        if size == 0 or offset in known:
            need(known.get(offset, size) == size, f"{name}: pieces overlap")
            continue
        need(offset == (end + 255) // 256 * 256, f"{name}: a hole or an overlap")
        need(not any(data[end:offset]), f"{name}: padding is not zero")
        known[offset] = size
        end = offset + size
    need(end == len(data), f"{name}: bytes are left over")


def read_module(file, values=False):
    sections = read_sections(file)
    strings = read_strings(sections["strings"])

    def decode(as_values):
        module = {}
        for name, fields in CONTENT.items():
            decoder = Decoder(name, sections[name], strings, sections["images"], as_values)
            for field, kind in fields:
                module[field] = decoder.read(kind)
            need(decoder.at == len(decoder.data), f"{name}: bytes are left over")
        return module

    module = decode(False)
    check_tiling("weight data", sections["weight data"],
                 [(w["offset"], w["size"]) for w in module["weights"]])
    for weight in module["weights"]:
        size = SIZES[weight["dtype"]]
        for dim in weight["shape"]:
            size *= dim
        need(size == weight["size"], f"weight {weight['name']!r} is not as large as its shape")
    check_tiling("images", sections["images"],
                 [i["data"] for c in module["codes"] for i in c["images"]]
                 + [l["data"] for l in module["loadables"]])
    return decode(True) if values else module


def summary(module):
    provenance = module["provenance"]
    print(f"by {provenance['compiler']}, NVRTC {provenance['nvrtc'] or 'not used'}")
    for entry in module["plans"]:
        plan = entry["plan"]
        print(f"plan {plan['target']} {plan['precision']}, batch {plan['minBatch']} to "
              f"{plan['maxBatch']}: {len(plan['launches'])} launches of "
              f"{len(plan['kernels'])} kernels, arena {plan['arenaBytes']} bytes")
    for code in module["codes"]:
        forms = ", ".join(f"{i['kind']} {i['arch']}" for i in code["images"])
        print(f"kernel {code['symbol']}: source{', ' if forms else ''}{forms}")
    print(f"{len(module['weights'])} weights, {sum(w['size'] for w in module['weights'])} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("module", type=pathlib.Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--values", action="store_true")
    args = parser.parse_args()
    try:
        module = read_module(args.module.read_bytes(), args.values)
    except OSError as error:
        sys.exit(f"{args.module}: {error.strerror}")
    except Bad as error:
        print(f"{args.module}: {error}", file=sys.stderr)
        sys.exit(5)
    if args.json or args.values:
        json.dump(module, sys.stdout, separators=(",", ":") if args.values else None)
        print()
    else:
        summary(module)


if __name__ == "__main__":
    main()
