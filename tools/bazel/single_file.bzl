"""The single-file form as a target: simsock.c, simsock.h and simsock_cmocka.h from the libraries' sources."""

_SourcesInfo = provider(
    doc = "What a library and all its dependencies are made of.",
    fields = {"files": "depset of sources and headers, dependencies first"},
)

def _sources_aspect_impl(_, ctx):
    own = []
    for kind in ["hdrs", "textual_hdrs", "srcs"]:
        own += getattr(ctx.rule.files, kind, [])
    below = [dep[_SourcesInfo].files for dep in getattr(ctx.rule.attr, "deps", []) if _SourcesInfo in dep]
    return [_SourcesInfo(files = depset(own, transitive = below, order = "postorder"))]

_sources_aspect = aspect(
    implementation = _sources_aspect_impl,
    attr_aspects = ["deps"],
)

def _single_file_impl(ctx):
    sources = depset(transitive = [lib[_SourcesInfo].files for lib in ctx.attr.libraries], order = "postorder")
    outputs = [ctx.actions.declare_file("%s/%s" % (ctx.label.name, name)) for name in ctx.attr.outs]
    root = ctx.label.workspace_root
    arguments = ctx.actions.args()
    arguments.add(ctx.file.tool)
    arguments.add("--root", root or ".")
    arguments.add("--out", outputs[0].dirname)
    for source in sources.to_list():
        arguments.add(source.path[len(root) + 1:] if root else source.path)
    ctx.actions.run_shell(
        command = "exec python3 -B \"$@\"",
        arguments = [arguments],
        inputs = depset(ctx.files.tool_files + [ctx.file.tool], transitive = [sources]),
        outputs = outputs,
        mnemonic = "SingleFile",
        progress_message = "Making the single-file form",
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset(outputs), runfiles = ctx.runfiles(files = outputs))]

single_file = rule(
    implementation = _single_file_impl,
    doc = "Puts the sources of libraries, and of all that they depend on, into one file.",
    attrs = {
        "libraries": attr.label_list(
            aspects = [_sources_aspect],
            doc = "What the single file holds.",
        ),
        "outs": attr.string_list(doc = "What the tool writes."),
        "tool": attr.label(
            allow_single_file = True,
            default = Label("//tools/single_file:single_file.py"),
        ),
        "tool_files": attr.label_list(
            allow_files = True,
            default = [Label("//tools/single_file:csource.py")],
        ),
    },
)
