#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""--web.config.file as clients see it: TLS, certificates of clients, passwords, headers, the
rate limit, reloads, and starts that are refused; then the sockets that are no host and port."""
import base64
import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import warnings

from harness import Checks, Programs, built, free_port, skip, wait_for

ARGS = ["--collector.disable-defaults", "--collector.loadavg"]
# bcrypt at the least cost, of "open sesame"
HASH = "$2b$04$w0SRHLO80AsmMRxWslwPm.f8eNzjdJftPEtoqC6TMMzCxrpzCAKkC"


def openssl(*args, cwd):
    subprocess.run(["openssl", *args], cwd=cwd, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def certificate(cwd, name, *more, ca=None, bits=2048, san="DNS:localhost,IP:127.0.0.1"):
    """NAME.pem and NAME.key; signed by ca, or by itself."""
    args = ["req", "-newkey", "rsa:%d" % bits, "-nodes", "-keyout", name + ".key", "-subj",
            "/CN=" + name]
    if ca is None:
        openssl(*args, "-x509", "-days", "2", "-out", name + ".pem", "-addext",
                "subjectAltName=" + san, *more, cwd=cwd)
        return
    openssl(*args, "-out", name + ".csr", cwd=cwd)
    with open(os.path.join(cwd, name + ".ext"), "w", encoding="utf-8") as f:
        f.write("subjectAltName=%s\nextendedKeyUsage=clientAuth\n" % san)
    openssl("x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key",
            "-CAcreateserial", "-days", "2", "-extfile", name + ".ext", "-out", name + ".pem",
            *more, cwd=cwd)


class Site:
    """A folder with certificates and a configuration, and an exporter that serves it."""

    def __init__(self, program, directory, programs):
        self.program = program
        self.dir = directory
        self.programs = programs
        self.config = os.path.join(directory, "web.yml")
        self.name = "exporter 0"
        self.n = 0
        self.port = 0
        self.process = None

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, text):
        # As an administrator's tools do: there is no moment with half a file.
        with open(self.config + ".new", "w", encoding="utf-8") as f:
            f.write(text)
        os.rename(self.config + ".new", self.config)

    def start(self, text):
        """One exporter at a time."""
        if self.n:
            self.programs.stop(self.name)
        self.write(text)
        self.n += 1
        self.name = "exporter %d" % self.n
        self.port = free_port()
        self.process = self.programs.start(
            self.name, [self.program, *ARGS, "--web.config.file=" + self.config,
                        "--web.listen-address=127.0.0.1:%d" % self.port])
        self.programs.wait_line(self.name, "Listening on")

    def reload(self, text, says="read again"):
        before = self.programs.log(self.name).count(says)
        self.write(text)
        self.process.send_signal(signal.SIGHUP)
        wait_for("a line about the reload",
                 lambda: self.programs.log(self.name).count(says) > before)

    def refusal(self, text):
        """What the exporter says as it does not start."""
        self.write(text)
        done = subprocess.run([self.program, *ARGS, "--web.config.file=" + self.config,
                               "--web.listen-address=127.0.0.1:0"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=30, check=False)
        lines = [x for x in done.stdout.decode().splitlines() if "level=ERROR" in x]
        return lines[0] if done.returncode == 1 and len(lines) == 1 else "started: %r" % lines

    def context(self, ca="server.pem", client=None):
        context = ssl.create_default_context(cafile=self.path(ca))
        if client:
            context.load_cert_chain(self.path(client + ".pem"), self.path(client + ".key"))
        return context

    def get(self, path="/metrics", context=None, user=None, header=None, count=1):
        """Statuses and headers of count requests on one connection: the last one's."""
        if context:
            c = http.client.HTTPSConnection("localhost", self.port, context=context,
                                            timeout=20)
        else:
            c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {}
        if user:
            header = "Basic " + base64.b64encode(user.encode()).decode()
        if header is not None:
            headers["Authorization"] = header
        for _ in range(count):
            c.request("GET", path, headers=headers)
            answer = c.getresponse()
            body = answer.read()
        c.close()
        return answer.status, answer.headers, body

    def fails(self, context):
        """Whether no request gets through."""
        try:
            self.get(context=context)
        except (ssl.SSLError, OSError, http.client.HTTPException):
            return True
        return False


TLS = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
USERS = "basic_auth_users:\n  ali: %s\n  baba: %s\n" % (HASH, HASH)


def check_tls(checks, site):
    site.start(TLS)
    status, _, body = site.get(context=site.context())
    checks.ok(status == 200 and b"node_load1 " in body, "no metrics over TLS")
    checks.ok(site.get(context=site.context(), count=5)[0] == 200, "no kept connection")
    checks.ok(site.fails(None), "plain HTTP is answered on the port of TLS")
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname = False
    old.verify_mode = ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    checks.ok(site.fails(old), "TLS 1.1 is taken")
    # Clients that never finish the handshake keep nobody waiting.
    stalled = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(20)]
    checks.ok(site.get(context=site.context())[0] == 200, "a stalled handshake holds others up")
    for s in stalled:
        s.close()
    site.start(TLS + "  min_version: TLS13\n")
    new = site.context()
    checks.ok(site.get(context=new)[0] == 200, "TLS 1.3 is not taken")
    new.maximum_version = ssl.TLSVersion.TLSv1_2
    checks.ok(site.fails(new), "min_version is passed over")
    site.start(TLS + "  max_version: TLS12\n  cipher_suites:\n"
               "    - TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256\n"
               "  curve_preferences: [CurveP384]\n")
    context = site.context()
    with socket.create_connection(("127.0.0.1", site.port)) as s:
        with context.wrap_socket(s, server_hostname="localhost") as t:
            checks.ok(t.cipher()[0] == "ECDHE-RSA-CHACHA20-POLY1305", "cipher %s" % t.cipher()[0])
    with open(site.path("server.pem"), encoding="utf-8") as f:
        cert = f.read()
    with open(site.path("server.key"), encoding="utf-8") as f:
        key = f.read()
    site.start("tls_server_config:\n  cert: |\n    " + cert.replace("\n", "\n    ") +
               "\n  key: |\n    " + key.replace("\n", "\n    ") + "\n")
    checks.ok(site.get(context=site.context())[0] == 200, "no TLS with PEM in the file")


def check_clients(checks, site):
    base = TLS + "  client_ca_file: ca.pem\n  client_auth_type: "
    cases = [  # type, without a certificate, with one of the CA, with another
        ("RequestClientCert", True, True, True),
        ("RequireAnyClientCert", False, True, True),
        ("VerifyClientCertIfGiven", True, True, False),
        ("RequireAndVerifyClientCert", False, True, False)]
    site.start(base + "RequestClientCert\n")
    for kind, none, good, other in cases:
        site.reload(base + kind + "\n")
        for client, want in ((None, none), ("client", good), ("stranger", other)):
            got = not site.fails(site.context(client=client))
            checks.ok(got == want, "%s: client %s %s" % (kind, client, "got in" if got
                                                        else "was turned away"))
    for sans, want in (("[other.example]", False), ("[other.example, one.example]", True),
                       ("[10.1.2.3]", True), ("[10.1.2.4]", False), ("[ONE.example]", False),
                       ("[\"spiffe://a/b\"]", True)):
        site.reload(base + "RequireAndVerifyClientCert\n  client_allowed_sans: " + sans + "\n")
        got = not site.fails(site.context(client="client"))
        checks.ok(got == want, "client_allowed_sans %s: %s" % (sans, got))


def check_users(checks, site):
    site.start(USERS + "http_server_config:\n  headers:\n    X-Frame-Options: deny\n"
               "    X-Content-Type-Options: nosniff\n")
    for path in ("/metrics", "/", "/nowhere"):
        status, headers, body = site.get(path)
        checks.ok(status == 401 and headers["WWW-Authenticate"] == "Basic" and
                  body == b"Unauthorized\n", "%s without a password: %d" % (path, status))
        checks.ok(headers["X-Frame-Options"] == "deny", "%s: 401 without headers" % path)
        status, headers, _ = site.get(path, user="ali:open sesame", count=3)
        checks.ok(status == (404 if path == "/nowhere" else 200), "%s: %d" % (path, status))
        checks.ok(headers["X-Content-Type-Options"] == "nosniff", "%s without headers" % path)
    checks.ok(site.get(user="baba:open sesame")[0] == 200, "the second user is turned away")
    for user in ("ali:open", "ali:", ":open sesame", "eve:open sesame", "ali:open sesame\0",
                 "ali", "ali:" + "x" * 4000):
        checks.ok(site.get(user=user)[0] == 401, "%r got in" % user[:40])
    right = base64.b64encode(b"ali:open sesame").decode()
    checks.ok(site.get(header="basic " + right)[0] == 200, "the scheme's case matters")
    for header in ("", "Basic", "Basic ", "Bearer " + right, "Basic " + right[:-1], right,
                   "Basic =", "Basic " + "A" * 4096):
        checks.ok(site.get(header=header)[0] == 401, "%r got in" % header[:40])
    log = site.programs.log(site.name)
    checks.ok("sesame" not in log and HASH not in log, "a secret is in the log")

    # A flood of wrong passwords: who is known is served, and waits for nobody.
    def flood(number):
        for k in range(50):
            try:
                site.get(user="ali:guess %d %d" % (number, k))
            except OSError:
                pass
    threads = [threading.Thread(target=flood, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    served = sum(site.get(user="ali:open sesame")[0] == 200 for _ in range(20))
    for t in threads:
        t.join()
    checks.ok(served == 20, "%d of 20 served during a flood" % served)


def check_rate(checks, site):
    site.start("rate_limit:\n  interval: 1h\n  burst: 3\n" + USERS)
    got = [site.get()[0] for _ in range(5)]
    checks.ok(got == [401, 401, 401, 429, 429], "a burst of 3 gives %s" % got)
    site.reload(USERS)
    checks.ok(site.get(user="ali:open sesame")[0] == 200, "the limit outlives the reload")


def check_reload(checks, site):
    site.start(TLS)
    site.reload(TLS + USERS)
    checks.ok(site.get(context=site.context())[0] == 401, "SIGHUP brings no passwords")
    # Whatever is wrong, the configuration before stays in force.
    for text, says in ((TLS + "x: 1\n", "unknown key"), ("", "takes a restart"),
                       (TLS.replace("server.key", "nowhere.key"), "No such file")):
        site.reload(text, "stays in force")
        checks.ok(says in site.programs.log(site.name), "no word of " + says)
        checks.ok(site.get(context=site.context(), user="ali:open sesame")[0] == 200 and
                  site.get(context=site.context())[0] == 401, "%s: not as before" % says)
    # A file that changes is noticed without a signal.
    site.reload(TLS)
    shutil.copy(site.path("ca.pem"), site.path("other.pem"))
    for name in ("second.key", "second.pem"):
        shutil.copy(site.path(name), site.path(name.replace("second", "server") + ".new"))
        os.rename(site.path(name.replace("second", "server") + ".new"),
                  site.path(name.replace("second", "server")))
    second = site.context("second.pem")
    wait_for("the new certificate", lambda: not site.fails(second), 30)
    checks.ok(site.process.poll() is None, "the exporter has ended")


def check_refusals(checks, site):
    with open(site.path("empty.pem"), "wb"):
        pass
    with open(site.path("junk.pem"), "wb") as f:
        f.write(b"\0\1\2 not PEM")
    openssl("rsa", "-aes128", "-passout", "pass:secret", "-in", "server.key", "-out",
            "locked.key", cwd=site.dir)
    cases = [
        ("x: 1\n", "web.yml:1:1: unknown key"),
        (TLS.replace("server.pem", "nowhere.pem"), "nowhere.pem: No such file"),
        (TLS.replace("server.pem", "empty.pem"), "empty.pem: the file is empty"),
        (TLS.replace("server.pem", "junk.pem"), "junk.pem: "),
        (TLS.replace("server.pem", "expired.pem").replace("server.key", "expired.key"),
         "expired.pem: the certificate has expired"),
        (TLS.replace("server.pem", "weak.pem").replace("server.key", "weak.key"),
         "weak.pem: the certificate's key is too short"),
        (TLS.replace("server.key", "other.key"), "other.key: the key is not that of"),
        (TLS.replace("server.key", "empty.pem"), "empty.pem: the file is empty"),
        (TLS.replace("server.key", "junk.pem"), "junk.pem: "),
        (TLS.replace("server.key", "locked.key"), "locked.key: the key is encrypted"),
        (TLS.replace("server.pem", "."), "Is a directory"),
        (TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: junk.pem\n",
         "junk.pem: "),
        (TLS + "  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]\n", "is not served"),
        ("basic_auth_users:\n  ali: open sesame\n", "web.yml:2:8: user "),
    ]
    for text, says in cases:
        line = site.refusal(text)
        checks.ok(says in line and "sesame" not in line, "wanted %r: %s" % (says, line))
    os.unlink(site.config)
    done = subprocess.run([site.program, *ARGS, "--web.config.file=" + site.config],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30,
                          check=False)
    checks.ok(done.returncode == 1 and b"web.yml: No such file" in done.stdout,
              "a missing file: %r" % done.stdout[-200:])


def get_unix(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(path)
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while True:
            part = s.recv(65536)
            if not part:
                return answer
            answer += part


def check_sockets(checks, site):
    if site.n:
        site.programs.stop(site.name)
    path = site.path("http.sock")
    left = socket.socket(socket.AF_UNIX)  # what a killed process leaves behind
    left.bind(path)
    left.close()
    site.programs.start("unix", [site.program, *ARGS, "--web.listen-address=unix:" + path])
    site.programs.wait_line("unix", "Listening on.*unix:")
    checks.ok(b"node_load1 " in get_unix(path), "no answer on a unix socket")
    done = subprocess.run([site.program, *ARGS, "--web.listen-address=unix:" + path],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30,
                          check=False)
    checks.ok(done.returncode == 1 and b"Address already in use" in done.stdout,
              "a socket in use is taken over: %r" % done.stdout[-200:])
    site.programs.stop("unix")
    checks.ok(not os.path.exists(path), "the socket is left behind")

    # As systemd does it: descriptors from 3 on, and the id of the process to be.
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    pass_on = ("import os, sys\n"
               "fds = [os.dup2(int(fd), 100 + i) for i, fd in enumerate(sys.argv[1:3])]\n"
               "[os.dup2(fd, 3 + i) for i, fd in enumerate(fds)]\n"
               "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='2')\n"
               "os.execv(sys.argv[3], sys.argv[3:])\n")
    p = subprocess.Popen(
        [sys.executable, "-c", pass_on, *(str(x.fileno()) for x in listeners), site.program,
         *ARGS, "--web.systemd-socket"], pass_fds=[x.fileno() for x in listeners],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for listener in listeners:
            site.port = listener.getsockname()[1]
            checks.ok(site.get()[0] == 200, "no answer on a socket of systemd's")
    finally:
        p.terminate()
        p.wait(timeout=20)
    for environment in ({}, {"LISTEN_PID": "1", "LISTEN_FDS": "1"}, {"LISTEN_FDS": "1"}):
        done = subprocess.run([site.program, *ARGS, "--web.systemd-socket"], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30,
                              check=False)
        checks.ok(done.returncode == 1 and b"systemd has passed no sockets" in done.stdout,
                  "no sockets: %r" % done.stdout[-200:])
    for address in ("unix:relative", "unix:", "vsock://1:2", "vsock://:", "vsock://:99999999999"):
        done = subprocess.run([site.program, *ARGS, "--web.listen-address=" + address],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30,
                              check=False)
        checks.ok(done.returncode == 1 and address.encode() + b": want" in done.stdout,
                  "%s: %r" % (address, done.stdout[-200:]))


def check_vsock(checks, site):
    try:
        with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as s:
            s.bind((1, socket.VMADDR_PORT_ANY))  # 1: the host talks to itself
    except (OSError, AttributeError):
        print("no vsock loopback here: left out")
        return
    port = free_port()
    site.programs.start("vsock", [site.program, *ARGS,
                                  "--web.listen-address=vsock://:%d" % port])
    site.programs.wait_line("vsock", "Listening on")
    with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as s:
        s.settimeout(20)
        s.connect((1, port))
        s.sendall(b"GET / HTTP/1.0\r\n\r\n")
        checks.ok(s.recv(12) == b"HTTP/1.1 200", "no answer over vsock")
    site.programs.stop("vsock")


def main():
    program = built("promc-node-exporter")
    if not program:
        skip("promc-node-exporter is not built")
    if not shutil.which("openssl"):
        skip("openssl is not installed")
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="promc-web-") as directory, \
            Programs(checks) as programs:
        site = Site(program, directory, programs)
        check_sockets(checks, site)
        check_vsock(checks, site)
        if "this build has no" in site.refusal("x: 1\n"):
            print("no --web.config.file in this build: left out")
            return checks.end()
        for name in ("server", "second", "other", "ca", "stranger"):
            certificate(directory, name)
        certificate(directory, "weak", bits=1024)
        certificate(directory, "client", ca="ca",
                    san="DNS:one.example,IP:10.1.2.3,URI:spiffe://a/b,email:a@b.example")
        certificate(directory, "expired", "-days", "-1", ca="ca")
        check_refusals(checks, site)
        check_tls(checks, site)
        check_clients(checks, site)
        check_users(checks, site)
        check_rate(checks, site)
        check_reload(checks, site)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
