#!/usr/bin/env python3
"""rings_test.py: every alarm of scripts/checks rings on a bad example, and stays quiet on a good one."""
import os
import subprocess
import sys
import tempfile
import unittest

CHECKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "checks")
sys.path.insert(0, CHECKS)
import dataplane_symbols  # noqa: E402


def run(checker, files):
    """Writes {path: text} into a fresh folder and gives back (exit code, output) of the checker on it."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            where = os.path.join(root, path)
            os.makedirs(os.path.dirname(where), exist_ok=True)
            with open(where, "w", encoding="utf-8") as file:
                file.write(text)
        answer = subprocess.run([sys.executable, os.path.join(CHECKS, checker), "--root", root],
                                capture_output=True, text=True)
        return answer.returncode, answer.stdout + answer.stderr


class Base(unittest.TestCase):
    def rings(self, files, what):
        code, output = run(self.checker, files)
        self.assertEqual(code, 1, f"stayed quiet: {output}")
        self.assertIn(what, output)

    def quiet(self, files):
        code, output = run(self.checker, files)
        self.assertEqual(code, 0, output)


HEADER = "// a.h: an example.\n#pragma once\n"


class Layers(Base):
    checker = "layers.py"

    def includes(self, path, *headers):
        files = {path: "".join(f"#include {h}\n" for h in headers)}
        for header in headers:
            if header.startswith('"') and "/" in header:
                files.setdefault(header.strip('"'), HEADER)
        return files

    def test_the_diagram_downwards_is_quiet(self):
        self.quiet(self.includes("dataplane/tcp/a.cc", '"dataplane/wire/tcp.h"', "<span>"))
        self.quiet(self.includes("dataplane/flow/a.cc", '"dataplane/scan/engine.h"', '"dataplane/policy/image.h"'))
        self.quiet(self.includes("controlplane/cli/a.cc", '"dataplane/scan/engine.h"', "<boost/program_options.hpp>"))

    def test_upwards(self):
        self.rings(self.includes("dataplane/mem/a.h", '"dataplane/tcp/stack.h"'), "may not include")

    def test_stage_into_stage(self):
        self.rings(self.includes("dataplane/redact/a.h", '"dataplane/scan/engine.h"'), "stages do not include")

    def test_events_of_an_earlier_stage_is_quiet_of_a_later_one_rings(self):
        self.quiet(self.includes("dataplane/redact/a.h", '"dataplane/scan/events.h"'))
        self.rings(self.includes("dataplane/scan/a.h", '"dataplane/redact/events.h"'), "stages do not include")

    def test_a_stage_that_has_no_business_with_policy(self):
        self.rings(self.includes("dataplane/tcp/a.h", '"dataplane/policy/image.h"'), "may not include")

    def test_dataplane_into_control_plane(self):
        self.rings(self.includes("dataplane/worker/a.h", '"controlplane/policy/bundle/bundle.h"'),
                   "nothing of the control")

    def test_control_plane_into_the_machinery(self):
        self.rings(self.includes("controlplane/supervise/a.h", '"dataplane/scan/engine.h"'), "contract and base")
        self.rings(self.includes("controlplane/policy/bundle/bundle.cc", '"dataplane/scan/engine.h"'),
                   "contract and base")
        self.quiet(self.includes("controlplane/policy/image/self_test.cc", '"dataplane/scan/engine.h"'))

    def test_contract_includes_std_only(self):
        self.quiet(self.includes("dataplane/contract/a.h", "<cstdint>"))
        self.rings(self.includes("dataplane/contract/a.h", "<sys/mman.h>"), "standard library only")
        self.rings(self.includes("dataplane/contract/a.h", '"dataplane/base/time.h"'), "may not include")

    def test_outside_headers_in_the_wrong_home(self):
        for path, header in (("dataplane/mem/a.h", "<rte_mbuf.h>"), ("dataplane/flow/a.cc", "<hs/hs_runtime.h>"),
                             ("dataplane/scan/a.cc", "<hs/hs.h>"), ("dataplane/scan/a.cc", "<hs/hs_compile.h>"),
                             ("dataplane/evidence/a.cc", "<lmdb.h>"), ("dataplane/policy/a.cc", "<libfyaml.h>"),
                             ("dataplane/http/a.cc", "<openssl/ssl.h>"), ("dataplane/tcp/a.cc", "<sys/socket.h>"),
                             ("dataplane/base/a.cc", "<nlohmann/json.hpp>")):
            with self.subTest(path=path, header=header):
                self.rings(self.includes(path, header), "is not allowed here")

    def test_an_outside_header_nobody_listed(self):
        self.rings(self.includes("controlplane/cli/a.cc", "<gmp.h>"), "no home is listed")

    def test_not_from_the_root(self):
        self.rings(self.includes("dataplane/tcp/a.cc", '"stack.h"'), "repository root")

    def test_shipped_code_into_tests(self):
        self.rings(self.includes("dataplane/tcp/a.cc", '"tests/sim/link.h"'), "shipped code includes")

    def test_a_cycle_of_files(self):
        self.rings({"dataplane/tcp/a.h": '#include "dataplane/tcp/b.h"\n',
                    "dataplane/tcp/b.h": '#include "dataplane/tcp/a.h"\n'}, "cycle of files")

    def test_a_cycle_of_folders(self):
        self.rings({"dataplane/mem/a.h": '#include "dataplane/base/b.h"\n', "dataplane/mem/c.h": "",
                    "dataplane/base/b.h": "", "dataplane/base/d.h": '#include "dataplane/mem/c.h"\n'},
                   "cycle of folders")

    def test_a_cycle_of_a_folder_and_what_lies_beside_it(self):
        face, stage = "dataplane/scan/a.h", "dataplane/scan/runs/b.h"
        self.rings({face: f'#include "{stage}"\n', stage: '#include "dataplane/scan/c.h"\n',
                    "dataplane/scan/c.h": "", "dataplane/scan/c.cc": f'#include "{face}"\n'},
                   "cycle inside of a folder")
        self.quiet({face: f'#include "{stage}"\n', stage: '#include "dataplane/scan/c.h"\n', "dataplane/scan/c.h": ""})

    def test_an_unknown_folder(self):
        self.rings(self.includes("dataplane/magic/a.h", '"dataplane/base/time.h"'), "not in the table")

    def test_a_link_line_that_says_more_than_the_table(self):
        self.rings({"dataplane/tcp/CMakeLists.txt": "sallyport_library(NAME tcp DEPENDS sallyport::tls)\n"},
                   "may not link")


class Tidy(Base):
    checker = "tidy.py"

    def cc(self, body, path="dataplane/tcp/a.cc"):
        return {path: "// An example.\n" + body}

    def test_good_code_is_quiet(self):
        self.quiet({"dataplane/tcp/a.h": HEADER, "docs/a.md": "# What is there\n",
                    "dataplane/tcp/a.cc": "//= RFC 9293 3.8.6: a zero window is probed\nint f() { return 1'000; }\n"})

    def test_columns(self):
        self.rings(self.cc("int a;" + " " * 96 + "int b;\n"), "columns")

    def test_long_function(self):
        body = "int f(int a) {\n" + "  a += 1;\n" * 71 + "  return a;\n}\n"
        self.rings(self.cc(body), "function: 72 lines")
        self.quiet(self.cc("namespace x {\n" + "int f(int);\n" * 90 + "}\n"))

    def test_long_file(self):
        self.rings(self.cc("int f();\n" * 801), "file: 802 lines")

    def test_names(self):
        for path in ("dataplane/tcp/tcp_util.cc", "controlplane/cli/helpers.cc", "tests/unit/common/a.cc"):
            with self.subTest(path=path):
                self.rings(self.cc("", path), "names:")

    def test_pragma_and_opening(self):
        self.rings({"dataplane/tcp/a.h": "// a.h: an example.\n"}, "pragma")
        self.rings({"dataplane/tcp/a.h": "#pragma once\n"}, "opening")

    def test_banned(self):
        for line in ("strcpy(a, b);", "int a = atoi(b);", "int a = rand();", "system(a);", "assert(a);",
                     "std::regex r;", "using namespace std;", "std::cout << a;",
                     "if (a and b) return;", "throw 1;"):
            with self.subTest(line=line):
                self.rings(self.cc("void f() {\n  " + line + "\n}\n"), "banned")
        self.quiet(self.cc("void f() {\n  g(\"strcpy(a, b)\");  // strcpy(a) was here\n}\n"))

    def test_unfinished(self):
        word = "TO" + "DO"
        self.rings(self.cc(f"// {word} later\n"), "unfinished")
        self.quiet(self.cc(f"// {word}(#12) later\n"))
        self.rings({"docs/a.md": "This part is to be " + "written.\n"}, "unfinished")

    def test_debris(self):
        for line in ("// count += 1;", "  // return finish(a);", "// log(a, b);"):
            with self.subTest(line=line):
                self.rings(self.cc(line + "\n"), "debris")
        self.quiet(self.cc("// The window never shrinks; see stack.h.\n"))

    def test_rfc_tags(self):
        self.rings(self.cc("//= rfc9112 both lengths\n"), "rfc")

    def test_secrets_and_machine_paths(self):
        self.rings({"docs/a.md": "AKIA" + "Q" * 16 + "\n"}, "secrets")
        self.rings({"scripts/a.sh": "cd /" + "work/here\n"}, "secrets")


class Limits(Base):
    checker = "limits.py"
    code = {"dataplane/http/limits.h": "inline constexpr size_t kHeadBytesMax = 16 * 1024;  // why\n"}

    def row(self, text):
        return dict(self.code, **{"docs/limits.md": text + "\n"})

    def test_rows(self):
        self.quiet(self.row("| `kHeadBytesMax` | `16 * 1024` | `dataplane/http/limits.h` | 431 |"))
        self.rings(self.row("| `kHeadBytesMax` | `8 * 1024` | `dataplane/http/limits.h` | 431 |"), "the page says")
        self.rings(self.row("| `kTailBytesMax` | `1` | `dataplane/http/limits.h` | 431 |"), "is not in")
        self.rings(self.row("| `kHeadBytesMax` | `1` | `dataplane/http/gone.h` | 431 |"), "does not exist")

    def test_reasons(self):
        files = {"docs/limits.md": "", "docs/errors.md": "| `not_ready` | 503 | yes | wait |\n",
                 "dataplane/flow/refusal.cc": '{R::NotReady, "not_ready", 503, true, "x"},\n'}
        self.quiet(files)
        files["dataplane/flow/refusal.cc"] += '{R::Gone, "client_gone", 499, false, "x"},\n'
        self.rings(files, "no row")


class DataplaneSymbols(unittest.TestCase):
    def test_quiet(self):
        self.assertEqual(dataplane_symbols.judge(["U hs_scan_stream"], ["libhs_runtime.so.5", "libc.so.6"]), [])

    def test_compiler_symbol(self):
        self.assertIn("symbol hs_compile_multi",
                      dataplane_symbols.judge(["U hs_compile_multi"], ["libhs_runtime.so.5"]))

    def test_compiler_library_and_no_runtime(self):
        self.assertEqual(len(dataplane_symbols.judge([], ["libhs.so.5", "liblmdb.so.0"])), 3)


if __name__ == "__main__":
    unittest.main()
