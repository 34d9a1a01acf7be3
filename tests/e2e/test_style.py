#!/usr/bin/python3
"""scripts/check-style finds what it is for: one planted fault a rule, and the smallest tree that has none."""

import subprocess
import tempfile
import unittest
from pathlib import Path

CHECK_STYLE = Path(__file__).resolve().parents[2] / "scripts/check-style"
LATER = "TO" + "DO"


def faults(check, contents):
    """The check's output for a tree of just these files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in contents.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run([CHECK_STYLE, "--root", folder, check], capture_output=True, text=True)
        return done.stdout if done.returncode == 1 else ""


class CheckStyle(unittest.TestCase):
    def assert_fault(self, check, name, text, line=1):
        self.assertIn(f"{name}:{line}: ", faults(check, {name: text}))

    def assert_fine(self, check, name, text):
        self.assertEqual(faults(check, {name: text}), "")

    def test_a_room_includes_only_down_its_arrows(self):
        self.assert_fault("rooms", "src/core/engine.cpp", '#include "core/engine.hpp"\n#include "store/claims.hpp"\n', 2)
        self.assert_fault("rooms", "src/ami/session.cpp", '#include "core/attempt.hpp"\n')
        self.assert_fine("rooms", "src/daemon/loop.cpp", '#include "store/claims.hpp"\n#include "base/time.hpp"\n')

    def test_a_rooms_tests_keep_to_its_arrows(self):
        self.assert_fault("rooms", "tests/core/engine_test.cpp", '#include "store/claims.hpp"\n')

    def test_a_folder_under_src_is_a_known_room(self):
        self.assert_fault("rooms", "src/misc/helpers.cpp", "\n")

    def test_cmake_links_down_the_arrows_only(self):
        self.assert_fault("rooms", "CMakeLists.txt", "outdial_room(core    ROOMS base store LIBRARIES fmt::fmt)\n")
        self.assert_fine("rooms", "CMakeLists.txt", "outdial_room(store   ROOMS core LIBRARIES fmt::fmt)\n")

    def test_a_library_stays_in_its_room(self):
        self.assert_fault("libraries", "src/daemon/loop.cpp", "#include <sqlite3.h>\n")
        self.assert_fault("libraries", "src/core/engine.cpp", "#include <boost/asio/post.hpp>\n")
        self.assert_fine("libraries", "src/store/claims.cpp", "#include <sqlite3.h>\n")

    def test_the_core_reads_no_clock_and_does_no_io(self):
        self.assert_fault("purity", "src/core/engine.cpp", "auto now = std::chrono::steady_clock::now();\n")
        self.assert_fault("purity", "src/core/engine.cpp", "#include <fstream>\n")
        self.assert_fine("purity", "src/daemon/loop.cpp", "auto now = std::chrono::steady_clock::now();\n")

    def test_coroutines_are_refused_but_may_be_spoken_of(self):
        self.assert_fault("coroutines", "src/ami/session.cpp", "    co_await something();\n")
        self.assert_fine("coroutines", "src/ami/session.cpp", "// No co_await: GCC 12.2.\n")

    def test_tests_do_not_sleep_outside_e2e(self):
        text = "std::this_thread::sleep_for(1ms);\n"
        self.assert_fault("sleeps", "tests/ami/session_test.cpp", text)
        self.assert_fine("sleeps", "tests/e2e/helper.cpp", text)

    def test_nothing_is_left_for_later(self):
        self.assert_fault("words", "docs/campaigns.md", f"text\n{LATER}: write this\n", 2)
        self.assert_fine("words", "docs/campaigns.md", "All that there is to say.\n")

    def test_headers_are_guarded_and_import_no_namespace(self):
        self.assert_fault("headers", "src/core/engine.hpp", "struct Engine {};\n")
        self.assert_fault("headers", "src/core/engine.hpp", "#pragma once\nusing namespace std;\n", 2)

    def test_a_planted_bug_fits_its_source_once(self):
        bugs = "tests/mutants/mutants.yaml"
        entry = "\n- name: skip it\n  file: src/core/engine.cpp\n  old: \"call();\"\n  new: \"\"\n  tests: [test_core]\n"
        source = "src/core/engine.cpp"
        self.assertEqual(faults("mutants", {bugs: entry, source: "call();\n"}), "")
        for text in ("other();\n", "call();\ncall();\n"):
            self.assertIn(f"{bugs}:2: ", faults("mutants", {bugs: entry, source: text}))
        self.assertIn(f"{bugs}:2: ", faults("mutants", {bugs: entry}))
        self.assertIn("is called", faults("mutants", {bugs: entry + entry, source: "call();\n"}))

    def test_sql_is_never_put_together(self):
        for composed in ('fmt::format("SELECT {} FROM contact", name)', 'fmt::format(\n    "DELETE FROM {}", table)',
                         '"SELECT 1 FROM " + table', 'sql += "SELECT 1"'):
            self.assertIn("src/store/claims.cpp", faults("sql", {"src/store/claims.cpp": composed + ";\n"}))
        self.assert_fine("sql", "src/store/claims.cpp", 'const char* sql = "UPDATE contact SET attributes = \'{}\'";\n')

    def test_badly_formatted_code_is_found(self):
        self.assert_fault("format", "src/core/engine.cpp", "int  main( ){return 0;}\n")

    def test_a_script_that_does_not_parse_is_found(self):
        self.assert_fault("scripts", "scripts/broken", "#!/usr/bin/env bash\nif true; then\n")
        self.assert_fault("scripts", "tests/e2e/broken.py", "def f(:\n")


if __name__ == "__main__":
    unittest.main()
