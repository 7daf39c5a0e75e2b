"""The built-in under another name, since a file cannot export a name that it takes from the built-ins."""

NativeProtoInfo = ProtoInfo
