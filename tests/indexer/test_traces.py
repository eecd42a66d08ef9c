import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.traces import read, without_noise
from indexer.types import Frame

PYTHON = """Traceback (most recent call last):
  File "/home/u/app/main.py", line 12, in <module>
    r = requests.get(url)
  File "/home/u/venv/lib/python3.11/site-packages/requests/api.py", line 73, in get
    return request("get", url, params=params, **kwargs)
  File "/home/u/venv/lib/python3.11/site-packages/requests/sessions.py", line 589, in request
    resp = self.send(prep, **send_kwargs)
requests.exceptions.ConnectionError: HTTPSConnectionPool(port=443): retries (by <c object at 0x7f12ab34cd56>)
"""
JAVA = """Exception in thread "main" java.lang.RuntimeException: wrapper
	at com.acme.App.run(App.java:10)
	at java.base/java.lang.Thread.run(Thread.java:829)
Caused by: com.google.gson.JsonSyntaxException: java.lang.IllegalState: Expected BEGIN_OBJECT at path $
	at com.google.gson.internal.bind.ReflectiveTypeAdapterFactory$Adapter.read(ReflectiveTypeAdapterFactory.java:226)
	at com.google.gson.Gson.fromJson(Gson.java:932)
	... 3 more"""
JAVASCRIPT = """TypeError: Cannot read properties of undefined (reading 'data')
    at settle (/app/node_modules/axios/lib/core/settle.js:19:12)
    at IncomingMessage.handleStreamEnd (/app/node_modules/axios/lib/adapters/http.js:585:11)
    at async Axios.request (file:///app/node_modules/axios/lib/core/Axios.js:45:41)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
    at /app/index.js:3:1"""
GO = """panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47b0e6]

goroutine 1 [running]:
github.com/spf13/cobra.(*Command).execute(0xc0000d6000, {0xc00001c0a0, 0x1, 0x1})
	/home/u/go/pkg/mod/github.com/spf13/cobra@v1.8.0/command.go:983 +0xabc
main.main()
	/home/u/app/main.go:14 +0x1d
exit status 2"""
RUST = """thread 'main' panicked at src/main.rs:10:5:
index out of bounds: the len is 3 but the index is 99
stack backtrace:
   0: rust_begin_unwind
             at /rustc/abc/library/std/src/panicking.rs:665:5
   1: app::parser::parse_line
             at ./src/parser.rs:42:9
note: run with `RUST_BACKTRACE=full`"""
RUBY = """app/models/user.rb:12:in 'User#save': undefined method `foo' for nil (NoMethodError)
	from /usr/lib/ruby/gems/activerecord-7.1/lib/active_record/transactions.rb:53:in `block in transaction'"""
PHP = """PHP Fatal error:  Uncaught RuntimeException: bad thing in /var/www/app/Http/Kernel.php:30
Stack trace:
#0 /var/www/vendor/laravel/framework/src/Illuminate/Routing/Router.php(799): App\\Http\\Kernel->handle(Object(X))
#1 {main}
  thrown in /var/www/app/Http/Kernel.php on line 30"""
CSHARP = """System.NullReferenceException: Object reference not set to an instance of an object.
   at Acme.Web.Service.Load(String id, Int32 n) in C:\\src\\Web\\Service.cs:line 42"""
FIREFOX = """TypeError: x is undefined
reducer@http://localhost:3000/src/store/reducer.js:10:5
dispatch@webpack:///./node_modules/redux/src/createStore.ts:22:1"""
SANITIZER = """==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x602
    #0 0x4f2 in uv__io_poll src/unix/linux.c:1402:9
    #1 0x4f3 in uv_run src/unix/core.c:447:5"""


def at(*frames: tuple[str, int, str | None]) -> tuple[Frame, ...]:
    return tuple(Frame(path=path, line=line, name=name) for path, line, name in frames)


@pytest.mark.parametrize("folded", [False, True], ids=["lines", "folded by a text box"])
@pytest.mark.parametrize(
    ("text", "innermost", "error"),
    [
        (
            PYTHON,
            ("/home/u/venv/lib/python3.11/site-packages/requests/sessions.py", 589, "request"),
            "requests.exceptions.ConnectionError: HTTPSConnectionPool",
        ),
        (
            JAVA,  # of the last cause
            (
                "com/google/gson/internal/bind/ReflectiveTypeAdapterFactory.java",
                226,
                "com.google.gson.internal.bind.ReflectiveTypeAdapterFactory.Adapter.read",
            ),
            "com.google.gson.JsonSyntaxException: java.lang.IllegalState: Expected BEGIN_OBJECT",
        ),
        (
            JAVASCRIPT,
            ("/app/node_modules/axios/lib/core/settle.js", 19, "settle"),
            "TypeError: Cannot read properties of undefined (reading 'data')",
        ),
        (
            GO,
            ("/home/u/go/pkg/mod/github.com/spf13/cobra@v1.8.0/command.go", 983, "cobra.Command.execute"),
            "panic: runtime error: invalid memory address or nil pointer dereference",
        ),
        (RUST, ("src/main.rs", 10, None), "panic: index out of bounds: the len is 3 but the index is 99"),
        (RUBY, ("app/models/user.rb", 12, "User.save"), "NoMethodError: undefined method `foo' for nil"),
        (PHP, ("/var/www/app/Http/Kernel.php", 30, None), "RuntimeException: bad thing"),
        (CSHARP, ("C:/src/Web/Service.cs", 42, "Acme.Web.Service.Load"), "System.NullReferenceException: Object"),
        (FIREFOX, ("src/store/reducer.js", 10, "reducer"), "TypeError: x is undefined"),
        (SANITIZER, ("src/unix/linux.c", 1402, "uv__io_poll"), ""),
    ],
)
def test_a_trace_is_read_from_its_innermost_frame(
    text: str, innermost: tuple[str, int, str | None], error: str, folded: bool
) -> None:
    trace = read(" ".join(text.split()) if folded else text)
    assert trace.pasted
    assert trace.frames[:1] == at(innermost)
    assert (trace.error or "").startswith(error)
    assert "0x" not in (trace.error or "")


def test_further_frames_follow_outwards() -> None:
    assert read(GO).frames[1:] == at(("/home/u/app/main.go", 14, "main.main"))
    assert [frame.name for frame in read(PYTHON).frames] == ["request", "get", None]  # a module has no name
    assert read(RUST).frames[-1:] == at(("src/parser.rs", 42, "app.parser.parse_line"))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("ConnectionResetError: [Errno 104] reset", "ConnectionResetError: [Errno 104] reset"),
        ("Uncaught TypeError: x is not a function", "TypeError: x is not a function"),
        ("error: cannot find symbol", "error: cannot find symbol"),
        ("fatal: bad object 0123456789abcdef0123", "fatal: bad object"),
        ("how is ValueError: handled", None),
        ("note: foo", None),
        ("Error handling in send", None),
        ("ValueError", None),
    ],
)
def test_a_message_alone_is_an_error_where_it_leads(text: str, error: str | None) -> None:
    trace = read(text)
    assert (trace.error, trace.pasted) == (error, False)


def test_a_place_alone_is_no_trace() -> None:
    trace = read("sessions.py:300")
    assert (trace.frames, trace.pasted) == (at(("sessions.py", 300, None)), False)


@pytest.mark.parametrize("text", ["std::vector http://x.org:80/a", "key:1 at noon: 3:4", "10:30 at 12:45:10", "a b c"])
def test_ordinary_text_has_no_frames(text: str) -> None:
    assert read(text).frames == ()


def test_what_is_another_at_each_run_is_noise() -> None:
    text = "2024-01-02T03:04:05.678Z worker 123456 at 0xDEADBEEF id 6f1b2c3d-1111-2222-3333-444455556666 status 404"
    assert without_noise(text) == "worker at id status 404"


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from(['File "', "a.py", ":1", "(", ")", "at ", "x.y", "\n", "Error: "])).map("".join)
)
def test_any_text_is_read(text: str) -> None:
    trace = read(text)
    assert all(frame.path and frame.line >= 0 for frame in trace.frames)


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "at ",
        "a.b:1 ",
        "a.b/",
        'File "',
        "(",
        "at a.b(A.java:1) ",
        "Error",
        "Error: ",
        "::",
        "@",
        "a@",
        "0",
        "#1 a.b(1): ",
    ],
)
def test_a_long_text_is_read_at_once(part: str) -> None:
    started = time.process_time()
    read(part * (100_000 // len(part)))
    assert time.process_time() - started < 2
