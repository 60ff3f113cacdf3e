import Testing
import ZooFormats
import ZooRuntime

/// What is said about manifests whose keys and values have the wrong form.
struct ManifestFormErrorTests {
  static let tanh = #""graph": [{"layer": "core.tanh"}]"#
  static let names = "names have letters, digits, '_' and '-', at most 100, and no dots"

  @Test(arguments: [
    // The file.
    ManifestCase(
      "{\"zoo\": 1,\n \"name\" \"x\"}", ":2:9: expected ':' after a name, found text", "members look like \"name\": value"),
    ManifestCase("[]", ":1:1: the manifest must be an object, but it is []", "write an object in braces: {...}"),
    ManifestCase("{}", ":1:1: the manifest needs 'zoo': the version of the format, 1", "add \"zoo\" to the manifest"),
    ManifestCase(
      #"{"zoo": 2}"#, ":1:9: at /zoo: the format's version is 2, but this zoo reads version 1",
      "a newer zoo may read it; manifests for this one begin with \"zoo\": 1"),
    ManifestCase(
      #"{"zoo": "1"}"#, ":1:9: at /zoo: the format's version is \"1\", but this zoo reads version 1",
      "a newer zoo may read it; manifests for this one begin with \"zoo\": 1"),

    // Keys.
    ManifestCase(#"{"zoo": 1, "grpah": []}"#, ":1:12: at /grpah: the manifest has no key 'grpah'", "did you mean 'graph'?"),
    ManifestCase(
      #"{"zoo": 1, "wings": 2}"#, ":1:12: at /wings: the manifest has no key 'wings'",
      "the manifest has $schema, zoo, name, title, about, reference, licence, tags, settings, variants, inputs, graph, and 8 more"),
    ManifestCase(#"{"zoo": 1}"#, ":1:1: the manifest needs 'graph': the nodes, in a list", "add \"graph\" to the manifest"),
    ManifestCase(
      #"{"zoo": 1, "graph": {}}"#, ":1:21: at /graph: 'graph' of the manifest must be a list, but it is {}",
      "write a list in brackets: [...]"),
    ManifestCase(
      #"{"zoo": 1, "title": 5}"#, ":1:21: at /title: 'title' of the manifest must be text, but it is 5", "write text in double quotes"),
    ManifestCase(#"{"zoo": 1, "name": "a b"}"#, ":1:20: at /name: 'a b' cannot be a name in 'name' of the manifest", names),
    ManifestCase(
      #"{"zoo": 1, "tags": ["a", 1]}"#, #":1:20: at /tags: 'tags' of the manifest must be text or a list of text, but it is ["a",1]"#,
      "write text in double quotes, or a list of such"),

    // Inputs.
    ManifestCase(
      #"{"zoo": 1, "inputs": [], \#(tanh)}"#, ":1:22: at /inputs: 'inputs' of the manifest must be an object, but it is []",
      "write an object in braces: {...}"),
    ManifestCase(
      #"{"zoo": 1, "inputs": {"a.b": {"shape": [1]}}, \#(tanh)}"#,
      ":1:23: at /inputs/a.b: 'a.b' cannot be a name in 'inputs' of the manifest",
      names),
    ManifestCase(
      #"{"zoo": 1, "inputs": {"x": {}}, \#(tanh)}"#, #":1:28: at /inputs/x: input 'x' needs 'shape': such as ["N", 28, 28, 1]"#,
      "add \"shape\" to input 'x'"),
    ManifestCase(
      #"{"zoo": 1, "inputs": {"x": {"shpe": [1]}}, \#(tanh)}"#, ":1:29: at /inputs/x/shpe: input 'x' has no key 'shpe'",
      "did you mean 'shape'?"),
    ManifestCase(
      #"{"zoo": 1, "inputs": {"x": {"shape": ["N", 2.5]}}, \#(tanh)}"#,
      #":1:44: at /inputs/x/shape/1: 'shape' of input 'x' must be a length, or a name such as "N", but it is 2.5"#,
      "write a whole number, or a name that is the same wherever the length is"),
    ManifestCase(
      #"{"zoo": 1, "inputs": {"x": {"shape": ["N", 0]}}, \#(tanh)}"#,
      ":1:44: at /inputs/x/shape/1: 'shape' of input 'x' must be from 1 to 1099511627776, but it is 0",
      "choose a number that is from 1 to 1099511627776"),
    ManifestCase(
      #"{"zoo": 1, "inputs": {"x": {"shape": [1048576, 1048576, 2]}}, \#(tanh)}"#,
      ":1:38: at /inputs/x/shape: input 'x' has more than 1099511627776 elements", "check the lengths in its shape"),
    ManifestCase(
      #"{"zoo": 1, "inputs": {"x": {"shape": [1099511627776, 1099511627776]}}, \#(tanh)}"#,
      ":1:38: at /inputs/x/shape: input 'x' has more than 1099511627776 elements", "check the lengths in its shape"),
    ManifestCase(
      #"{"zoo": 1, "inputs": {"x": {"shape": [1,2,3,4,5,6,7,8,9]}}, \#(tanh)}"#,
      ":1:38: at /inputs/x/shape: 'shape' of input 'x' takes 8 axes at most, but there are 9", "give 8 axes at most"),
    ManifestCase(
      #"{"zoo": 1, "inputs": {"x": {"shape": ["N"], "dtype": "f31"}}, \#(tanh)}"#,
      ":1:54: at /inputs/x/dtype: 'dtype' of input 'x' cannot be 'f31'", "did you mean 'f32'?"),
    ManifestCase(
      #"{"zoo": 1, "inputs": {"x": {"shape": ["N"], "codec": "imgae"}}, \#(tanh)}"#,
      ":1:54: at /inputs/x/codec: input 'x' wants codec 'imgae', which no loaded family has", "did you mean 'image'?"),
    ManifestCase(
      #"{"zoo": 1, "inputs": {"x": {"shape": ["N"], "codec": "labels"}}, \#(tanh)}"#,
      ":1:54: at /inputs/x/codec: input 'x' wants codec 'labels', which cannot read",
      "another codec can; without one, values are read and written as npy files"),
    ManifestCase(
      #"{"zoo": 1, "inputs": {"x": {"shape": ["N"], "codec": {"channels": 1}}}, \#(tanh)}"#,
      ":1:54: at /inputs/x/codec: 'codec' of input 'x' needs 'kind': the codec's name", "add \"kind\" to 'codec' of input 'x'"),
    ManifestCase(
      #"{"zoo": 1, "inputs": {"x": {"shape": ["N"], "codec": {"kind": "image", "chanels": 1}}}, \#(tanh)}"#,
      ":1:72: at /inputs/x/codec/chanels: codec 'image' of input 'x' has no attribute 'chanels'", "did you mean 'channels'?"),
    ManifestCase(
      #"{"zoo": 1, "inputs": {"x": {"shape": ["N"], "codec": {"kind": "image", "channels": 5}}}, \#(tanh)}"#,
      ":1:84: at /inputs/x/codec/channels: attribute 'channels' of codec 'image' of input 'x' must be from 1 to 4, but it is 5",
      "choose a number that is from 1 to 4"),

    // Outputs.
    ManifestCase(
      graph: #"{"layer": "core.tanh"}"#, #""outputs": {"y": {"form": "tanh"}},"#, ":1:30: at /outputs/y/form: output 'y' has no key 'form'",
      "did you mean 'from'?"),
    ManifestCase(
      graph: #"{"layer": "core.tanh"}"#, #""outputs": {"y": {}},"#, ":1:29: at /outputs/y: output 'y' needs 'from': the node that it is",
      "add \"from\" to output 'y'"),
    ManifestCase(
      graph: #"{"layer": "core.tanh"}"#, #""outputs": {"y": 5},"#,
      ":1:29: at /outputs/y: output 'y' must be text or an object, but it is 5",
      "write a name in double quotes, or an object in braces"),
    ManifestCase(
      graph: #"{"layer": "core.tanh"}"#, #""outputs": {"y": "tahn"},"#,
      ":1:29: at /outputs/y: output 'y' takes 'tahn', but nothing there has that name", "did you mean 'tanh'?"),
    ManifestCase(
      graph: #"{"layer": "core.tanh"}"#, #""outputs": {"y": {"from": "tanh", "codec": "edges"}},"#,
      ":1:55: at /outputs/y/codec: output 'y' wants codec 'edges', which cannot write",
      "another codec can; without one, values are read and written as npy files"),
    ManifestCase(
      graph: #"{"layer": "core.tanh"}"#, #""outputs": {},"#, ":1:23: at /outputs: nothing comes out of the graph",
      "name what comes out, as in \"outputs\": {\"y\": \"last\"}"),
    ManifestCase(
      #"{"zoo": 1, "graph": []}"#, ":1:1: nothing comes out of the graph", "name what comes out, as in \"outputs\": {\"y\": \"last\"}"),

    // Settings.
    ManifestCase(
      graph: "", #""settings": [],"#, ":1:24: at /settings: 'settings' of the manifest must be an object, but it is []",
      "write an object in braces: {...}"),
    ManifestCase(
      graph: "", #""settings": {"a-b": 1},"#, ":1:25: at /settings/a-b: 'a-b' cannot be a name in setting 'a-b'",
      "a setting has letters, digits and '_', at most 100, and begins with no digit"),
    ManifestCase(
      graph: "", #""settings": {"index": 1},"#,
      ":1:25: at /settings/index: a setting cannot be called 'index', which means something else in expressions", "choose another name"),
    ManifestCase(
      graph: "", #""settings": {"a": {}},"#,
      ":1:30: at /settings/a: setting 'a' must be a number, text, true, false or a list of them, but it is {}",
      "write a value, not an object"),
    ManifestCase(
      graph: "", #""settings": {"a": "${b}", "b": "${c + 1}", "c": "${a}"},"#,
      ":1:30: at /settings/a: settings are made of one another: a -> b -> c -> a", "give one of them a value of its own"),
    ManifestCase(
      manifest(#"{"layer": "core.tanh"}"#, #""settings": {"classes": 10},"#), settings: ["clases": "5"],
      ": the manifest has no setting 'clases'", "did you mean 'classes'?"),
    ManifestCase(
      manifest(#"{"layer": "core.tanh"}"#), settings: ["classes": "5"], ": the manifest has no setting 'classes'",
      "the manifest has none"),
    ManifestCase(
      manifest(#"{"layer": "core.tanh"}"#, #""settings": {"classes": 10},"#), settings: ["classes": "5.5"],
      ": setting 'classes' must be a whole number like its default 10, but it is \"5.5\"", "give a whole number, as in 10"),
    ManifestCase(
      manifest(#"{"layer": "core.tanh"}"#, #""settings": {"sizes": [1, 2]},"#), settings: ["sizes": "1,x"],
      ": setting 'sizes' must be a list like its default [1,2], but it is \"1,x\"", "give a list, as in [1,2]"),
    ManifestCase(
      manifest(#"{"layer": "core.tanh"}"#, #""settings": {"fast": true},"#), settings: ["fast": "yes"],
      ": setting 'fast' must be true or false like its default true, but it is \"yes\"", "give true or false, as in true"),
  ])
  func errorsSayWhereAndWhat(_ it: ManifestCase) {
    let error = #expect(throws: ManifestError.self) {
      try expand(it.manifest, settings: it.settings.mapValues { JSON(.string($0)) })
    }
    #expect(error?.message == it.message)
    #expect(error?.help == it.help)
  }

  @Test func hugeFilesAreRefusedUnread() {
    let error = #expect(throws: ManifestError.self) {
      try Manifest(contentsOf: Array(repeating: UInt8(ascii: " "), count: 16 << 20 + 1), file: "m.json", folder: ".")
    }
    #expect(error?.message == "m.json: the file has 16777217 bytes; a manifest may have 16777216")
    #expect(error?.help == "a manifest holds no weights: those belong into a safetensors file")
  }
}
