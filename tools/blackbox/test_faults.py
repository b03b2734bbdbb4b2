"""Faults of the real system, a sample of what `tools/faults` knows: kills and errors at every 20th call of the system,
power cuts of ext4, a full disk. Each says so when the machine cannot do it."""

import subprocess

import pytest
from process import ROOT

SECONDS_MAX = 600


def faults(*arguments):
    """What tools/faults prints; skips the test when it can do nothing here."""
    result = subprocess.run(
        [ROOT / "tools/faults", *arguments], capture_output=True, text=True, timeout=SECONDS_MAX)
    print(result.stdout, result.stderr)
    assert result.returncode == 0, result.stdout + result.stderr
    if result.stdout.startswith("skipped"):
        pytest.skip(result.stdout.strip())
    return result.stdout


def test_what_was_answered_survives_faults_at_calls_of_the_system():
    assert "failures: 0" in faults("--every", "20")


def test_planted_mistakes_are_found():
    assert faults("--control").count("planted") == 3


def test_what_was_answered_survives_power_cuts_of_ext4():
    assert faults("--power", "20", "--control").count("power cuts") == 2


def test_a_full_disk_refuses_and_takes_rows_again():
    assert "failures: []" in faults("--full-disk")
