"""Commands under a time limit, with their output, time and memory."""

from __future__ import annotations

import sys
import time

from deskull.benchmark.running import last_line, run_command


def python(code):
    return [sys.executable, "-c", code]


def test_command_that_succeeds_is_measured_and_its_output_kept(tmp_path):
    usage = run_command(python("x = bytearray(200_000_000); print('out')"), tmp_path / "log", 60)
    assert usage.fault == ""
    assert usage.cpu_s > 0
    assert usage.wall_s > 0
    assert usage.peak_mb > 200
    assert (tmp_path / "log").read_text() == "out\n"


def test_command_that_fails_gives_its_status_and_last_line(tmp_path):
    usage = run_command(python("import sys; print('bad scan\\n'); sys.exit(3)"), tmp_path / "log", 60)
    assert usage.fault == "ended with status 3 (bad scan)"


def test_command_that_is_killed_gives_the_signal(tmp_path):
    usage = run_command(python("import os; os.kill(os.getpid(), 9)"), tmp_path / "log", 60)
    assert usage.fault == "was killed by signal 9"


def test_command_over_the_time_limit_is_killed_with_its_children(tmp_path):
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(99)'])"
    start = time.monotonic()
    usage = run_command(python(code), tmp_path / "log", 0.5)
    assert usage.fault == "took longer than 0.5 s"
    assert time.monotonic() - start < 60


def test_command_that_does_not_exist_is_a_fault_and_no_error(tmp_path):
    usage = run_command(["no-such-tool-at-all"], tmp_path / "log", 60)
    assert "check that no-such-tool-at-all is installed" in usage.fault


def test_command_gets_no_input(tmp_path):
    assert run_command(python("import sys; sys.exit(len(sys.stdin.read()))"), tmp_path / "log", 60).fault == ""


def test_last_line_cannot_control_a_terminal(tmp_path):
    (tmp_path / "log").write_bytes(b"first\n\x1b[31mlast\xff\n\n")
    assert last_line(tmp_path / "log") == " [31mlast�"
