import Testing
import ZooFormats
import ZooRuntime

/// What is said about graphs that cannot be wired.
struct ManifestGraphErrorTests {
  static let all = "'zoo list kinds' shows them all"
  static let circle = "break the circle: one of them must take something else"
  static let blockOrNode = "a node shares with a node, a block with a block that has the same nodes"
  static let item = "a layer is {\"layer\": \"family.kind\", ...}, a block {\"repeat\": 3, \"graph\": [...]}"

  @Test(arguments: [
    // Layers.
    ManifestCase(
      graph: #"{"layer": "norm.rsm", "name": "blk0"}"#,
      ":3:11: at /graph/0/layer: node 'blk0' wants layer 'norm.rsm', which no loaded family has", "did you mean 'norm.rms'?  \(all)"),
    ManifestCase(
      graph: #"{"layer": "conv2d"}"#, ":3:11: at /graph/0/layer: node 'conv2d' wants layer 'conv2d', which no loaded family has",
      "did you mean 'cnn.conv2d'?  \(all)"),
    ManifestCase(
      graph: #"{"layer": "quantum.gate"}"#,
      ":3:11: at /graph/0/layer: node 'gate' wants layer 'quantum.gate', which no loaded family has", all),
    ManifestCase(
      graph: #"{"layer": "core.adam"}"#,
      ":3:11: at /graph/0/layer: node 'adam' wants layer 'core.adam', which is an optimizer and no layer",
      "optimizers belong under \"train\", as \"optimizer\": {\"layer\": ...}"),
    ManifestCase(graph: "7", ":3:1: at /graph/0: an item of the graph must be an object, but it is 7", "write an object in braces: {...}"),
    ManifestCase(
      graph: #"{"kind": "core.tanh", "name": "t"}"#,
      ":3:1: at /graph/0: an item of a graph needs one of 'layer', 'use', 'repeat', 'call', 'loop', 'cond' and 'graph', but this has 'kind', 'name'",
      item),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "use": "t"}"#,
      ":3:1: at /graph/0: an item of a graph needs one of 'layer', 'use', 'repeat', 'call', 'loop', 'cond' and 'graph', but this has 'layer', 'use'",
      item),
    ManifestCase(
      graph: "{}",
      ":3:1: at /graph/0: an item of a graph needs one of 'layer', 'use', 'repeat', 'call', 'loop', 'cond' and 'graph', but this has no key",
      item),
    ManifestCase(
      graph: #"{"layer": 3}"#, ":3:11: at /graph/0/layer: 'layer' of an item of the graph must be text, but it is 3",
      "write text in double quotes"),

    // Attributes.
    ManifestCase(
      graph: #"{"layer": "core.dense", "unit": 3}"#,
      ":3:25: at /graph/0/unit: node 'dense' (core.dense) has no attribute 'unit'", "did you mean 'units'?"),
    ManifestCase(
      graph: #"{"layer": "core.dense", "colour": 3}"#,
      ":3:25: at /graph/0/colour: node 'dense' (core.dense) has no attribute 'colour'",
      "node 'dense' (core.dense) has units, bias, layer, name, if, in, share, initialize, frozen, about"),
    ManifestCase(
      graph: #"{"layer": "core.dense", "name": "logits"}"#,
      ":3:1: at /graph/0: node 'logits' (core.dense) needs 'units': the width of the output",
      "add \"units\" to node 'logits' (core.dense)"),
    ManifestCase(
      graph: #"{"layer": "core.dense", "units": "3"}"#,
      #":3:34: at /graph/0/units: attribute 'units' of node 'dense' (core.dense) must be a whole number, but it is "3""#,
      "write a number without a fraction, such as 3"),
    ManifestCase(
      graph: #"{"layer": "core.dense", "units": 0}"#,
      ":3:34: at /graph/0/units: attribute 'units' of node 'dense' (core.dense) must be from 1 to 1000000, but it is 0",
      "choose a number that is from 1 to 1000000"),
    ManifestCase(
      graph: #"{"layer": "core.dense", "units": "${b}"}"#, #""settings": {"a": 1},"#,
      ":3:34: at /graph/0/units: '${b}': there is no 'b' here", "there are a"),

    // Names.
    ManifestCase(
      graph: #"{"layer": "core.tanh", "name": "a.b"}"#, ":3:32: at /graph/0/name: 'a.b' cannot be a name in 'name' of an item of the graph",
      ManifestFormErrorTests.names),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "name": "a"}, {"layer": "core.tanh", "name": "a"}"#,
      ":3:69: at /graph/1/name: the name 'a' is taken, at 3:1", "names are unique within their block: choose another"),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "name": "x"}"#, ":3:32: at /graph/0/name: the name 'x' is taken by an input",
      "names are unique within their block: choose another"),

    // What a node takes.
    ManifestCase(
      graph: #"{"layer": "core.tanh", "name": "hidden"}, {"layer": "core.tanh", "in": "hiden"}"#,
      ":3:72: at /graph/1/in: node 'tanh' (core.tanh) takes 'hiden', but nothing there has that name", "did you mean 'hidden'?"),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "in": "zebra"}"#,
      ":3:30: at /graph/0/in: node 'tanh' (core.tanh) takes 'zebra', but nothing there has that name", "here are tanh, x"),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "in": ""}"#,
      ":3:30: at /graph/0/in: node 'tanh' (core.tanh) takes '', but nothing there has that name", "here are tanh, x"),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "in": 5}"#,
      ":3:30: at /graph/0/in: 'in' of node 'tanh' (core.tanh) must be the name of a value, a list of names or an object of names, but it is 5",
      "such as \"x\", [\"x\", \"y\"] or {\"query\": \"x\"}"),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "in": "x.0"}"#, ":3:30: at /graph/0/in: 'x' has no '0'", "take 'x' itself"),
    ManifestCase(
      graph: #"{"layer": "core.attention", "in": ["x", "x"]}, {"layer": "core.tanh", "in": "attention.weight"}"#,
      ":3:77: at /graph/1/in: 'attention' has no 'weight'", "it has y, weights"),
    ManifestCase(
      graph: #"{"layer": "core.attention", "in": ["x", "x"]}, {"layer": "core.tanh", "in": "attention.2"}"#,
      ":3:77: at /graph/1/in: 'attention' has no '2'", "it has y, weights"),
    ManifestCase(
      graph: #"{"layer": "core.watch"}, {"layer": "core.tanh", "in": "watch"}"#, ":3:55: at /graph/1/in: 'watch' has no '0'",
      "take 'watch' itself"),
    ManifestCase(
      graph: #"{"layer": "core.attention", "in": {"query": "x", "keys": "x"}}"#,
      ":3:50: at /graph/0/in/keys: node 'attention' (core.attention) has no input 'keys'", "did you mean 'key'?"),
    ManifestCase(
      graph: #"{"layer": "core.attention", "in": {"query": "x"}}"#,
      ":3:35: at /graph/0/in: node 'attention' (core.attention) needs its input 'key'", "name it, as in \"in\": {\"key\": \"...\"}"),
    ManifestCase(
      graph: #"{"layer": "core.add"}"#,
      ":3:1: at /graph/0: node 'add' (core.add) needs its input 'b': the second summand", "name it, as in \"in\": {\"b\": \"...\"}"),
    ManifestCase(
      graph: #"{"layer": "core.add", "in": ["x", "x", "x"]}"#,
      ":3:29: at /graph/0/in: node 'add' (core.add) is given 3 inputs, but takes 2", "'zoo info' of the kind shows its inputs"),
    ManifestCase(
      #"{"zoo": 1, "graph": [{"layer": "core.tanh"}]}"#,
      ":1:22: at /graph/0: node 'tanh' (core.tanh) takes the previous node's output, but there is nothing before it",
      "name what it takes with \"in\", or give the graph an input"),

    // Cycles.
    ManifestCase(
      graph: #"{"layer": "core.tanh", "name": "a", "in": "c"}, {"layer": "core.tanh", "name": "b"}, {"layer": "core.tanh", "name": "c"}"#,
      ":3:1: at /graph/0: nodes take from one another: a -> b -> c -> a", circle),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "name": "a", "in": "a"}"#, ":3:1: at /graph/0: nodes take from one another: a -> a", circle),
    ManifestCase(
      graph: #"{"name": "g", "in": "h", "graph": []}, {"name": "h", "graph": []}, {"layer": "core.tanh"}"#,
      ":3:21: at /graph/0/in: 'h' leads back to itself, with no node on the way", circle),
    ManifestCase(
      graph: #"{"name": "g", "graph": [], "outputs": ["g"]}, {"layer": "core.tanh"}"#,
      ":3:39: at /graph/0/outputs: 'g' leads back to itself, with no node on the way", circle),

    // Blocks.
    ManifestCase(
      graph: #"{"repeat": 2, "graph": [], "inputs": ["a", "b"]}"#, ":3:1: at /graph/0: block 'repeat' needs its input 'b'",
      "name it, as in \"in\": {\"b\": \"...\"}"),
    ManifestCase(
      graph: #"{"repeat": -1, "graph": []}"#,
      ":3:12: at /graph/0/repeat: 'repeat' of block 'repeat' must be from 0 to 100000, but it is -1",
      "choose a number that is from 0 to 100000"),
    ManifestCase(
      graph: #"{"repeat": 2, "layers": []}"#, ":3:15: at /graph/0/layers: 'repeat' has no key 'layers'",
      "'repeat' has repeat, name, in, inputs, outputs, settings, graph, share, frozen, about"),
    ManifestCase(
      graph: #"{"repeat": 2, "name": "r"}"#, ":3:1: at /graph/0: block 'r' needs 'graph': the nodes, in a list",
      "add \"graph\" to block 'r'"),
    ManifestCase(
      graph: #"{"repeat": 2, "name": "r", "graph": [{"layer": "core.tanh"}]}, {"layer": "core.tanh", "in": "r.2.tanh"}"#,
      ":3:93: at /graph/1/in: 'r' has no '2.tanh'", "it has 0 to 1"),
    ManifestCase(
      graph: #"{"name": "g", "graph": [{"layer": "core.tanh"}], "outputs": ["tahn"]}"#,
      ":3:61: at /graph/0/outputs: 'outputs' of block 'g' takes 'tahn', but nothing there has that name", "did you mean 'tanh'?"),
    ManifestCase(
      graph: #"{"name": "g", "graph": [{"layer": "core.tanh"}], "outputs": {"y": "tahn"}}"#,
      ":3:67: at /graph/0/outputs/y: 'y' of 'outputs' of block 'g' takes 'tahn', but nothing there has that name",
      "did you mean 'tanh'?"),
    ManifestCase(
      graph: #"{"name": "g", "graph": [{"layer": "core.tanh"}], "outputs": 5}"#,
      ":3:61: at /graph/0/outputs: 'outputs' of block 'g' must be the name of a value, a list of names or an object of names, but it is 5",
      #"such as "x", ["x", "y"] or {"query": "x"}"#),
    ManifestCase(
      graph: #"{"name": "g", "graph": [{"layer": "core.tanh"}], "outputs": {"a.b": "tanh"}}"#,
      ":3:62: at /graph/0/outputs/a.b: 'a.b' cannot be a name in 'outputs' of block 'g'", ManifestFormErrorTests.names),
    ManifestCase(
      graph: #"{"name": "g", "graph": [], "inputs": ["a", "a"], "in": ["x", "x"]}"#,
      ":3:38: at /graph/0/inputs: the name 'a' is taken by an input", "names are unique within their block: choose another"),

    // Defines.
    ManifestCase(
      graph: #"{"use": "resid"}"#, #""define": {"residual": {"graph": []}},"#, ":3:9: at /graph/0/use: nothing is defined as 'resid'",
      "defined are residual"),
    ManifestCase(
      graph: #"{"use": "a"}"#, #""define": {"a": {"graph": [{"use": "b"}]}, "b": {"graph": [{"use": "a"}]}},"#,
      ":1:79: at /define/b/graph/0/use: defines use one another: a -> b -> a",
      "a define cannot contain itself; to stack blocks there is 'repeat'"),
    ManifestCase(
      graph: #"{"use": "a"}"#, #""define": {"a": {}},"#, ":1:28: at /define/a: define 'a' needs 'graph': the nodes, in a list",
      "add \"graph\" to define 'a'"),
    ManifestCase(
      graph: #"{"use": "a"}"#, #""define": {"a": {"grph": []}},"#, ":1:29: at /define/a/grph: define 'a' has no key 'grph'",
      "did you mean 'graph'?"),
    ManifestCase(
      graph: #"{"use": "a", "with": {"widht": 3}}"#, #""define": {"a": {"settings": {"width": 1}, "graph": []}},"#,
      ":3:23: at /graph/0/with/widht: define 'a' has no setting 'widht'", "did you mean 'width'?"),
    ManifestCase(
      graph: #"{"use": "a", "with": {"width": "3"}}"#, #""define": {"a": {"settings": {"width": 1}, "graph": []}},"#,
      #":3:32: at /graph/0/with/width: setting 'width' must be a whole number like its default 1, but it is "3""#,
      "give a whole number, as in 1"),
    ManifestCase(
      graph: #"{"use": "a"}"#, #""define": {"a": {"settings": {"width": null}, "graph": []}},"#,
      ":3:1: at /graph/0: setting 'width' of define 'a' has no default and is not given", "give it under \"with\": {\"width\": ...}"),
    ManifestCase(
      graph: #"{"use": "a", "width": 3}"#, #""define": {"a": {"graph": []}},"#, ":3:14: at /graph/0/width: 'use' has no key 'width'",
      "did you mean 'with'?"),

    // Shared parameters.
    ManifestCase(
      graph: #"{"layer": "core.tanh", "name": "a"}, {"layer": "core.tanh", "share": "aa"}"#,
      ":3:70: at /graph/1/share: node 'tanh' (core.tanh) shares the parameters of 'aa', but nothing has that path", "did you mean 'a'?"),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "name": "a"}, {"layer": "core.flatten", "share": "a"}"#,
      ":3:73: at /graph/1/share: node 'flatten' (core.flatten) shares the parameters of node 'a' (core.tanh), which is of another kind",
      "only nodes of one kind have the same parameters"),
    ManifestCase(
      graph: #"{"name": "g", "graph": []}, {"layer": "core.flatten", "share": "g"}"#,
      ":3:64: at /graph/1/share: node 'flatten' (core.flatten) shares the parameters of 'g', which has no node like it", blockOrNode),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "name": "a"}, {"name": "g", "share": "a", "graph": [{"layer": "core.tanh"}]}"#,
      ":3:61: at /graph/1/share: block 'g' shares the parameters of 'a', which has no node like it", blockOrNode),
    ManifestCase(
      graph: #"{"name": "a", "graph": []}, {"name": "g", "share": "a", "graph": [{"layer": "core.tanh"}]}"#,
      ":3:52: at /graph/1/share: node 'g.tanh' (core.tanh) shares the parameters of 'a.tanh', which has no node like it", blockOrNode),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "name": "a", "share": "b"}, {"layer": "core.tanh", "name": "b", "share": "a"}"#,
      ":3:1: at /graph/0: nodes share with one another: a -> b -> a", "one of them must have parameters of its own"),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "name": "a"}, {"layer": "core.tanh", "share": "a", "initialize": {}}"#,
      ":3:89: at /graph/1/initialize: node 'tanh' (core.tanh) shares its parameters, so it cannot say how they start",
      "say it where the parameters are"),

    // How parameters start.
    ManifestCase(
      graph: #"{"layer": "core.tanh", "initialize": {"weight": "zeroes"}}"#,
      ":3:49: at /graph/0/initialize/weight: 'weight' of 'initialize' of node 'tanh' (core.tanh) cannot be 'zeroes'",
      "did you mean 'zeros'?"),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "initialize": {"weight": 0}}"#,
      #":3:49: at /graph/0/initialize/weight: 'weight' of 'initialize' of node 'tanh' (core.tanh) must be a method such as "zeros" or {"normal": [0, 0.02]}, but it is 0"#,
      "the methods are zeros, ones, constant, uniform, normal, xavier_uniform, xavier_normal, he_uniform, he_normal, orthogonal, values"),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "initialize": {"weight": {"normal": 1}}}"#,
      ":3:60: at /graph/0/initialize/weight/normal: 'normal' of 'weight' of 'initialize' of node 'tanh' (core.tanh) takes two numbers: mean and deviation, but there is 1",
      "give two numbers: mean and deviation"),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "initialize": {"weight": {"values": [[1, 2], [3]]}}}"#,
      ":3:69: at /graph/0/initialize/weight/values/1: 'values' of 'weight' of 'initialize' of node 'tanh' (core.tanh) is a list whose rows differ in length",
      "every row needs as many elements as the first"),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "initialize": {"weight": {"values": [1, "2"]}}}"#,
      #":3:64: at /graph/0/initialize/weight/values/1: 'values' of 'weight' of 'initialize' of node 'tanh' (core.tanh) must be numbers in lists, but it is "2""#,
      "such as [[1, 2], [3, 4]]"),
  ])
  func errorsSayWhereAndWhat(_ it: ManifestCase) {
    let error = #expect(throws: ManifestError.self) { try expand(it.manifest) }
    #expect(error?.message == it.message)
    #expect(error?.help == it.help)
  }
}
