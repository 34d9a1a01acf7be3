#!/usr/bin/python3
"""The built program carries the hardening that cmake/Hardening.cmake asks for: read from its ELF file, not from the flags."""

import json
import os
import platform
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from outdial import PROGRAM, REPOSITORY, SANITIZED

# Empty where this file is run by hand: then what depends on it is not judged.
BUILD_TYPE = os.environ.get("OUTDIAL_BUILD_TYPE", "")


def readelf(*options, file=PROGRAM):
    return subprocess.run(["readelf", "--wide", *options, file], capture_output=True, text=True, check=True).stdout


class Hardening(unittest.TestCase):
    def test_the_program_is_loaded_at_a_random_place(self):
        self.assertRegex(readelf("--file-header"), r"Type:\s+DYN")
        self.assertRegex(readelf("--dynamic"), r"FLAGS_1.*\bPIE\b")

    def test_function_pointers_of_libraries_are_read_only_from_the_start(self):
        self.assertIn("GNU_RELRO", readelf("--program-headers"))
        self.assertRegex(readelf("--dynamic"), r"FLAGS_1.*\bNOW\b")

    def test_neither_stack_nor_data_can_be_executed(self):
        headers = readelf("--program-headers")
        stack, = re.findall(r"GNU_STACK\s+(?:0x\w+\s+){5}([RWE ]+?)\s+0x", headers)
        self.assertNotIn("E", stack)
        for flags in re.findall(r"LOAD\s+(?:0x\w+\s+){5}([RWE ]+?)\s+0x", headers):
            self.assertFalse("W" in flags and "E" in flags, headers)

    def test_the_loader_is_told_no_search_path_and_no_code_is_relocated(self):
        dynamic = readelf("--dynamic")
        for entry in ("RPATH", "RUNPATH", "TEXTREL"):
            self.assertNotIn(entry, dynamic)

    def test_a_stack_that_was_overrun_is_noticed(self):
        self.assertIn("__stack_chk_fail", readelf("--dyn-syms"))

    def test_a_released_program_checks_the_sizes_of_buffers(self):
        # A debug build cannot: the checks need optimisation. So the release's own commands are asked for.
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["cmake", "-G", "Ninja", "-S", REPOSITORY, "-B", folder, "-DCMAKE_BUILD_TYPE=Release",
                            "-DOUTDIAL_TESTS=OFF"], check=True, capture_output=True)
            commands = json.loads((Path(folder) / "compile_commands.json").read_text())
        for command in commands:
            self.assertRegex(command["command"], r"-O[123].*-D_FORTIFY_SOURCE=2|-D_FORTIFY_SOURCE=2.*-O[123]")
            self.assertIn("-D_GLIBCXX_ASSERTIONS", command["command"])
            self.assertIn("-fstack-protector-strong", command["command"])
        if BUILD_TYPE not in ("", "Debug") and not SANITIZED:
            self.assertTrue(set(re.findall(r"__\w+_chk\b", readelf("--dyn-syms"))) - {"__stack_chk_fail"})

    @unittest.skipUnless(platform.machine() == "x86_64", "the flag is x86's")
    def test_our_own_code_marks_where_jumps_may_land(self):
        # Debian 12's start files have no such mark, so the linked program cannot; its parts do.
        notes = readelf("--notes", file=PROGRAM.parent / "liboutdial_core.a")
        self.assertIn("IBT", notes)
        self.assertIn("SHSTK", notes)


if __name__ == "__main__":
    unittest.main()
