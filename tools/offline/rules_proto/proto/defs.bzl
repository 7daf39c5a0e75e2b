"""What Bazel's own tools load from rules_proto, as this Bazel's built-ins. simsock has no protocol buffers."""

load(":native.bzl", "NativeProtoInfo")

ProtoInfo = NativeProtoInfo
proto_lang_toolchain = native.proto_lang_toolchain
proto_library = native.proto_library
