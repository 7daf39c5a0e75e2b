# SPDX-License-Identifier: MIT
"""The running kernel as the reference: a network namespace of its own for a program that is compared with it."""

import os
import subprocess

# As tests/behaviour/behaviour.h has it.
REFERENCE = "6.18."

IN_NAMESPACE = 'ip link set lo up && exec "$@"'


def namespace():
    """(command in front, None), or (None, why there is none)"""
    why = "no way was tried"
    for front in (["unshare", "-n"], ["unshare", "-r", "-n"]):
        try:
            done = subprocess.run(
                front + ["sh", "-c", IN_NAMESPACE, "sh", "true"], capture_output=True, text=True, check=False
            )
        except OSError as e:
            return None, str(e)
        if done.returncode == 0:
            return front + ["sh", "-c", IN_NAMESPACE, "sh"], None
        why = "%s: %s" % (" ".join(front), done.stderr.strip())
    return None, why


def release():
    return os.uname().release


def is_reference():
    return release().startswith(REFERENCE)
