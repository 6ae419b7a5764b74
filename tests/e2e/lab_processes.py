"""lab_processes.py: commands that must succeed, and processes that end with us."""
import ctypes
import os
import signal
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run(command, **more):
    answer = subprocess.run(command, capture_output=True, text=True, **more)
    if answer.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit {answer.returncode}\n{answer.stdout}{answer.stderr}")
    return answer.stdout


def wait_for(what, seconds, question, *processes):
    """Asks until the answer is true. A process that died meanwhile ends the wait with its log."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if question():
            return
        for process in processes:
            if process.poll() is not None:
                raise RuntimeError(f"{process.name} ended with {process.returncode} while waiting for {what}:\n"
                                   + process.tail())
        time.sleep(0.05)
    raise RuntimeError(f"no {what} within {seconds} s\n" + "\n".join(p.tail() for p in processes))


class Process:
    """One process that we started, with its output in a file."""

    def __init__(self, name, command, log_path, keep=False, environment=None):
        self.name, self.log_path = name, log_path
        self.log = open(log_path, "ab")
        # With --keep the process outlives us; else it dies with us even when we are killed.
        self.child = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                      env=environment, start_new_session=True,
                                      preexec_fn=None if keep else die_with_parent)
        self.pid = self.child.pid

    def poll(self):
        return self.child.poll()

    @property
    def returncode(self):
        return self.child.returncode

    def tail(self, lines=25):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return f"--- {self.name} ({self.log_path})\n" + "".join(file.readlines()[-lines:])

    def stop(self, sig=signal.SIGTERM, seconds=15):
        if self.child.poll() is None:
            # A stopped process must be continued, or it never sees the signal.
            self.child.send_signal(signal.SIGCONT)
            self.child.send_signal(sig)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.log.close()
