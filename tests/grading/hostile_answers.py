"""Answers of strangers who are after more than points. Each tells in an error which of its attempts reached something.

`given` holds what the test has planted; the test writes it in front of each answer.
"""

BEGIN = """
import ctypes, glob, json, os, pathlib, signal, socket, subprocess, sys, time
given = json.loads({given!r})
tried, reached = 0, []
def attempt(name, work):
    global tried
    tried += 1
    try:
        got = work()
    except BaseException:
        return
    if got is not False:
        reached.append(name)
def tell():
    raise RuntimeError(f"tried {{tried}}, reached {{reached}}")
def others():
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
def found(text):
    return given["secret"] in text or False
"""

READS_FILES = """
path = given["file"]
for way in (path, "/proc/1/root" + path, "/proc/self/root" + path, "../../../../../../../../.." + path):
    attempt(way, lambda: found(pathlib.Path(way).read_text()))
for pid in others():
    attempt(f"root of {pid}", lambda: found(pathlib.Path(f"/proc/{pid}/root{path}").read_text()))
    attempt(f"folder of {pid}", lambda: found(pathlib.Path(f"/proc/{pid}/cwd", os.path.basename(path)).read_text()))
attempt("making a link", lambda: bool(os.symlink(path, "link")))
attempt("a link", lambda: found(pathlib.Path("link").read_text()))
attempt("a hard link", lambda: os.link(path, "hard"))
attempt("the teacher's home", lambda: os.listdir(os.path.dirname(path)))
attempt("another submission", lambda: pathlib.Path(given["other"]).read_text())
attempt("the folder of submissions", lambda: os.listdir(os.path.dirname(given["other"])))
attempt("saved points", lambda: pathlib.Path(given["state"], "progress", "labs.jsonl").read_text())
attempt("solutions", lambda: list(pathlib.Path(given["course"], "solutions").rglob("master.md"))[0].name)
tell()
"""

READS_PROCESSES = """
attempt("own environment", lambda: any(given["secret"] in value for value in os.environ.values()))
attempt("the grader", lambda: pathlib.Path(f"/proc/{given['grader']}/environ").read_bytes())
for pid in others():
    for what in ("environ", "cmdline"):
        attempt(f"{what} of {pid}", lambda: given["secret"].encode() in pathlib.Path(f"/proc/{pid}/{what}").read_bytes())
attempt("more processes than the run's", lambda: len(others()) > 12)
attempt("somebody else's words", lambda: any(b"pytest-of-" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() and b"mqcourse" not in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() for pid in others()))
tell()
"""

REACHES_PORTS = """
def ask(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as there:
        there.settimeout(3)
        there.connect(address)
        there.send(b"here")
        return found(there.recv(100).decode())
port = given["port"]
for host in ("127.0.0.1", "0.0.0.0", "localhost", "127.1.2.3", *given["hosts"]):
    attempt(host, lambda: ask(socket.AF_INET, (host, port)))
for host in ("::1", "::ffff:127.0.0.1", "::"):
    attempt(host, lambda: ask(socket.AF_INET6, (host, port)))
    attempt(host + " of its own", lambda: ask(socket.AF_INET6, (host, given["port6"])))
attempt("datagram", lambda: ask(socket.AF_INET, ("127.0.0.1", port), socket.SOCK_DGRAM))
attempt("abstract", lambda: ask(socket.AF_UNIX, "\\0" + given["abstract"]))
attempt("socket file", lambda: ask(socket.AF_UNIX, given["socket"]))
attempt("another machine", lambda: ask(socket.AF_INET, ("192.0.2.1", 80)))
attempt("raw", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("another namespace", lambda: os.setns(os.open("/proc/1/ns/net", os.O_RDONLY), 0) and False)
tell()
"""

CHANGES_RESULTS = """
def write(path):
    # the test looks at the files from outside: a file that can be written here may be the sandbox's own
    pathlib.Path(path).write_text("x")
    return False
attempt("another submission", lambda: write(given["other"]))
attempt("a new submission", lambda: write(given["other"] + ".ipynb"))
attempt("saved points", lambda: write(given["state"] + "/progress/labs.jsonl"))
attempt("a journal", lambda: write(given["state"] + "/grading/1-1.jsonl"))
attempt("another run", lambda: write(given["state"] + "/grading/run-other"))
attempt("code", lambda: write(given["course"] + "/mqcourse/evil.py"))
attempt("byte code", lambda: write(given["course"] + "/mqcourse/__pycache__/evil.pyc"))
attempt("checks", lambda: write(glob.glob(given["course"] + "/solutions/*/checks.py")[0]))
attempt("packages", lambda: write(sys.prefix + "/lib/evil.pth"))
attempt("the report", lambda: write(f"/proc/{given['grader']}/fd/1"))
attempt("the terminal", lambda: write("/dev/tty"))
attempt("the console", lambda: write("/dev/console"))
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *words):
    if getattr(libc, name)(*words):
        raise OSError(ctypes.get_errno())
attempt("remount", lambda: call("mount", b"none", b"/usr", None, 32, None))
attempt("mount", lambda: call("mount", b"none", b"/mnt", b"tmpfs", 0, None))
attempt("a namespace", lambda: call("unshare", 0x00020000))
tell()
"""

TOUCHES_PROCESSES = """
libc = ctypes.CDLL(None, use_errno=True)
def end(pid):
    os.kill(pid, signal.SIGKILL)
attempt("the victim", lambda: end(given["victim"]))
attempt("the grader", lambda: end(given["grader"]))
attempt("its group", lambda: os.killpg(given["victim"], signal.SIGTERM))
attempt("its priority", lambda: os.setpriority(os.PRIO_PROCESS, given["victim"], 19))
attempt("ptrace of the victim", lambda: 1 / 0 if libc.ptrace(16, given["victim"], 0, 0) else True)
for pid in others():
    if pid > 2:  # 1 and 2 are the sandbox's own, and hold no key
        attempt(f"memory of {pid}", lambda: b"signature" in open(f"/proc/{pid}/mem", "rb").read(1))
tell()
"""

ENDS_EVERYTHING = """
if os.fork() == 0:
    os.setsid()
    os.kill(-1, signal.SIGKILL)
os.kill(os.getppid(), signal.SIGKILL)
os.kill(-1, signal.SIGKILL)
tell()
"""

FORGES_VERDICTS = """
def all_points(exercise):
    body = json.dumps({"exercise": exercise, "verdict": {"broken": [], "seed": 1}})
    return (json.dumps({"body": body, "signed": "0" * 64}) + "\\n").encode()
lines = b"".join(map(all_points, ("consumers", "bound", "predict", "plan")))
for name in glob.glob("/proc/[0-9]*/fd/*"):
    pid = int(name.split("/")[2])
    if pid != os.getpid() and name != "/proc/1/fd/0":  # by that one a run is told to end, and nothing else
        attempt(name, lambda: os.close(os.open(name, os.O_WRONLY)) if os.readlink(name).startswith("pipe") else False)
for fd in range(3, 64):
    if fd != int(sys.argv[1]):  # its own line to the check, over which it can only end itself
        attempt(f"{fd}", lambda: os.write(fd, lines) and False)
print(lines.decode())
tell()
"""

FILLS = """
def fill(folder, most):
    written = 0
    try:
        for number in range(most):
            with open(f"{folder}/fill-{os.getpid()}-{number}", "wb") as file:
                file.write(bytes(1 << 20))
            written += 1
    except OSError:
        return False
    finally:
        for number in range(written + 1):
            pathlib.Path(f"{folder}/fill-{os.getpid()}-{number}").unlink(missing_ok=True)
    return True
for folder in ("/", "/dev", "/dev/shm", "/tmp", "/run", "/run/mq", "/tmp/home/.."):
    attempt(folder, lambda: fill(folder, 300))
attempt("one large file", lambda: os.posix_fallocate(os.open("large", os.O_CREAT | os.O_RDWR), 0, 1 << 30))
attempt("memory", lambda: bytearray(8 << 30))
attempt("shared memory", lambda: os.posix_fallocate(os.open("/dev/shm/large", os.O_CREAT | os.O_RDWR), 0, 100 << 20))
attempt("memory of no file", lambda: os.posix_fallocate(os.memfd_create("m"), 0, 1 << 30))
tell()
"""

LEAVES_PROCESSES = """
for _ in range(60):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        for number in range(1, 32):
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(number, signal.SIG_IGN)
        os.environ.clear()
        words = ["sleep", given["sleep"]]
        os.execv("/bin/sleep", words)
tried = 1
tell()
"""

STOPS_ITS_RUN = """
for pid in sorted(others(), reverse=True):
    if pid > 1:
        os.kill(pid, signal.SIGSTOP)
time.sleep(100_000)
"""

WRITES_TO_A_TERMINAL = """
text = "\\x1b[2J\\x1b[H" + given["all"] + " \\x9b2J \\u202e\\u2066 \\x07\\r" + given["all"] + "\\x1b]0;owned\\x07\\x1b]52;c;cm0=\\x07"
print(text)
print(text, file=sys.stderr)
tried = 1
class Named(Exception):
    pass
Named.__name__ = Named.__qualname__ = text
raise Named(text + f"tried {tried}, reached {reached}")
"""

HOSTILE = {
    "reads files": READS_FILES,
    "reads processes": READS_PROCESSES,
    "reaches ports": REACHES_PORTS,
    "changes results": CHANGES_RESULTS,
    "touches processes": TOUCHES_PROCESSES,
    "ends everything": ENDS_EVERYTHING,
    "forges verdicts": FORGES_VERDICTS,
    "fills": FILLS,
    "leaves processes": LEAVES_PROCESSES,
    "stops its run": STOPS_ITS_RUN,
    "writes to a terminal": WRITES_TO_A_TERMINAL,
}
