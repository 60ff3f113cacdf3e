import Glibc
import Testing
import ZooFormats
import ZooTestSupport

/// Models that call functions of other libraries: who may allow that, and that they train.
@Suite struct ForeignTests {
  /// `y = f(w x)` with one weight, and its training towards `target`; values are JSON's.
  private func manifest(_ layer: String, weight: String, target: String, more: String = "") -> String {
    """
    {"zoo": 1, "name": "m", "inputs": {"x": {"shape": ["N", 1]}}, \(more)
     "graph": [{"layer": "core.dense", "name": "d", "units": 1, "bias": false, "initialize": {"weight": {"values": [[\(weight)]]}}},
               {"name": "f", \(layer)}],
     "outputs": {"y": "f"},
     "train": {"inputs": {"target": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["f", "target"]}],
               "data": {"inputs": {"x": {"values": [[1]]}, "target": {"values": [[\(target)]]}}},
               "steps": [{"minimize": "loss"}], "optimizer": {"layer": "core.sgd", "rate": 0.1}, "batch": 1, "epochs": 3}}
    """
  }

  private let sine = #""layer": "foreign.map", "library": "libm.so.6", "symbol": "sinf", "derivative": "cosf""#

  private func zoo(_ layer: String, weight: String = "0.5", target: String = "1", more: String = "") throws -> ZooFixture {
    let zoo = try ZooFixture()
    try zoo.manifest("m", manifest(layer, weight: weight, target: target, more: more))
    _ = try zoo.folder.file("x.csv", "1\n")
    return zoo
  }

  /// A configuration folder with a list of libraries.
  private func configuration(_ list: String, in zoo: ZooFixture, mode: mode_t = 0o600) throws -> [String: String] {
    mkdir(zoo.path + "/config", 0o700)
    mkdir(zoo.path + "/config/zoo", 0o700)
    chmod(try zoo.folder.file("config/zoo/foreign", list), mode)
    return ["XDG_CONFIG_HOME": zoo.path + "/config"]
  }

  private static let refusal =
    "layer 'f' (foreign.map): it calls the library 'libm.so.6', which you have not allowed; to allow it, give --allow-foreign libm.so.6, "
    + "or add that name as a line to "

  @Test(
    "nothing is called unless the user says so",
    arguments: [
      ["run", "m", "--input", "x.csv", "--seed", "1"], ["train", "m"], ["bench", "m"], ["bench", "m", "--train"], ["info", "m"],
    ])
  func refused(_ arguments: [String]) throws {
    let zoo = try zoo(sine)
    let result = try zooIn(zoo, arguments)
    #expect(result.output == "")
    #expect(result.errors.contains(Self.refusal + neutral["XDG_CONFIG_HOME", default: ""] + "/zoo/foreign; its inputs: "))
    #expect(
      result.errors.hasSuffix("\n  help: what a library does it does with your rights: allow only one that you would run yourself\n"))
    #expect(result.status == 1)

    let allowed = try zooIn(zoo, arguments + ["--allow-foreign", "libm.so.6"])
    #expect(allowed.errors == "")
    #expect(allowed.status == 0)
    let another = try zooIn(zoo, arguments + ["--allow-foreign", "libc.so.6"])
    #expect(another.errors.contains(Self.refusal))
    #expect(another.status == 1)
  }

  private func zooIn(_ fixture: ZooFixture, _ arguments: [String], environment: [String: String] = [:]) throws -> Command.Result {
    try ZooCommandTests.zoo(arguments, folder: fixture.path, environment: environment)
  }

  private static let run = ["run", "m", "--input", "x.csv", "--seed", "1"]

  // sin(0.5)
  @Test func theUsersOwnListAllowsToo() throws {
    let zoo = try zoo(sine)
    let list = try configuration("# mathematics\n\n  libm.so.6  # all of it\n", in: zoo)
    let result = try zooIn(zoo, Self.run, environment: list)
    #expect(result.errors == "")
    #expect(result.output == "f32 [1, 1]\n[[0.4794]]\n")
    #expect(try zooIn(zoo, Self.run, environment: configuration("libc.so.6\n# libm.so.6\n", in: zoo)).status == 1)
  }

  @Test func aListThatIsNotTheUsersWordIsRefused() throws {
    let zoo = try zoo(sine)
    let list = zoo.path + "/config/zoo/foreign"
    let open = try zooIn(zoo, Self.run, environment: configuration("libm.so.6\n", in: zoo, mode: 0o666))
    #expect(
      open.errors == """
        zoo: \(list): others than you may write to it, so what it allows may not be your word
          help: make it yours alone, after a look at what it says: chmod go-w '\(list)'

        """)
    #expect(open.status == 1)
    let relative = try zooIn(zoo, Self.run, environment: configuration("libm.so.6\nlib/libx.so\n", in: zoo))
    #expect(
      relative.errors == """
        zoo: \(list):2: 'lib/libx.so' is a relative path
          help: give the library's name alone, or a path that begins with /

        """)
  }

  /// Settings, attributes and folders are all that a manifest has, and none of them is asked.
  @Test(
    "a manifest cannot allow a library",
    arguments: [
      (#""allow-foreign": "libm.so.6", "#, ""), (#""allow_foreign": ["libm.so.6"], "#, ""),
      (#""settings": {"allow-foreign": "libm.so.6"}, "#, ""), ("", #", "allow_foreign": true"#), ("", #", "allowed": true"#),
    ])
  func aManifestCannotAllow(_ more: String, _ attribute: String) throws {
    let zoo = try zoo(sine + attribute, more: more)
    let result = try zooIn(zoo, Self.run)
    #expect(result.output == "")
    #expect(result.status == 1)
  }

  @Test func aFileInTheModelsFolderAllowsNothing() throws {
    let zoo = try zoo(sine)
    for folder in ["", "/zoo", "/zoo/manifests"] {
      for place in ["/foreign", "/.config/zoo/foreign", "/zoo/foreign"] {
        let path = zoo.path + folder + place
        mkdir(zoo.path + folder + "/.config", 0o700)
        mkdir(zoo.path + folder + "/.config/zoo", 0o700)
        mkdir(zoo.path + folder + "/zoo", 0o700)
        try AtomicFile.write(Array("libm.so.6\n".utf8), to: path)
      }
    }
    let result = try zooIn(zoo, Self.run)
    #expect(result.errors.contains(Self.refusal))
  }

  @Test(
    "a library is what the user says it is, by whatever path a manifest names it",
    arguments: ["libfunctions.so", "LIBRARY", "./there/../libfunctions.so", "link.so"])
  func paths(_ name: String) throws {
    let library = try ForeignLibrary.functions()
    let name = name == "LIBRARY" ? library : name
    let zoo = try zoo(
      #""layer": "foreign.map", "library": "\#(name == "link.so" ? "./link.so" : name)", "symbol": "softsign""#, weight: "1")
    mkdir(zoo.path + "/there", 0o700)
    symlink(library, zoo.path + "/link.so")
    symlink(library, zoo.path + "/libfunctions.so")
    let result = try zooIn(zoo, Self.run + ["--allow-foreign", "./libfunctions.so"])
    #expect(result.errors == "")
    #expect(result.output == "f32 [1, 1]\n[[0.5]]\n")
    #expect(try zooIn(zoo, Self.run + ["--allow-foreign", "libm.so.6"]).status == 1)
    #expect(try zooIn(zoo, Self.run, environment: configuration(library + "\n", in: zoo)).status == 0)
  }

  @Test(
    "a name that could be more than a name is not repeated to the user",
    arguments: [#"a'; rm -rf ~; '"#, #"\u001b[31mlibm.so.6"#, #"libm.so.6\n"#, ""])
  func names(_ name: String) throws {
    let zoo = try zoo(#""layer": "foreign.map", "library": "\#(name)", "symbol": "sinf""#)
    let result = try zooIn(zoo, Self.run)
    #expect(result.errors.contains("layer 'f' (foreign.map): the name of a library has "))
    #expect(!result.errors.contains("\u{1B}"))
    #expect(result.status == 1)
  }

  @Test func aNameWithSpacesIsQuoted() throws {
    let zoo = try zoo(#""layer": "foreign.map", "library": "my lib.so", "symbol": "sinf""#)
    #expect(try zooIn(zoo, Self.run).errors.contains("to allow it, give --allow-foreign 'my lib.so', or add"))
  }

  // By hand, as y = sin(w), loss (y - 1)^2, w -= 0.1 2 (y - 1) cos(w) from 0.5: losses 0.270998, 0.195808, 0.146740.
  @Test func aFunctionOfLibmIsTrainedThrough() throws {
    let zoo = try zoo(sine)
    let result = try zooIn(zoo, ["train", "m", "--json", "--allow-foreign", "libm.so.6"])
    #expect(result.errors == "")
    try expectLosses(result, [0.270998, 0.195808, 0.146740])
  }

  // By hand, as y = w^2 / 2, loss (y - 2)^2, w -= 0.1 2 (y - 2) w from 1: losses 2.25, 1.334025, 0.517709.
  @Test func aFunctionOfAUsersOwnLibraryIsTrainedThrough() throws {
    let zoo = try zoo(
      """
      "layer": "foreign.call", "library": "libfunctions.so", "symbol": "square", "signature": "void(f32*, const f32*, i64, f32)",
      "arguments": "y, x, x.count, ${scale / 2}", "derivative": "square_back",
      "derivative_signature": "void(f32*, const f32*, const f32*, i64, f32)",
      "derivative_arguments": "x.gradient, y.gradient, x, x.count, ${scale / 2}"
      """, weight: "1", target: "2", more: #""settings": {"scale": 1},"#)
    let library = try ForeignLibrary.functions()
    let result = try zooIn(zoo, ["train", "m", "--json", "--allow-foreign", library])
    #expect(result.errors == "")
    try expectLosses(result, [2.25, 1.334025, 0.517709])
  }

  @Test func aCrashInAFunctionIsItsLayers() throws {
    let zoo = try zoo(#""layer": "foreign.map", "library": "libfunctions.so", "symbol": "crash""#)
    let result = try zooIn(
      zoo, Self.run + ["--allow-foreign", try ForeignLibrary.functions()], environment: ["SWIFT_BACKTRACE": "enable=no"])
    #expect(result.errors.hasPrefix("zoo: layer 'f' (foreign.map) crashed with SIGABRT in forward\n  help: "))
    #expect(result.status == 128 + SIGABRT)
  }

  private func expectLosses(_ result: Command.Result, _ expected: [Double]) throws {
    var losses: [Double] = []
    for line in result.output.split(separator: "\n") {
      let event = try JSONDocument(Array(line.utf8), file: "output").root
      if event["event"] == "epoch", let loss = event["training"]?["loss"]?.number { losses.append(loss) }
    }
    #expect(losses.count == expected.count)
    for (loss, wanted) in zip(losses, expected) { #expect(abs(loss - wanted) < 1e-5 * wanted, "\(loss), by hand \(wanted)") }
  }
}
