#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tool that keeps docs/ true must notice what is not."""

import contextlib
import io
import os
import signal
import tempfile
import unittest

import examples

GOOD = """# Page

```c
/* example: one.c */
#include <stdio.h>
int main(void)
{
	fprintf(stderr, "to stderr\\n");
	puts("to stdout");
	return 3;
}
```

```text
$ cc one.c -o one && ./one; echo "status $?"
to stderr
to stdout
status 3
```
"""


def verdicts(text, update=False):
    """What was said of a page, and the page afterwards."""
    with tempfile.TemporaryDirectory() as directory:
        form = os.path.join(directory, "form")
        os.mkdir(form)
        path = os.path.join(directory, "page.md")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        report = examples.Report()
        with contextlib.redirect_stdout(io.StringIO()) as out:
            examples.Page(path, form, report, update).run()
        with open(path, encoding="utf-8") as f:
            return report.failed, out.getvalue(), f.read()


class Examples(unittest.TestCase):
    def test_a_true_page_passes(self):
        failed, said, _ = verdicts(GOOD)
        self.assertEqual(failed, 0, said)

    def test_other_output_is_noticed(self):
        failed, said, _ = verdicts(GOOD.replace("status 3", "status 0"))
        self.assertEqual(failed, 1)
        self.assertIn("status 3", said)

    def test_output_that_is_missing_on_the_page_is_noticed(self):
        self.assertEqual(verdicts(GOOD.replace("to stdout\nstatus", "status"))[0], 1)

    def test_output_that_is_missing_in_the_run_is_noticed(self):
        self.assertEqual(verdicts(GOOD.replace("status 3", "status 3\nmore"))[0], 1)

    def test_an_example_that_does_not_compile_is_noticed(self):
        self.assertEqual(verdicts(GOOD.replace("return 3;", "return 3"))[0], 1)

    def test_an_example_that_no_command_names_is_noticed(self):
        failed, said, _ = verdicts(GOOD[: GOOD.index("```text")])
        self.assertEqual(failed, 1)
        self.assertIn("no command", said)

    def test_dots_stand_for_anything(self):
        self.assertEqual(verdicts(GOOD.replace("to stderr\nto stdout", "..."))[0], 0)
        self.assertEqual(verdicts(GOOD.replace("\nto stderr\n", "\nto ...r\n"))[0], 0)
        self.assertEqual(verdicts(GOOD.replace("\nto stderr\n", "\nto ...x\n"))[0], 1)

    def test_update_writes_what_was_printed(self):
        wrong = GOOD.replace("to stdout\nstatus 3", "nonsense")
        self.assertEqual(verdicts(wrong, update=True)[2], GOOD)

    def test_a_dead_link_is_noticed(self):
        self.assertEqual(verdicts(GOOD + "[there](nowhere.md)\n")[0], 1)
        self.assertEqual(verdicts(GOOD + "[here](page.md)\n")[0], 0)

    def test_a_long_page_is_noticed(self):
        self.assertEqual(verdicts(GOOD + "\n" * 200)[0], 1)

    def test_a_program_that_does_not_end_is_noticed(self):
        before, examples.TIMEOUT_S = examples.TIMEOUT_S, 1
        try:
            failed, said, _ = verdicts("```text\n$ sleep 60\n```\n")
        finally:
            examples.TIMEOUT_S = before
        self.assertEqual(failed, 1, said)


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, examples.on_alarm)
    unittest.main()
