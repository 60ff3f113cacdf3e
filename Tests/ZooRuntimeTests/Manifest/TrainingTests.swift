import Testing
import ZooFormats
import ZooRuntime
import ZooTypes

/// The section `train`.
struct ManifestTrainingTests {
  /// A manifest with two layers, and `train` on line 4.
  static func trained(_ train: String, settings: String = "{}") -> String {
    """
    { "zoo": 1, "settings": \(settings), "inputs": { "x": { "shape": ["N", 4] } },
      "graph": [{ "layer": "core.dense", "name": "fc", "units": 3, "in": "tanh" }, { "layer": "core.tanh", "in": "x" }],
      "outputs": { "y": "fc" },
      "train": \(train) }
    """
  }

  static let data = #""data": {"file": "d.npz", "inputs": {"x": "x", "label": "label"}}"#
  static let label = #""inputs": {"label": {"shape": ["N"], "dtype": "i64"}}"#
  static let loss = #""graph": [{"layer": "core.cross_entropy", "name": "loss", "in": ["fc", "label"]}]"#
  static let steps = #""steps": [{"minimize": "loss"}]"#
  static let adam = #""optimizer": {"layer": "core.adam", "rate": 0.1}"#

  @Test func everyKeyIsRead() throws {
    let model = try expand(
      Self.trained(
        """
        {"about": "A", "data": {"file": "zoo/${'d'}.npz", "inputs": {
          "x": {"key": "image", "scale": 0.5, "offset": -1}, "label": "digits", "table": {"file": "t.csv"},
          "inline": {"values": [[1, 2], [3, 4], [5, 6]]}}, "train": [0, "${rows}"], "validation": 0.25},
         "inputs": {"label": {"shape": ["N"], "dtype": "i64"}, "table": {"shape": ["N", 2]}, "inline": {"shape": ["N", 2]}},
         "graph": [{"layer": "core.add", "name": "loss", "in": ["fc", "later"]}, {"layer": "core.tanh", "name": "later", "in": "tanh"},
                   {"layer": "core.accuracy"  , "name": "hits", "in": ["fc", "label"]}, {"layer": "core.tanh"}],
         "steps": [{"minimize": "loss", "update": ["encoder.*", "*.bias"]},
                   {"minimize": "hits", "optimizer": {"layer": "core.adam", "rate": 1, "beta2": 0.5}}],
         "optimizer": {"layer": "core.adam", "rate": 0.002}, "metrics": {"accuracy": "hits", "size": "fc"},
         "epochs": "${rows // 10}", "batch": 7, "shuffle": false, "seed": 5}
        """, settings: #"{"rows": 40}"#))
    let training = try #require(model.training)

    // The model's own nodes stay where they are, and the further ones come after them.
    #expect(model.graph.listing == ["tanh: core.tanh(x)", "fc: core.dense(tanh)"])
    #expect(
      training.graphs[0].graph.listing == [
        "tanh: core.tanh(x)", "fc: core.dense(tanh)", "later: core.tanh(tanh)", "loss: core.add(fc, later)",
        "hits: core.accuracy(fc, label)",
        "tanh_2: core.tanh(hits)",
      ])
    #expect(training.graphs[0].graph.inputs.map(\.name) == ["x", "label", "table", "inline"])
    #expect(training.graphs[0].graph.outputs.map(\.source) == model.graph.outputs.map(\.source))
    #expect(training.graphs[0].graph.names["loss"] == .node(3, output: 0) && model.graph.names["loss"] == nil)

    let data = try #require(training.data)
    #expect(data.inputs.map(\.input) == ["x", "label", "table", "inline"])
    #expect(data.training == .range(0, 40) && data.validation == .share(0.25))
    #expect(data.inputs.map(\.scale) == [0.5, 1, 1, 1] && data.inputs.map(\.offset) == [-1, 0, 0, 0])
    let origins = data.inputs.map { feed in
      switch feed.origin {
      case .file(let path, let key): "\(path.text) \(key)"
      case .values(let values, let shape): "\(values) \(shape)"
      case .folder(let part): "\(part)"
      }
    }
    #expect(
      origins == [
        "zoo/d.npz given(\"image\")", "zoo/d.npz given(\"digits\")", "t.csv implied(\"table\")", "[1.0, 2.0, 3.0, 4.0, 5.0, 6.0] [3, 2]",
      ])

    #expect(training.steps.map(\.name) == ["loss", "hits"])
    #expect(training.steps.map(\.minimized) == [.node(3, output: 0), .node(4, output: 0)])
    #expect(training.steps.map(\.updated) == [["encoder.*", "*.bias"], ["*"]])
    #expect(training.steps.map(\.optimizer.rate) == [0.002, 1])
    #expect(training.steps.map(\.optimizer.attributes) == [[.real(0.9), .real(0.999)], [.real(0.9), .real(0.5)]])
    #expect(training.metrics.map(\.name) == ["accuracy", "size"])
    #expect(training.metrics.map(\.source) == [.node(4, output: 0), .node(1, output: 0)])
    #expect(training.epochs == 4 && training.batch == 7 && !training.isShuffled && training.seed == 5 && training.about == "A")
  }

  @Test func littleNeedsToBeSaid() throws {
    let model = try expand(Self.trained("{\(Self.data), \(Self.label), \(Self.loss), \(Self.steps), \(Self.adam)}"))
    let training = try #require(model.training)
    #expect(training.steps[0].updated == ["*"] && training.data?.training == .rest && training.data?.validation == nil)
    #expect(training.epochs == 1 && training.batch == 32 && training.isShuffled && training.seed == 0 && training.metrics.isEmpty)
  }

  @Test func runningNeedsNoneOfIt() throws {
    let model = try expand(Self.trained(#"{"graph": [{"layer": "no.such"}]}"#), includesTraining: false)
    #expect(model.training == nil)
  }

  static func bad(_ train: String, _ message: String, _ help: String) -> ManifestCase { ManifestCase(trained(train), message, help) }

  @Test(arguments: [
    bad("[]", ":4:12: at /train: 'train' must be an object, but it is []", "write an object in braces: {...}"),
    bad(#"{"epoch": 3}"#, ":4:13: at /train/epoch: 'train' has no key 'epoch'", "did you mean 'epochs'?"),
    bad(
      "{\(data), \(label), \(loss), \(adam)}",
      #":4:12: at /train: 'train' needs 'steps': what to minimise, such as [{"minimize": "loss"}]"#,
      "add \"steps\" to 'train'"),
    bad(
      #"{"steps": [], \#(data), \#(label), \#(loss), \#(adam)}"#,
      ":4:22: at /train/steps: 'steps' of 'train' takes one step at least, but there are 0", "give one step at least"),
    bad(
      #"{"steps": [{"minimise": "loss"}], \#(data), \#(label), \#(loss), \#(adam)}"#,
      ":4:24: at /train/steps/0/minimise: step 1 has no key 'minimise'", "did you mean 'minimize'?"),
    bad(
      #"{"steps": [{}], \#(data), \#(label), \#(loss), \#(adam)}"#,
      ":4:23: at /train/steps/0: step 1 needs 'minimize': the value to minimise", "add \"minimize\" to step 1"),
    bad(
      #"{"steps": [{"minimize": "los"}], \#(data), \#(label), \#(loss), \#(adam)}"#,
      ":4:36: at /train/steps/0/minimize: 'minimize' of step 1 takes 'los', but nothing there has that name", "did you mean 'loss'?"),
    bad(
      #"{"steps": [{"minimize": "loss", "update": [1]}], \#(data), \#(label), \#(loss), \#(adam)}"#,
      ":4:54: at /train/steps/0/update: 'update' of step 1 must be text or a list of text, but it is [1]",
      "write text in double quotes, or a list of such"),
    bad(
      "{\(steps), \(data), \(label), \(loss)}",
      #":4:12: at /train: 'train' needs 'optimizer': such as {"layer": "core.adam", "rate": 0.001}"#, "add \"optimizer\" to 'train'"),
    bad(
      #"{"optimizer": {"layer": "core.adm", "rate": 1}, \#(steps), \#(data), \#(label), \#(loss)}"#,
      ":4:36: at /train/optimizer/layer: the optimizer is 'core.adm', which no loaded family has",
      "did you mean 'core.adam'?  'zoo list kinds' shows them all"),
    bad(
      #"{"optimizer": {"layer": "core.add", "rate": 1}, \#(steps), \#(data), \#(label), \#(loss)}"#,
      ":4:36: at /train/optimizer/layer: the optimizer is 'core.add', which is a layer and no optimizer",
      "did you mean 'core.adam'?  'zoo list kinds' shows them all"),
    bad(
      #"{"optimizer": {"layer": "core.adam"}, \#(steps), \#(data), \#(label), \#(loss)}"#,
      ":4:26: at /train/optimizer: optimizer 'core.adam' needs 'rate': the learning rate", "add \"rate\" to optimizer 'core.adam'"),
    bad(
      #"{"optimizer": {"layer": "core.adam", "rate": -1}, \#(steps), \#(data), \#(label), \#(loss)}"#,
      ":4:57: at /train/optimizer/rate: 'rate' of optimizer 'core.adam' must be at least 0, but it is -1",
      "choose a number that is at least 0"),
    bad(
      #"{"optimizer": {"layer": "core.adam", "rate": 1, "beta3": 1}, \#(steps), \#(data), \#(label), \#(loss)}"#,
      ":4:60: at /train/optimizer/beta3: optimizer 'core.adam' has no attribute 'beta3'", "did you mean 'beta1'?"),
    bad(
      #"{"optimizer": {"layer": "core.adam", "rate": 1, "beta1": 1.5}, \#(steps), \#(data), \#(label), \#(loss)}"#,
      ":4:69: at /train/optimizer/beta1: attribute 'beta1' of optimizer 'core.adam' must be from 0 to 1, but it is 1.5",
      "choose a number that is from 0 to 1"),
    bad(
      "{\(label), \(loss), \(steps), \(adam)}", ":4:12: at /train: no data feeds input 'x'",
      "add it under \"data\": {\"inputs\": {\"x\": \"array\"}}"),
    bad(
      #"{"data": {"file": "d", "inputs": {"x": "x"}}, \#(label), \#(loss), \#(steps), \#(adam)}"#,
      ":4:45: at /train/data/inputs: no data feeds input 'label'", "add it under \"data\": {\"inputs\": {\"label\": \"array\"}}"),
    bad(
      #"{"data": {"file": "d", "inputs": {"lable": "x"}}, \#(label), \#(loss), \#(steps), \#(adam)}"#,
      ":4:46: at /train/data/inputs/lable: data is given for 'lable', which is no input", "did you mean 'label'?"),
    bad(
      #"{"data": {"inputs": {"x": "x"}}, \#(label), \#(loss), \#(steps), \#(adam)}"#,
      ":4:21: at /train/data: 'data' needs 'file': the file with the arrays", "add \"file\" to 'data'"),
    bad(
      #"{"data": {"file": "d", "inputs": {"x": {"column": 1}}}, \#(label), \#(loss), \#(steps), \#(adam)}"#,
      ":4:52: at /train/data/inputs/x/column: 'x' of 'data' has no key 'column'",
      "'x' of 'data' has file, key, values, codec, window, stride, shift, rows, scale, offset, normalize, about"),
    bad(
      #"{"data": {"file": "d", "folder": "e", "inputs": {"x": "x", "label": "y"}}, \#(label), \#(loss), \#(steps), \#(adam)}"#,
      ":4:45: at /train/data/folder: 'data' has both a 'file' and a 'folder'", "leave one out; an input can have a 'file' of its own"),
    bad(
      #"{"data": {"folder": "e", "inputs": {"x": "files", "label": "class"}}, \#(label), \#(loss), \#(steps), \#(adam)}"#,
      ":4:53: at /train/data/inputs/x: 'x' of 'data' cannot be 'files'", "did you mean 'file'?"),
    bad(
      #"{"data": {"folder": "e", "classes": "two", "inputs": {"x": "file", "label": "class"}}, \#(label), \#(loss), \#(steps), \#(adam)}"#,
      ":4:48: at /train/data/classes: 'classes' of 'data' must be the names of the classes in a list, or how many there are, but it is \"two\"",
      #"such as ["cats", "dogs"], 2, or a setting with one of these"#),
    bad(
      #"{"data": {"file": "d", "inputs": {"x": {"stride": 2}, "label": "y"}}, \#(label), \#(loss), \#(steps), \#(adam)}"#,
      ":4:51: at /train/data/inputs/x: 'x' of 'data' needs 'window': how long a row is", "add \"window\" to 'x' of 'data'"),
    bad(
      #"{"evaluate": {"predictions": "fc"}, \#(data), \#(label), \#(loss), \#(steps), \#(adam)}"#,
      ":4:25: at /train/evaluate: 'evaluate' needs 'labels': the number of the right class", "add \"labels\" to 'evaluate'"),
    bad(
      #"{"evaluate": {"predictions": "fc", "labels": "labl"}, \#(data), \#(label), \#(loss), \#(steps), \#(adam)}"#,
      ":4:57: at /train/evaluate/labels: 'labels' of 'evaluate' takes 'labl', but nothing there has that name", "did you mean 'label'?"),
    bad(
      #"{"data": {"file": "d", "inputs": {"x": 5}}, \#(label), \#(loss), \#(steps), \#(adam)}"#,
      ":4:51: at /train/data/inputs/x: 'x' of 'data' must be text or an object, but it is 5",
      "write a name in double quotes, or an object in braces"),
    bad(
      #"{"data": {"inputs": {"x": {"values": 5}}}, \#(label), \#(loss), \#(steps), \#(adam)}"#,
      ":4:49: at /train/data/inputs/x/values: 'values' of 'x' of 'data' must be numbers in lists, but it is 5", "such as [[1, 2], [3, 4]]"),
    bad(
      #"{"data": {"file": "d", "inputs": {"x": "x", "label": "l"}, "train": [10, 5]}, \#(label), \#(loss), \#(steps), \#(adam)}"#,
      ":4:80: at /train/data/train: 'train' of 'data' must be two row numbers or a share below 1, but it is [10,5]",
      "such as [0, 4000], where the second is the first row left out, or 0.2 for a fifth of all"),
    bad(
      #"{"data": {"file": "d", "inputs": {"x": "x", "label": "l"}, "validation": 1}, \#(label), \#(loss), \#(steps), \#(adam)}"#,
      ":4:85: at /train/data/validation: 'validation' of 'data' must be two row numbers or a share below 1, but it is 1",
      "such as [0, 4000], where the second is the first row left out, or 0.2 for a fifth of all"),
    bad(
      #"{"epochs": 0, \#(data), \#(label), \#(loss), \#(steps), \#(adam)}"#,
      ":4:23: at /train/epochs: 'epochs' of 'train' must be at least 1, but it is 0", "choose a number that is at least 1"),
    bad(
      #"{"inputs": {"x": {"shape": []}}, \#(data), \#(loss), \#(steps), \#(adam)}"#,
      ":4:29: at /train/inputs/x: the name 'x' is taken by an input", "names are unique within their block: choose another"),
    bad(
      #"{"graph": [{"layer": "core.tanh", "name": "fc"}]}"#,
      ":4:54: at /train/graph/0/name: the name 'fc' is taken, at 2:13", "names are unique within their block: choose another"),
    bad(
      #"{"graph": [{"layer": "core.tanh", "name": "tanh"}]}"#,
      ":4:54: at /train/graph/0/name: the name 'tanh' is taken, at 2:80", "names are unique within their block: choose another"),
  ])
  func errorsSayWhereAndWhat(_ it: ManifestCase) {
    let error = #expect(throws: ManifestError.self) { try expand(it.manifest) }
    #expect(error?.message == it.message)
    #expect(error?.help == it.help)
  }
}

/// Training that runs several graphs.
struct ManifestTrainingGraphTests {
  /// Two graphs over `x`, of which `b` also takes `s`; `train` is on line 5.
  static func trained(_ train: String) -> String {
    """
    { "zoo": 1, "inputs": { "x": { "shape": ["N", 4] } }, "graph": [{ "layer": "core.dense", "name": "fc", "units": 3 }],
      "graphs": {
        "a": { "inputs": { "x": { "shape": ["N", 4] } }, "graph": [{ "layer": "core.accuracy", "name": "loss", "in": ["x", "x"] }] },
        "b": { "inputs": { "x": { "shape": ["N", 4] }, "s": { "shape": ["N", 4] } }, "graph": [{ "layer": "core.add", "name": "sum", "in": ["x", "s"] }] } },
      "train": {\(train), \(ManifestTrainingTests.adam)} }
    """
  }

  static let x = #""data": {"inputs": {"x": {"values": [[1, 2, 3, 4]]}}}"#
  static let b = #""steps": [{"graph": "b", "minimize": "sum"}]"#
  static let own = #""steps": [{"minimize": "fc"}]"#

  @Test func stepsAndMetricsNameGraphs() throws {
    let training = try #require(
      try expand(
        Self.trained(
          """
          "steps": [{"graph": "b", "minimize": "sum", "repeat": 3}, {"graph": "a", "minimize": "loss"}, {"graph": "b", "minimize": "sum"}, {"minimize": "loss"}],
          "graph": [{"layer": "core.accuracy", "name": "loss", "in": ["fc", "fc"]}],
          "metrics": {"m": "fc", "n": {"graph": "main", "value": "fc", "about": "Another."}}, "carry": {"s": "sum"}, "epochs": 2,
          "data": {"inputs": {"x": {"values": [[1, 2, 3, 4]], "rows": false}}}, "iterations": 7
          """)
      ).training)
    #expect(training.graphs.map(\.name) == ["b", "a", "train", "main"])
    #expect(training.graphs[2].graph.listing == ["fc: core.dense(x)", "loss: core.accuracy(fc, fc)"])
    #expect(training.steps.map(\.graph) == [0, 1, 0, 2])
    #expect(training.steps.map(\.repeats) == [3, 1, 1, 1])
    #expect(training.steps.map(\.name) == ["sum_1", "a.loss", "sum_2", "train.loss"])
    #expect(training.metrics.map(\.graph) == [2, 3])
    #expect(training.carried.map(\.input) == ["s"] && training.carried[0].graph == 0 && training.carried[0].source == .node(0, output: 0))
    #expect(training.iterations == 7 && !training.isShuffled)
    #expect(training.data?.inputs.map(\.isWhole) == [true])
  }

  @Test func anEpochOnWholeArraysHasOneIterationUnlessSaidOtherwise() throws {
    let whole = #""data": {"inputs": {"x": {"values": [[1, 2, 3, 4]], "rows": false}}}"#
    #expect(try expand(Self.trained("\(Self.own), \(whole)")).training?.iterations == 1)
    #expect(try expand(Self.trained("\(Self.own), \(Self.x)")).training?.iterations == nil)
  }

  static func bad(_ train: String, _ message: String, _ help: String) -> ManifestCase { ManifestCase(trained(train), message, help) }

  @Test(arguments: [
    bad(
      #""steps": [{"graph": "c", "minimize": "sum"}], \#(x)"#,
      ":5:33: at /train/steps/0/graph: step 1 wants graph 'c', which the manifest does not have", "the graphs are main, a, b"),
    bad(
      #""steps": [{"graph": "b", "minimize": "fc"}], \#(x)"#,
      ":5:50: at /train/steps/0/minimize: 'minimize' of step 1 takes 'fc', but nothing there has that name", "here are s, sum, x"),
    bad(
      #""steps": [{"minimize": "fc", "repeat": 0}], \#(x)"#,
      ":5:52: at /train/steps/0/repeat: 'repeat' of step 1 must be from 1 to 2147483647, but it is 0",
      "choose a number that is from 1 to 2147483647"),
    bad(
      #"\#(own), \#(x), "metrics": {"m": {"graph": "A", "value": "loss"}}"#,
      ":5:126: at /train/metrics/m/graph: 'm' of 'metrics' wants graph 'A', which the manifest does not have", "did you mean 'a'?"),
    bad(
      #"\#(own), \#(x), "metrics": {"m": {"graph": "a"}}"#,
      ":5:116: at /train/metrics/m: 'm' of 'metrics' needs 'value': what is reported", "add \"value\" to 'm' of 'metrics'"),
    bad("\(b), \(x)", ":5:78: at /train/data/inputs: no data feeds input 's'", "add it under \"data\": {\"inputs\": {\"s\": \"array\"}}"),
    bad(
      #"\#(own), \#(x), "carry": {"s": "fc"}"#,
      ":5:109: at /train/carry/s: 'carry' of 'train' names input 's', which is not there", "the inputs are x"),
    bad(
      #"\#(b), \#(x), "carry": {"s": "summ"}"#,
      ":5:129: at /train/carry/s: 's' of 'carry' of 'train' takes 'summ', but nothing there has that name", "did you mean 'sum'?"),
    bad(
      #"\#(b), "data": {"inputs": {"x": {"values": [[1]]}, "s": {"values": [[1]]}}}, "carry": {"s": "sum"}"#,
      ":5:103: at /train/data/inputs/s: data is given for input 's', which is carried", "give it one or the other"),
    bad(
      #"\#(b), \#(x), "carry": {"s": "sum"}, "shuffle": true"#,
      ":5:148: at /train/shuffle: rows are to be shuffled, but values are carried from each to the next", "leave 'shuffle' out"),
    bad(
      #"\#(own), \#(x), "iterations": 3"#,
      ":5:113: at /train/iterations: 'iterations' is given, but the rows of the data say how many steps an epoch has",
      "leave it out, or give the arrays whole, with \"rows\": false"),
    bad(
      #"\#(own), "data": {"inputs": {"x": {"values": [[1, 2, 3, 4]], "rows": false}}, "validation": 0.5}"#,
      ":5:127: at /train/data/validation: 'validation' of 'data' chooses rows, but every array is given whole",
      "mark the rows with an input of their own, such as a mask"),
    bad(
      #""steps": [{"graph": "c", "minimize": "sum"}]"#,
      ":5:33: at /train/steps/0/graph: step 1 wants graph 'c', which the manifest does not have", "the graphs are main, a, b"),
  ])
  func errorsSayWhereAndWhat(_ it: ManifestCase) {
    let error = #expect(throws: ManifestError.self) { try expand(it.manifest) }
    #expect(error?.message == it.message)
    #expect(error?.help == it.help)
  }

  @Test func withoutDataTrainingNeedsItsIterations() throws {
    let manifest = """
      {"zoo": 1, "graph": [{"layer": "core.noise"}],
       "train": {"steps": [{"minimize": "noise"}], \(ManifestTrainingTests.adam)}}
      """
    let error = try #require(throws: ManifestError.self) { _ = try expand(manifest) }
    #expect(error.message == "m.json:2:11: at /train: nothing says how many steps an epoch has")
    #expect(error.help == "add \"iterations\" to 'train'")
  }
}
