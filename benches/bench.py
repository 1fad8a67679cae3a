"""The service against PostgreSQL itself: see README.md beside this file. Run by scripts/bench."""

import json
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import wire

SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SCALE = int(os.environ.get("BENCH_SCALE", "10"))
CLIENTS = int(os.environ.get("BENCH_CLIENTS", "16"))
SAMPLES = 4 * CLIENTS  # different calls of each operation
THREADS = 2
WORKLIST = 50
PEAK_MB = 150
TARGETS = {"log a visit": 0.6, "one elder": 0.4, f"worklist of {WORKLIST}": 0.4}
PASSWORD = "bench password"
KEYS = "b1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # protects fictional people only

ROOT = Path(__file__).parent.parent
WORK = ROOT / ".local/bench"
STEWARD = os.environ["STEWARD_BIN"]
CLUSTER = urlsplit(os.environ["DATABASE_URL"])
HOST, PORT, DATABASE = CLUSTER.hostname, CLUSTER.port, "bench"
HERTZ = os.sysconf("SC_CLK_TCK")
random.seed(1)


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def psql(sql, database=DATABASE):
    command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", HOST, "-p", str(PORT), "-U", CLUSTER.username, "-d", database, "-c", sql]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def url(port=PORT):
    return f"postgres://{CLUSTER.username}@{HOST}:{port}/{DATABASE}"


def settings(**more):
    kept = ("STEWARD_POOL_SIZE", "STEWARD_HTTP_WORKERS")  # for trying what they do
    clean = {k: v for k, v in os.environ.items() if not k.startswith("STEWARD_") or k in kept}
    return clean | {"DATABASE_URL": url(), "STEWARD_KEYS": KEYS, "STEWARD_DEMO_PASSWORD": PASSWORD, **more}


def make_city():
    if os.environ.get("BENCH_REUSE") == "1":
        return say("the city of the last run is used again")
    psql(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)", "postgres")
    psql(f"CREATE DATABASE {DATABASE}", "postgres")
    began = time.monotonic()
    subprocess.run([STEWARD, "migrate"], check=True, env=settings(), stdout=subprocess.DEVNULL)
    subprocess.run([STEWARD, "demo", "--scale", str(SCALE)], check=True, env=settings(), stdout=subprocess.DEVNULL)
    took = time.monotonic() - began
    psql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    psql("VACUUM ANALYZE")
    psql("CHECKPOINT")
    counts = psql("SELECT (SELECT count(*) FROM elders), (SELECT count(*) FROM visits), pg_size_pretty(pg_database_size(current_database()))")
    elders, visits, size = counts.split("|")
    say(f"a city of {elders} elders and {visits} visits ({size}), made in {took:.1f} s")


class Server:
    """The service, as it runs in production but for the worker, which would do its own work meanwhile."""

    def __init__(self, database_url, **more):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        env = settings(DATABASE_URL=database_url, STEWARD_LISTEN=f"127.0.0.1:{self.port}", STEWARD_WORKER="off", **more)
        self.log = open(WORK / "server.log", "ab")
        self.process = subprocess.Popen([STEWARD, "serve"], env=env, stderr=self.log, stdout=self.log)
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=1)
                return
            except OSError:
                time.sleep(0.1)
        sys.exit("bench: the service does not start, see .local/bench/server.log")

    def ask(self, method, path, token=None, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1{path}", method=method)
        if token:
            request.add_header("authorization", f"Bearer {token}")
        data = None
        if body is not None:
            request.add_header("content-type", "application/json")
            data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            sys.exit(f"bench: {method} {path}: {refused.code} {refused.read().decode()}")

    def log_in(self, username):
        return self.ask("POST", "/auth/login", body={"username": username, "password": PASSWORD})["access_token"]

    def cpu(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / HERTZ

    def peak_mb(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def hold(self, still):
        self.process.send_signal(signal.SIGSTOP if still else signal.SIGCONT)

    def stop(self):
        self.hold(False)
        self.process.terminate()
        self.process.wait(30)


def stewards():
    """Stewards at random, each with a household that is owed a visit."""
    rows = psql(
        "SELECT DISTINCT ON (u.username) u.username, u.id, o.household_id, (SELECT string_agg(e.id::text, ',') FROM elders e "
        "WHERE e.household_id = o.household_id) FROM users u JOIN steward_assignments a ON a.user_id = u.id JOIN obligations o "
        "ON o.community_id = a.community_id WHERE u.role = 'steward' AND o.status = 'owed' AND o.kind = 'weekly' AND o.due_at > now() "
        "AND o.starts_at <= now() ORDER BY u.username, o.id"
    ).splitlines()
    found = []
    for row in random.sample(rows, min(SAMPLES, len(rows))):
        name, account, household, elders = row.split("|")
        found.append({"name": name, "id": account, "household": household, "elders": elders.split(",")})
    return found


def visit(who, visit_id, now, then):
    check = lambda *points: {"result": "safe", "points": list(points)}
    return {
        "id": visit_id,
        "household_id": who["household"],
        "purposes": ["safety"],
        "outcome": "met",
        "started_at": then,
        "ended_at": now,
        "device_now": now,
        "check_in": {"position": "at_door", "latitude": 36.62, "longitude": 101.77, "accuracy_m": 12.5},
        "checks": {
            "gas": check("hose", "leak_test"),
            "electric": check("wiring", "sockets"),
            "fire": check("clutter", "alarm"),
            "water": check("pipes", "drain"),
        },
        "elders": [{"elder_id": e, "condition": "good", "diet": "regular", "mood": "calm"} for e in who["elders"]],
        "form_version": 1,
    }


def request_of(operation, who):
    """Method, path, body: @ID@, @NOW@ and @THEN@ are filled in at each request."""
    if operation == "log a visit":
        return "POST", "/visits", visit(who, "@ID@", "@NOW@", "@THEN@")
    if operation == "one elder":
        return "GET", f"/elders/{who['elders'][0]}", None
    return "GET", f"/obligations?limit={WORKLIST}", None


def overhear(people):
    """What each operation says to PostgreSQL: for each of its calls the statements with their parameters."""
    proxy = wire.Proxy(HOST, PORT)
    server = Server(url(proxy.port), STEWARD_POOL_SIZE="4")
    heard = {}
    try:
        tokens = {who["name"]: server.log_in(who["name"]) for who in people}
        for operation in TARGETS:
            heard[operation] = []
            # The first calls prepare statements and look up types on every connection: they are left out.
            for who in people[:16] + people:
                fresh, before = str(uuid.uuid4()), len(proxy.calls)
                method, path, body = request_of(operation, who)
                if body:
                    stamp = lambda ago: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - ago))
                    text = json.dumps(body).replace("@ID@", fresh).replace("@NOW@", stamp(0)).replace("@THEN@", stamp(1800))
                    body = json.loads(text)
                answer = server.ask(method, path, tokens[who["name"]], body)
                if operation.startswith("worklist") and len(answer["items"]) != WORKLIST:
                    sys.exit(f"bench: the worklist of {who['name']} has only {len(answer['items'])} lines")
                heard[operation].append({"who": who, "fresh": fresh, "from": before, "to": len(proxy.calls)})
            del heard[operation][:16]
    finally:
        server.stop()
    foreign = of_the_appender(proxy.calls)
    for sample in (sample for samples in heard.values() for sample in samples):
        sample["calls"] = [proxy.calls[p] for p in range(sample["from"], sample["to"]) if p not in foreign]
    return heard


def of_the_appender(calls):
    """The places of the audit appender's calls: its transactions commit for many requests at once, on a connection of
    their own, and are no part of what one request says."""
    places, open_ones = set(), {}
    for place, call in enumerate(calls):
        word = call.text.split(None, 1)[0].upper()
        if word == "BEGIN":
            open_ones[call.connection] = []
        if call.connection in open_ones:
            open_ones[call.connection].append(place)
            if word in ("COMMIT", "ROLLBACK"):
                unit = open_ones.pop(call.connection)
                if any("DELETE FROM audit_inbox" in calls[p].text for p in unit):
                    places.update(unit)
    return places


def scripts_of(operation, samples):
    """pgbench scripts, one a call, and the variables that they bind."""
    shapes = Counter(tuple(c.text for c in s["calls"]) for s in samples)
    shape, often = shapes.most_common(1)[0]
    if often < len(samples) * 0.9:
        short = [([text[:60] for text in shape], n) for shape, n in shapes.most_common(4)]
        sys.exit(f"bench: {operation} does not always say the same: {short}")
    samples = [s for s in samples if tuple(c.text for c in s["calls"]) == shape]
    oids = {oid for s in samples for c in s["calls"] for oid in c.types}
    names = {}
    for oid in oids:
        name, is_array = psql(f"SELECT format_type({oid}, NULL), typlen = -1 AND typelem <> 0 FROM pg_type WHERE oid = {oid}").split("|")
        names[oid] = (name, is_array == "t")

    def text_of(call, n):
        if call.values[n] is None:
            return None
        return wire.array(call.values[n]) if names[call.types[n]][1] else wire.literal(call.types[n], call.values[n])

    # An id that was never told to the service and is another one each time is one that the service drew.
    drawn = set()
    for at, _ in enumerate(shape):
        for n, oid in enumerate(samples[0]["calls"][at].types):
            seen = [text_of(s["calls"][at], n) for s in samples]
            told = all(v in (s["who"]["id"], s["who"]["household"], *s["who"]["elders"], s["fresh"]) for v, s in zip(seen, samples))
            if names[oid][0] == "uuid" and not told and len(set(seen)) == len(seen):
                drawn.add((at, n))

    scripts = []
    for number, sample in enumerate(samples[:CLIENTS]):
        variables = {}
        lines = ["\\set seq :seq + 1", "\\set ms :base + :seq", "\\set low random(0, 281474976710655)"]
        for at, call in enumerate(sample["calls"]):
            if re.search(r"(?<!:):\w", call.text):
                sys.exit(f"bench: pgbench would take a part of this for a variable: {call.text}")

            def bind(match):
                n = int(match[1]) - 1
                value, kind = text_of(call, n), names[call.types[n]][0]
                if (at, n) in drawn or value == sample["fresh"]:
                    return fresh_id(0 if value == sample["fresh"] else 1 + sorted(drawn).index((at, n)))
                if not value:  # pgbench can bind neither
                    return f"(NULL::{kind})" if value is None else f"(''::{kind})"
                name = variables.setdefault(value, f"v{len(variables)}")
                return f"(:{name}::{kind})"

            lines.append(re.sub(r"\$(\d+)", bind, " ".join(call.text.split())) + ";")
        path = WORK / f"{operation.split()[0]}-{number}.sql"
        path.write_text("\n".join(lines) + "\n")
        scripts.append((path, variables))
    return shape, scripts


def fresh_id(tag):
    """An id that sorts by time like a UUIDv7, of bound integers: pgbench has no text functions."""
    return (
        f"((lpad(to_hex(:ms::bigint), 12, '0') || '7' || lpad(to_hex(:number::int), 3, '0') || '8{tag:03x}' "
        "|| lpad(to_hex(:low::bigint), 12, '0'))::uuid)"
    )


def run_pgbench(scripts):
    """One process a client, each with a script and variables of its own: several scripts in one client would each be
    planned six times before PostgreSQL settles on a plan, and that would be what is measured."""
    command = ["pgbench", "-n", "-M", "prepared", "-c", "1", "-T", str(SECONDS), "-h", HOST, "-p", str(PORT), "-U", CLUSTER.username]
    command += ["-D", f"base={int(time.time() * 1000)}", "-D", "seq=0"]
    running = []
    for number, (path, variables) in enumerate(scripts):
        bound = [part for value, name in variables.items() for part in ("-D", f"{name}={value}")]
        mine = [*command, "-D", f"number={number}", *bound, "-f", str(path), DATABASE]
        running.append(subprocess.Popen(mine, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    rate = 0.0
    for process in running:
        out, err = process.communicate()
        failed = re.search(r"number of failed transactions: (\d+)", out)
        if process.returncode or failed and int(failed[1]):
            sys.exit(f"bench: pgbench failed: {err[-2000:]} {out[-500:]}")
        rate += float(re.search(r"tps = ([\d.]+)", out)[1])
    return rate


def lua(value):
    if isinstance(value, dict):
        return "{" + ",".join(f"[{json.dumps(k)}]={lua(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)


def run_wrk(server, operation, people, tokens):
    calls = []
    for who in people:
        method, path, body = request_of(operation, who)
        headers = {"authorization": f"Bearer {tokens[who['name']]}"}
        call = {"method": method, "path": f"/api/v1{path}", "headers": headers}
        if body:
            headers["content-type"] = "application/json"
            call["body"] = json.dumps(body)
        calls.append(lua(call))
    listed = WORK / "calls.lua"
    listed.write_text("return {" + ",\n".join(calls) + "}\n")
    command = ["wrk", "-t", str(THREADS), "-c", str(CLIENTS), "-d", f"{SECONDS}s", "--timeout", "10s", "-s", str(ROOT / "benches/load.lua")]
    cpu, statements = server.cpu(), count_statements()
    run = subprocess.run([*command, f"http://127.0.0.1:{server.port}"], env=os.environ | {"BENCH_CALLS": str(listed)}, capture_output=True, text=True)
    found = re.search(r"^BENCH (.*)$", run.stdout, re.M)
    if not found:
        sys.exit(f"bench: wrk failed: {run.stderr[-1000:]} {run.stdout[-1000:]}")
    said = json.loads(found[1])
    said["rate"] = said["requests"] / said["micros"] * 1e6
    said["cpu_micros"] = (server.cpu() - cpu) / max(said["requests"], 1) * 1e6
    said["statements"] = (count_statements() - statements) / max(said["requests"], 1)
    return said


def count_statements():
    return int(psql(f"SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = '{DATABASE}'"))


def measure(people, heard):
    server = Server(url())
    results, scripts = {}, {}
    try:
        for operation in TARGETS:
            scripts[operation] = scripts_of(operation, heard[operation])
            results[operation] = []
        for number in range(ROUNDS):
            # Access tokens live a quarter of an hour.
            tokens = {who["name"]: server.log_in(who["name"]) for who in people}
            for operation in TARGETS:
                visits = int(psql("SELECT count(*) FROM visits"))
                said = run_wrk(server, operation, people, tokens)
                logged = int(psql("SELECT count(*) FROM visits")) - visits
                good = said["requests"] - said["refused"]
                # Requests that wrk no longer waited for at the end may have been logged as well.
                if operation == "log a visit" and not good <= logged <= good + CLIENTS:
                    sys.exit(f"bench: {good} visits were answered with success, {logged} were logged")
                time.sleep(1)
                # The service holds still, so that it does not put what pgbench writes into its audit trail.
                server.hold(True)
                said["pgbench"] = run_pgbench(scripts[operation][1])
                psql("DELETE FROM audit_inbox")
                server.hold(False)
                said["ratio"] = said["rate"] / said["pgbench"]
                results[operation].append(said)
                say(f"round {number + 1}, {operation}: {said['rate']:.0f}/s, pgbench {said['pgbench']:.0f}/s, ratio {said['ratio']:.2f}, not answered well: {said['refused'] + said['broken']}")
                # A measurement never pays for the dirt of the one before.
                psql("VACUUM")
                psql("CHECKPOINT")
        return results, server.peak_mb(), {operation: shape for operation, (shape, _) in scripts.items()}
    finally:
        server.stop()


def report(results, peak, shapes):
    missed = []
    cores = os.cpu_count()
    print(f"\n{CLIENTS} clients, {ROUNDS} rounds of {SECONDS} s, {cores} cores, load {os.getloadavg()[1]:.1f}; medians\n")
    print("| operation | service /s | pgbench /s | ratio | target | p50 ms | p99 ms | server CPU µs | own statements | statements in all | refused |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for operation, target in TARGETS.items():
        middle = lambda key: statistics.median(r[key] for r in results[operation])
        bad = sum(r["refused"] + r["broken"] for r in results[operation])
        ratio = middle("ratio")
        if ratio < target:
            missed.append(f"{operation}: ratio {ratio:.2f} is below {target}")
        if bad:
            missed.append(f"{operation}: {bad} requests were not answered with success")
        print(
            f"| {operation} | {middle('rate'):.0f} | {middle('pgbench'):.0f} | {ratio:.2f} | ≥ {target} | {middle('p50') / 1000:.1f} | "
            f"{middle('p99') / 1000:.1f} | {middle('cpu_micros'):.0f} | {len(shapes[operation])} | {middle('statements'):.2f} | {bad} |"
        )
    print(f"\nThe service's peak resident memory: {peak:.0f} MB (≤ {PEAK_MB} MB)")
    if peak > PEAK_MB:
        missed.append(f"peak memory {peak:.0f} MB is above {PEAK_MB} MB")
    for line in missed:
        print(f"MISSED {line}")
    return 1 if missed else 0


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    make_city()
    people = stewards()
    if len(people) < CLIENTS:
        sys.exit(f"bench: only {len(people)} stewards are owed a visit")
    results = measure(people, overhear(people))
    (WORK / "results.json").write_text(json.dumps(results[0], indent=1))
    return report(*results)


if __name__ == "__main__":
    sys.exit(main())
