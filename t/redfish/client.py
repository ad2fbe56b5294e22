# SPDX-License-Identifier: BSD-2-Clause
# What the Python clients share: each line of standard input is a word and its
# arguments, for a function; each answer is some lines, the last of which begins
# with "ok" or "failed".
import sys
import traceback


def serve(functions):
    for line in sys.stdin:
        words = line.split()
        try:
            answer = functions[words[0]](*words[1:])
            print('ok', '' if answer is None else answer, flush=True)
        except Exception:
            traceback.print_exc(file=sys.stdout)
            print('failed', line.strip(), flush=True)
