"""radosgw.py: a Ceph cluster of one process each (mon, mgr, osd in memory, radosgw), for tests of the evidence bucket.

Everything lies in one folder and listens on 127.0.0.1; the processes end with close().
"""
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid

PROGRAMS = ("ceph-mon", "ceph-mgr", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "ceph-authtool", "monmaptool")
START_S = 90


def missing():
    return [name for name in PROGRAMS if shutil.which(name) is None]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class RadosGateway:
    def __init__(self, folder, access_key, secret_key):
        self.folder, self.jobs = folder, []
        self.port, self.conf = free_port(), os.path.join(folder, "ceph.conf")
        try:
            self.start(access_key, secret_key)
        except BaseException:
            self.close()
            raise

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def run(self, *words, wait=60):
        answer = subprocess.run(words, capture_output=True, text=True, timeout=wait, env=dict(os.environ, CEPH_ARGS=""))
        if answer.returncode != 0:
            raise RuntimeError(f"{words}: {answer.stderr[-2000:]}")
        return answer.stdout

    def ceph(self, *words):
        return self.run("ceph", "-c", self.conf, "--connect-timeout", "30", *words)

    def daemon(self, *words):
        with open(self.path(words[0] + ".log"), "wb") as log:
            self.jobs.append(subprocess.Popen([*words, "-c", self.conf, "-f"], stdout=log, stderr=log,
                                              start_new_session=True))

    def start(self, access_key, secret_key):
        fsid, mon = str(uuid.uuid4()), f"[v2:127.0.0.1:{free_port()}/0,v1:127.0.0.1:{free_port()}/0]"
        for name in ("run", "mon", "mgr", "osd", "rgw"):
            os.mkdir(self.path(name))
        admin, ring = self.path("admin.keyring"), self.path("mon.keyring")
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(f"""[global]
fsid = {fsid}
mon host = {mon}
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {admin}
run dir = {self.path("run")}
admin socket = {self.path("run", "$name.asok")}
log file = {self.path("$name.out")}
pid file = {self.path("run", "$name.pid")}
crash dir = {self.path("run")}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 1073741824
mon data avail crit = 1
mon data = {self.path("mon")}
mgr data = {self.path("mgr")}
osd data = {self.path("osd")}
rgw data = {self.path("rgw")}
rgw frontends = beast endpoint=127.0.0.1:{self.port}
rgw thread pool size = 16
[mgr]
keyring = {self.path("mgr", "keyring")}
mgr initial modules =
[osd]
keyring = {self.path("osd", "keyring")}
[client.rgw]
keyring = {self.path("rgw", "keyring")}
""")
        every = ["--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *"]
        self.run("ceph-authtool", "--create-keyring", ring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        self.run("ceph-authtool", "--create-keyring", admin, "--gen-key", "-n", "client.admin", *every)
        self.run("ceph-authtool", ring, "--import-keyring", admin)
        self.run("monmaptool", "--create", "--addv", "a", mon, "--fsid", fsid, self.path("monmap"))
        self.run("ceph-mon", "-c", self.conf, "--mkfs", "-i", "a", "--monmap", self.path("monmap"), "--keyring", ring)
        self.daemon("ceph-mon", "-i", "a")
        self.write("mgr", self.ceph("auth", "get-or-create", "mgr.x", "mon", "allow profile mgr", "osd", "allow *"))
        self.daemon("ceph-mgr", "-i", "x")
        identity = str(uuid.uuid4())
        number = self.ceph("osd", "new", identity).strip()
        self.write("osd", self.ceph("auth", "get-or-create", f"osd.{number}", "mon", "allow profile osd", "mgr",
                                    "allow profile osd", "osd", "allow *"))
        self.run("ceph-osd", "-c", self.conf, "-i", number, "--mkfs", "--osd-uuid", identity)
        self.daemon("ceph-osd", "-i", number)
        self.write("rgw", self.ceph("auth", "get-or-create", "client.rgw", "mon", "allow rw", "osd", "allow rwx"))
        self.daemon("radosgw", "-n", "client.rgw")
        self.await_port()
        self.run("radosgw-admin", "-c", self.conf, "user", "create", "--uid", "tester", "--display-name", "tester",
                 "--access-key", access_key, "--secret-key", secret_key)

    def write(self, name, text):
        with open(self.path(name, "keyring"), "w", encoding="utf-8") as file:
            file.write(text)

    def await_port(self):
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if any(job.poll() is not None for job in self.jobs):
                raise RuntimeError("a Ceph daemon ended: " + ", ".join(
                    job.args[0] for job in self.jobs if job.poll() is not None))
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"radosgw does not listen after {START_S} s")

    def close(self):
        for job in reversed(self.jobs):
            if job.poll() is None:
                os.killpg(job.pid, signal.SIGKILL)
            job.wait()
