#!/usr/bin/env python3
"""layers.py: holds every #include and every link line to the table of docs/architecture.md section 2.

What it refuses
  * a house include that the table does not allow, or that is not written from the repository root;
  * a stage that includes another stage (only the plain-value events.h of an earlier stage is allowed);
  * a cycle of folders or of files, or in a folder one of what lies in it and has folders in it;
  * an outside header anywhere but in its home (rte_*, hs, lmdb, libfyaml, openssl, ...), or one nobody listed;
  * a DEPENDS line of a sallyport_library that says more than the table does.
There is no exception list on purpose: a change of shape is a change of this table and a page in docs/decisions/.

Usage: scripts/checks/layers.py [--root DIR]      exit 0 clean, 1 something was refused, 2 usage
"""
import argparse
import os
import re
import sys

# Who may include whom, besides oneself. Read a row as "flow may include ...".
GROUND = {
    "contract": [],
    "base": ["contract"],
    "mem": ["contract", "base"],
    "wire": ["contract", "base", "mem"],
    "policy": ["contract", "base"],
    "nic": ["contract", "base", "mem"],
}
# In the order in which bytes meet them; a stage may read events.h of the ones before it.
STAGES = ["ip", "tcp", "tls", "http", "llm", "scan", "redact", "evidence"]
STAGES_THAT_READ_POLICY = ["llm", "scan", "redact", "evidence"]
UNDER_STAGES = ["contract", "base", "mem", "wire"]


def dataplane_table():
    table = {name: set(rows) for name, rows in GROUND.items()}
    for stage in STAGES:
        table[stage] = set(UNDER_STAGES)
        if stage in STAGES_THAT_READ_POLICY:
            table[stage].add("policy")
    # Texts to edits: the stages that judge text, and no connection (docs/decisions/003).
    table["rewrite"] = set(UNDER_STAGES) | {"policy", "llm", "scan", "redact"}
    table["flow"] = set(UNDER_STAGES) | {"policy", "rewrite"} | set(STAGES)
    table["worker"] = table["flow"] | {"flow", "nic"}
    table["main"] = table["worker"] | {"worker"}
    return table


DATAPLANE = dataplane_table()
CONTROL_GROUND = {"dataplane/contract", "dataplane/base"}
CONTROLPLANE = {
    "policy": set(),
    "evidence": set(),
    "vault": {"evidence"},
    "restore": {"policy", "vault", "evidence"},
    "supervise": {"policy", "evidence", "vault", "restore"},
    "cli": {"policy", "evidence", "vault", "restore", "supervise"},
}
# The pure stages that `sallyctl scan` and the self test of a bundle run in process; the matcher
# compiler folds its literals with the same code that folds the text (decision 006).
PURE = {"dataplane/mem", "dataplane/llm", "dataplane/scan", "dataplane/redact", "dataplane/policy",
        "dataplane/rewrite"}
PURE_READERS = re.compile(r"^controlplane/(cli/|policy/(image/self_test|matcher/matcher_))")

# Outside headers and the only places that may include them.
MAIN = ["dataplane/main"]
POSIX_HOMES = ["dataplane/base", "dataplane/mem", "dataplane/nic", "dataplane/policy",
               "dataplane/evidence", "dataplane/worker", "controlplane"] + MAIN
HOMES = [
    (r"rte_.*", ["dataplane/nic", "dataplane/worker"] + MAIN),
    (r"hs/hs_runtime\.h|hs/hs_common\.h|hs_runtime\.h|hs_common\.h",
     ["dataplane/scan", "controlplane/policy"]),
    (r"hs/.*|hs\.h|hs_compile\.h", ["controlplane/policy"]),
    (r"lmdb\.h", ["controlplane/evidence", "controlplane/vault"]),
    (r"libgfshare\.h", ["controlplane/vault"]),
    (r"libfyaml\.h", ["controlplane/policy"] + MAIN),
    (r"openssl/.*", ["dataplane/tls", "dataplane/redact", "dataplane/policy", "controlplane"]),
    (r"boost/program_options.*", ["controlplane/cli", "controlplane/supervise"] + MAIN),
    (r"curl/.*", ["controlplane/evidence"]),
    (r"(spdlog|fmt)/.*", ["controlplane", "dataplane/worker"] + MAIN),
    (r"nlohmann/.*", ["controlplane"]),
    (r"boost/(asio|beast|system).*", ["controlplane/restore"]),
    (r"libp11\.h", ["controlplane/evidence", "controlplane/vault"]),
    # Intrinsics are arithmetic, not I/O.
    (r"(x86|imm|emm|xmm|smm|nmm|tmm|pmm|wmm)intrin\.h|cpuid\.h", ["dataplane", "controlplane"]),
    # The operating system. No stage and no flow code may do I/O or read a clock.
    (r"(sys|netinet|arpa|net|linux)/.*\.h", POSIX_HOMES),
    (r"(unistd|fcntl|poll|signal|sched|spawn|pthread|termios|pwd|grp|dirent|dlfcn|ftw|ifaddrs|netdb|getopt"
     r"|time|errno|endian|byteswap|syslog|execinfo|stdlib|limits)\.h", POSIX_HOMES),
]
STANDARD = re.compile(r"^[a-z_0-9]+$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(path):
    """dataplane/tcp/x.h -> dataplane/tcp; dataplane/main.cc and options.* -> dataplane/main."""
    parts = path.split("/")
    if len(parts) == 2:
        return parts[0] + "/main"
    return "/".join(parts[:2])


def sources(root):
    for top in ("dataplane", "controlplane"):
        for where, folders, files in os.walk(os.path.join(root, top)):
            folders.sort()
            for name in sorted(files):
                if name.endswith((".h", ".cc")):
                    yield os.path.relpath(os.path.join(where, name), root)


def may_include(path, target):
    """None when allowed, else why not."""
    here, there = folder_of(path), folder_of(target)
    if here == there:
        return None
    side, name = here.split("/")
    other_side, other = there.split("/")
    if side == "dataplane":
        if name not in DATAPLANE:
            return f"folder {here} is not in the table"
        if other_side != "dataplane":
            return "the dataplane includes nothing of the control plane"
        if other in DATAPLANE[name]:
            return None
        if name in STAGES and other in STAGES:
            earlier = STAGES.index(other) < STAGES.index(name)
            if earlier and os.path.basename(target) == "events.h":
                return None
            return "stages do not include each other (only events.h of an earlier stage)"
        return f"the table does not let {here} include {there}"
    if name not in CONTROLPLANE:
        return f"folder {here} is not in the table"
    if other_side == "controlplane":
        return None if other in CONTROLPLANE[name] else f"the table does not let {here} include {there}"
    if there in CONTROL_GROUND or (there in PURE and PURE_READERS.match(path)):
        return None
    return ("the control plane sees contract and base; only cli, policy/image/self_test and "
                "policy/matcher/matcher_ see the pure stages")


def outside(path, header):
    if STANDARD.match(header):
        return None
    here = folder_of(path)
    if here == "dataplane/contract":
        return "contract includes the standard library only"
    for pattern, homes in HOMES:
        if re.fullmatch(pattern, header):
            if any(here == home or here.startswith(home + "/") for home in homes):
                return None
            return f"its home is {', '.join(homes)}"
    return "no home is listed for it"


def cycles(graph):
    """Strongly connected parts with more than one member, or one that points at itself."""
    index, low, stack, on_stack, found = {}, {}, [], set(), []

    def visit(start):
        work = [(start, iter(sorted(graph.get(start, ()))))]
        index[start] = low[start] = len(index)
        stack.append(start)
        on_stack.add(start)
        while work:
            node, successors = work[-1]
            for next_node in successors:
                if next_node not in index:
                    index[next_node] = low[next_node] = len(index)
                    stack.append(next_node)
                    on_stack.add(next_node)
                    work.append((next_node, iter(sorted(graph.get(next_node, ())))))
                    break
                if next_node in on_stack:
                    low[node] = min(low[node], index[next_node])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    part = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        part.append(member)
                        if member == node:
                            break
                    if len(part) > 1 or node in graph.get(node, ()):
                        found.append(sorted(part))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def add_inner(inner, path, header):
    """The edge between what holds the two in the folder that they share; a source and its header are one."""
    here, there = os.path.splitext(path)[0].split("/"), os.path.splitext(header)[0].split("/")
    depth = len(os.path.commonprefix([here, there]))
    if 2 <= depth < min(len(here), len(there)):
        edges = inner.setdefault("/".join(here[:depth]), {})
        edges.setdefault("/".join(here[:depth + 1]), set()).add("/".join(there[:depth + 1]))


def inner_cycles(root, inner):
    """Files that complete each other in one folder are its own affair: only a folder makes a cycle one."""
    return [part for _, edges in sorted(inner.items()) for part in cycles(edges)
            if any(os.path.isdir(os.path.join(root, member)) for member in part)]


def check_includes(root):
    problems, files, folders, inner = [], {}, {}, {}
    for path in sources(root):
        files[path] = set()
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as text:
            lines = text.read().splitlines()
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, header = match.groups()
            at = f"{path}:{number}: "
            if header.startswith(("dataplane/", "controlplane/")):
                if quote == "<":
                    problems.append(at + f"house header <{header}> wants quotes")
                if not os.path.exists(os.path.join(root, header)):
                    problems.append(at + f'"{header}" does not exist')
                    continue
                why = may_include(path, header)
                if why:
                    problems.append(at + f'may not include "{header}": {why}')
                files[path].add(header)
                add_inner(inner, path, header)
                if folder_of(path) != folder_of(header):
                    folders.setdefault(folder_of(path), set()).add(folder_of(header))
            elif header.startswith(("tests/", "bench/")):
                problems.append(at + f'shipped code includes "{header}"')
            elif quote == '"':
                problems.append(at + f'"{header}" is not written from the repository root')
            else:
                why = outside(path, header)
                if why:
                    problems.append(at + f"outside header <{header}> is not allowed here: {why}")
    problems += [f"cycle of files: {' -> '.join(part)}" for part in cycles(files)]
    problems += [f"cycle of folders: {' -> '.join(part)}" for part in cycles(folders)]
    problems += [f"cycle inside of a folder: {' -> '.join(part)}" for part in inner_cycles(root, inner)]
    return problems, len(files), sum(len(to) for to in files.values())


LIBRARY = re.compile(r"sallyport_library\s*\((.*?)\)", re.S)


def check_links(root):
    """The DEPENDS of a library in folder X name only libraries of folders that X may include."""
    problems = []
    for top in ("dataplane", "controlplane"):
        for where, _, names in os.walk(os.path.join(root, top)):
            if "CMakeLists.txt" not in names:
                continue
            path = os.path.relpath(os.path.join(where, "CMakeLists.txt"), root)
            parts = path.split("/")
            if len(parts) < 3 or top == "controlplane":
                continue  # control plane libraries carry both kinds of reader; includes decide there
            with open(os.path.join(root, path), encoding="utf-8") as text:
                body = re.sub(r"#.*", "", text.read())
            for library in LIBRARY.findall(body):
                for name in re.findall(r"sallyport::(\w+)", library):
                    allowed = DATAPLANE.get(parts[1], set()) | {parts[1]}
                    folder = next((f for f in DATAPLANE if name == f or name.startswith(f + "_")), None)
                    if folder not in allowed:
                        problems.append(f"{path}: {parts[1]} may not link sallyport::{name}")
    return problems


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description="holds includes and link lines to the architecture's table")
    parser.add_argument("--root", default=os.path.join(here, "..", ".."))
    root = os.path.abspath(parser.parse_args().root)
    problems, file_count, edge_count = check_includes(root)
    problems += check_links(root)
    for problem in problems:
        print(problem)
    print(f"layers: {file_count} files, {edge_count} house includes, {len(problems)} refused")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
