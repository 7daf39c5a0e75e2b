"""simsock_scenario_test: the scenarios of a directory as one test."""

def simsock_scenario_test(name, srcs, size = "small", **kwargs):
    """All files are run by one process, so that hundreds cost no more than one.

    Args:
      name: of the test.
      srcs: files of scenarios, .pkt.
      size: as sh_test has it.
      **kwargs: as sh_test has them (tags, data, ...).
    """
    native.sh_test(
        name = name,
        size = size,
        srcs = [Label("//scenarios/run:scenario_test.sh")],
        args = ["$(rootpath %s)" % Label("//api/cmdline:simsock")] + ["$(rootpath %s)" % f for f in srcs],
        data = srcs + [Label("//api/cmdline:simsock")],
        **kwargs
    )
