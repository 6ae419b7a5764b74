"""lab_appliance.py: the appliance's half of the lab: its policy overlay, its two processes, and what its log says.

Mixed into lab_fixture.Lab, which owns networks, certificates, the vendor simulator and the requests.
"""
import json
import os
import shutil
import time

import lab_processes
from lab_processes import Process, run, wait_for

ROOT = lab_processes.ROOT
REASON = "customer-support"
PRINCIPALS = {"allowed": "support-desk", "denied": "batch-reports"}


def image_digest(exchange):
    """Digest of the image that decided an exchange (as `evidence list` and `evidence show` give it)."""
    return exchange.get("image_digest") or exchange["admitted"]["image_digest"]


def finished(exchange):
    """True when an admitted exchange has its one verdict: completed, or interrupted."""
    return bool(exchange.get("completed") or exchange.get("interrupted"))


class Appliance:
    # --- policy and secrets ----------------------------------------------------------------------

    def make_policy(self):
        """Credentials, and one overlay directory on the shipped bundle: the lab's vendors, tenant, keys and access."""
        os.makedirs(self.credentials, mode=0o700, exist_ok=True)
        with open(f"{self.work}/vendor_credential", "w", encoding="utf-8") as file:
            file.write("lab-" + os.urandom(24).hex())
        os.chmod(f"{self.work}/vendor_credential", 0o600)
        for vendor in self.vendors:
            shutil.copy(f"{self.work}/vendor_credential", f"{self.credentials}/vendor.{vendor}")
        for name in ("pem", "key"):
            path = f"{self.credentials}/gateway.{name}"
            shutil.copy(f"{self.certificates}/{self.gateway_host}.{name}", path)
            os.chmod(path, 0o600)
        self.write_overlay()
        for key, principal in PRINCIPALS.items():
            answer = json.loads(self.sallyctl(
                "key", "new", "--policy", self.policy_folder, "--tenant", self.tenant, "--principal", principal,
                "--environment", self.environment, "--reason", REASON, "--id", key, "--output", "json").stdout)
            self.keys[key] = answer["key"]

        if self.environment != "lab":
            self.approve(self.policy_folder)

    def approve(self, folder):
        """What production asks for: an author's and an approver's signature over the bundle's digest."""
        digest = json.loads(self.sallyctl("policy", "check", folder, "--output", "json").stdout)["bundle"]
        os.makedirs(f"{folder}/.approvals", exist_ok=True)
        for role, who in (("author", "ann@lab"), ("approver", "ben@lab")):
            key, statement = f"{self.work}/{role}.key", f"{self.work}/{role}.statement"
            if not os.path.exists(key):
                run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", key])
                with open(f"{key}.pub", encoding="utf-8") as public, \
                        open(f"{self.work}/allowed_signers", "a", encoding="utf-8") as signers:
                    signers.write(f"{who} {public.read()}")
            with open(statement, "w", encoding="utf-8") as file:
                file.write(f"sallyport policy bundle 1\n{digest}\n{role}\n")
            run(["ssh-keygen", "-q", "-Y", "sign", "-n", "sallyport-policy", "-f", key, statement])
            shutil.move(f"{statement}.sig", f"{folder}/.approvals/{digest}.{role}.lab.sig")

    def write_overlay(self):
        with open(f"{self.certificates}/{self.vendor_hosts[0]}.pin", encoding="utf-8") as file:
            pin = file.read().strip()
        os.makedirs(f"{self.policy_folder}/vendors", exist_ok=True)
        shutil.copy(f"{self.certificates}/vendor_ca.pem", f"{self.policy_folder}/vendor_ca.pem")
        self.overlay("bundle.yaml", f"format: 1\nname: lab\ndescription: the lab of scripts/lab\n"
                                    f"extends: {ROOT}/policies\n")
        for vendor in self.vendors:
            addresses = json.dumps(self.vendor_addresses(vendor))
            self.overlay(f"vendors/{vendor}.yaml", f"vendor:\n  addresses: {addresses}\n"
                                                   f"  pins: [\"sha256/{pin}\"]\n  ca_file: vendor_ca.pem\n")
        self.overlay("tenants.yaml", f"tenants:\n  {self.tenant}:\n    vendors: [{', '.join(self.vendors)}]\n")
        self.overlay("access.yaml", f"rules:\n  - id: lab-support\n    tenant: {self.tenant}\n"
                                    f"    principal: {PRINCIPALS['allowed']}\n    reason: {REASON}\n    allow: true\n")
        if self.limits:
            self.overlay("limits.yaml", "limits:\n" + "".join(f"  {n}: {v}\n" for n, v in self.limits.items()))

    def vendor_addresses(self, _vendor):
        return [self.vendor_address]

    def overlay(self, name, text):
        with open(f"{self.policy_folder}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def policy_with_action(self, entity, action):
        """A copy of the overlay in which one entity meets another action in requests; its folder."""
        folder = f"{self.policy_folder}.{entity.lower()}.{action}"
        shutil.copytree(self.policy_folder, folder, dirs_exist_ok=True)
        with open(f"{folder}/actions.yaml", "w", encoding="utf-8") as file:
            file.write(f"rules:\n  - id: lab-{entity.lower().replace('_', '-')}\n    entity: {entity}\n"
                       f"    direction: request\n    action: {action}\n")
        return folder

    def compile(self, folder):
        """Compiles a bundle into the cache; the digest of its image."""
        return json.loads(self.sallyctl("policy", "compile", folder, "--output", "json").stdout)["image"]

    # --- processes -------------------------------------------------------------------------------

    def common_arguments(self):
        return ["--run-dir", self.run_dir, "--state-dir", self.state_dir, "--credentials", self.credentials]

    def extra_environment(self):
        """What an operator's shell needs besides common_arguments()."""
        return {}

    def environment_variables(self):
        return dict(os.environ, SALLYPORT_RUN_DIR=self.run_dir, SALLYPORT_STATE_DIR=self.state_dir,
                    SALLYPORT_CREDENTIALS=self.credentials)

    def spawn(self, name, command, namespace=None, environment=None):
        if namespace:
            command = ["nsenter", f"--net=/run/netns/{namespace}", "--"] + command
        self.processes[name] = Process(name, command, f"{self.work}/{name}.log", self.keep, environment)
        return self.processes[name]

    def start_sallyportd(self):
        process = self.spawn("sallyportd", [f"{self.bin}/sallyportd", "--config", self.config_path,
                                            *self.common_arguments(), "--policy", self.policy_folder])
        wait_for("sallyportd", 30, lambda: self.status() is not None, process)

    def start_dataplane(self):
        command = [f"{self.bin}/sallyport-dataplane", "--config", self.config_path, "--run-dir", self.run_dir]
        process = self.spawn("dataplane", command + ([] if self.huge else ["--no-huge"]), self.sallyport_namespace)
        wait_for("a ready dataplane", 60, lambda: self.is_ready(process.pid), process, self.processes["sallyportd"])

    def is_ready(self, pid):
        status = self.status() or {}
        dataplane = status.get("dataplane", {})
        return dataplane.get("pid") == pid and str(dataplane.get("state")).lower() == "ready"

    def status(self):
        answer = self.sallyctl("status", "--output", "json", check=False)
        try:
            status = json.loads(answer.stdout)
        except ValueError:
            return None
        return status if status.get("ok", True) and "policy" in status else None

    # --- what the log says -----------------------------------------------------------------------

    def drained(self, seconds=30):
        """Waits until every exchange has its verdict in the log and nothing more arrives but our own questions."""
        end, before = time.monotonic() + seconds, None
        while time.monotonic() < end:
            report = json.loads(self.sallyctl("evidence", "verify", "--output", "json", check=False).stdout or "{}")
            records = report.get("records")
            # Each verification is itself a record.
            if None not in (before, records) and records - before <= 1 and report.get("open") == 0:
                return
            before = records
            time.sleep(0.2)
        raise RuntimeError(f"the log does not come to rest: {before}")

    def exchanges(self):
        """{model name: [admitted exchanges]}"""
        found = {}
        listing = json.loads(self.sallyctl("evidence", "list", "--limit", "0", "--output", "json").stdout)
        for exchange in listing["exchanges"]:
            if exchange.get("admitted"):
                found.setdefault(exchange["model"], []).append(exchange)
        return found

    def record(self, answer, seconds=10):
        """The records of the exchange that an answer names, once its verdict is in the log."""
        end = time.monotonic() + seconds
        while True:
            shown = self.sallyctl("evidence", "show", answer.request_id, "--output", "json", check=False)
            if shown.returncode == 0:
                record = json.loads(shown.stdout)
                if finished(record) or record.get("kind") == "refused":
                    return record
            if time.monotonic() > end:
                raise RuntimeError(f"no verdict for {answer.request_id}: {shown.stdout}{shown.stderr}")
            time.sleep(0.05)

    def evidence_text(self, answer):
        """The records of an exchange, a line for each thing an auditor asks first (`evidence show` has all of it)."""
        record = self.record(answer)
        request, verdict = record.get("admitted") or record, record.get("completed") or record
        lines = [f"{record['request_id']}  {'admitted, completed' if 'admitted' in record else 'refused'}",
                 f"who      {request['tenant']} / {request['principal']} / {request['environment']}, "
                 f"reason {request['reason']}",
                 f"where    {request['vendor']} ({request['region']}), {request['api_kind']}, model {request['model']}"]
        found = request["detections"] + (verdict["detections"] if verdict is not request else [])
        lines.append("found    " + (", ".join(f"{d['count']} {d['entity']} in {d['direction']}: {d['action']}"
                                              for d in found) or "nothing"))
        lines.append("restored " + (", ".join(f"{r['count']} {r['entity']} ({'allowed' if r['allowed'] else 'denied'})"
                                              for r in verdict["restorations"]) or "nothing"))
        lines.append(f"bytes    {request['body_bytes']} in, {request['inspected_bytes']} inspected, "
                     f"{request['rewritten_bytes']} rewritten, {request['opaque_bytes']} opaque, "
                     f"{request['sent_bytes']} sent")
        lines.append(f"outcome  {verdict['outcome']} ({verdict['reason_code']}), status {verdict['http_status']}")
        lines.append(f"decided  by image {request['image_digest'][:16]}... "
                     f"of bundle {request['bundle_digest'][:16]}...")
        proof = record.get("inclusion")
        lines.append(f"proof    leaf {proof['index']} of tree {proof['size']}, {len(proof['proof'])} hashes to its "
                     f"signed root" if proof else "proof    the next checkpoint, within a second, covers it")
        return "\n".join(lines)
