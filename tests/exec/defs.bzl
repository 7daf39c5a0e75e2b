"""Suites of plain C, which know nothing of simsock, under `simsock exec` and on the kernel."""

load("//tools/bazel:defs.bzl", "simsock_binary", "simsock_cmocka_test")

def ways_test(name, kernel = True, linkopts = [], **kwargs):
    """NAME.c as two tests: NAME_exec under `simsock exec`, NAME_kernel on the running kernel.

    Args:
      name: of the source, and what the tests' names begin with.
      kernel: whether the kernel is asked too.
      linkopts: beyond cmocka.
      **kwargs: as sh_test has them (size, timeout, ...).
    """
    srcs = [name + ".c", "//tests/behaviour:behaviour.h"]
    simsock_binary(
        name = name + "_plain",
        testonly = True,
        srcs = srcs,
        linkopts = linkopts + ["-lcmocka"],
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    native.sh_test(
        name = name + "_exec",
        size = "small",
        srcs = ["behaviour.sh"],
        args = ["$(rootpath //api/cmdline:simsock)", "$(rootpath :%s_plain)" % name],
        data = [
            ":" + name + "_plain",
            "//api/cmdline:simsock",
            "//api/exec:libsimsock-exec.so",
        ],
        tags = [
            "exec",
            "nofaketime",
            "notsan",
        ],
        **kwargs
    )
    if kernel:
        simsock_cmocka_test(
            name = name + "_kernel",
            srcs = srcs,
            linkopts = linkopts,
            tags = ["kernel"],
        )
