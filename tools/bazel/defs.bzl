"""The rules of simsock's own BUILD files, and simsock_test, which is for everybody's.

A module is one simsock_library with explicit srcs, private headers among them, and a visibility that
is named. clang then rejects an include of a header whose library is not in deps (layering_check).
"""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wpointer-arith",
    "-Wundef",
    "-Wvla",
    "-Wwrite-strings",
]

# Bazel's -c opt switches _FORTIFY_SOURCE on, whose headers define the very names that we define.
SIMSOCK_COPTS = ["-std=gnu11", "-U_FORTIFY_SOURCE"] + _WARNINGS

_FEATURES = ["layering_check"]

def simsock_library(name, visibility, srcs = [], hdrs = [], deps = [], copts = [], **kwargs):
    """A module: headers that others include, sources and private headers.

    Args:
      name: the directory's name, so that "//sim/clock" is its label.
      visibility: who may use it, always said: ["//:__subpackages__"], ["//sim:__subpackages__"], ...
      srcs: sources and private headers, listed, no glob.
      hdrs: headers that other modules may include, root-relative.
      deps: the modules whose headers are included here, each of them.
      copts: beyond SIMSOCK_COPTS.
      **kwargs: as cc_library has them (alwayslink, includes, linkopts, testonly, ...).
    """
    cc_library(
        name = name,
        srcs = srcs,
        hdrs = hdrs,
        copts = SIMSOCK_COPTS + copts,
        features = _FEATURES,
        linkstatic = True,
        visibility = visibility,
        deps = deps,
        **kwargs
    )

def simsock_binary(name, visibility, srcs, deps = [], copts = [], **kwargs):
    """A program of ours."""
    cc_binary(
        name = name,
        srcs = srcs,
        copts = SIMSOCK_COPTS + copts,
        features = _FEATURES,
        linkstatic = True,
        visibility = visibility,
        deps = deps,
        **kwargs
    )

def simsock_cmocka_test(name, srcs, deps = [], copts = [], linkopts = [], size = "small", **kwargs):
    """A cmocka test of a module, which calls its functions and needs no drop-in face."""
    cc_test(
        name = name,
        size = size,
        srcs = srcs,
        copts = SIMSOCK_COPTS + copts,
        features = _FEATURES,
        linkopts = linkopts + ["-lcmocka"],
        linkstatic = True,
        deps = deps,
        **kwargs
    )

def simsock_test(name, srcs, deps = [], linkopts = [], size = "small", **kwargs):
    """A simulated cmocka test in one line, for the user's own repository and for ours.

        load("@simsock//tools/bazel:defs.bzl", "simsock_test")
        simsock_test(name = "client_test", srcs = ["client_test.c"], deps = [":client"])

    The test includes "simsock.h" and "simsock_cmocka.h"; the drop-in face is linked whole, so that
    socket(), send() and the rest are simsock's also for shared libraries in deps.

    Args:
      name: of the test.
      srcs: of the test.
      deps: the code under test.
      linkopts: beyond what simsock needs.
      size: as cc_test has it.
      **kwargs: as cc_test has them (copts, data, tags, ...).
    """
    cc_test(
        name = name,
        size = size,
        srcs = srcs,
        linkopts = linkopts + ["-lcmocka"],
        linkstatic = True,
        deps = deps + [Label("//:simsock_cmocka")],
        **kwargs
    )

def _exec_test(name, srcs, deps, copts, local_defines, tags, data):
    """The kernel's twin once more, without any name of ours in it, under `simsock exec`."""
    cc_binary(
        name = name + "_plain",
        testonly = True,
        srcs = srcs,
        copts = SIMSOCK_COPTS + copts,
        linkopts = ["-lcmocka"],
        linkstatic = True,
        local_defines = local_defines,
        tags = ["manual"],
        visibility = ["//visibility:private"],
        deps = deps + [Label("//:simsock_cmocka_plain")],
    )
    native.sh_test(
        name = name + "_exec",
        size = "small",
        srcs = [Label("//tests/exec:behaviour.sh")],
        args = [
            "$(rootpath %s)" % Label("//api/cmdline:simsock"),
            "$(rootpath :%s_plain)" % name,
        ],
        data = data + [
            ":" + name + "_plain",
            Label("//api/cmdline:simsock"),
            Label("//api/exec:libsimsock-exec.so"),
        ],
        # ThreadSanitizer's runtime cannot be preloaded into another program; libfaketime is loaded by exec itself.
        tags = tags + [
            "exec",
            "exectwin",
            "nofaketime",
            "notsan",
            "onlygcc",
        ],
    )

def simsock_dual_test(name, srcs, deps = [], copts = [], local_defines = [], tags = [], **kwargs):
    """One source, three tests: NAME_sim on the virtual network, NAME_kernel on the running kernel, NAME_exec.

    The second is the same code under SIMSOCK=kernel, the third that under `simsock exec`.

    Args:
      name: what both names begin with.
      srcs: of both, compiled once.
      deps: what the source includes, beside simsock_cmocka.
      copts: beyond SIMSOCK_COPTS.
      local_defines: as cc_library has them.
      tags: of both tests, which have "sim" and "kernel" besides.
      **kwargs: as cc_test has them (data, size, timeout, ...).
    """
    cc_library(
        name = name + "_body",
        testonly = True,
        srcs = srcs,
        copts = SIMSOCK_COPTS + copts,
        features = _FEATURES,
        linkstatic = True,
        local_defines = local_defines,
        tags = ["manual"],
        visibility = ["//visibility:private"],
        deps = deps + [Label("//:simsock_cmocka")],
        alwayslink = True,
    )
    _exec_test(name, srcs, deps, copts, local_defines, tags, kwargs.get("data", []))
    for where in ["sim", "kernel"]:
        simsock_test(
            name = name + "_" + where,
            srcs = [],
            env = {"SIMSOCK": "kernel"} if where == "kernel" else {},
            tags = tags + [where],
            deps = [":" + name + "_body"],
            **kwargs
        )
