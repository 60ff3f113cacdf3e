import Glibc
import Testing
import ZooFormats
import ZooTestSupport

/// What `zoo list` says of what is there, and of what is broken.
@Suite struct ListTests {
  @Test func familiesAndModelsAreListedInTables() throws {
    let zoo = try ZooFixture(families: false)
    try zoo.compile("good")
    try zoo.manifest("first", #"{"zoo": 1, "title": "The first", "about": "Does nothing.", "graph": []}"#)
    try zoo.manifest("second", #"{"zoo": 1, "name": "other", "graph": []}"#)
    let result = try zoo.run("list")
    #expect(
      result.output == """
        FAMILY  VERSION  KINDS  SUMMARY
        good    1.2.3        1  One small layer.

        MODEL  TITLE      WHAT
        first  The first  Does nothing.
        other  other

        """)
    #expect(result.errors == "")
    #expect(result.status == 0)
  }

  @Test func kindsAreListedWithTheirSummaries() throws {
    let zoo = try ZooFixture(families: false)
    try zoo.compile("good")
    let result = try zoo.run("list", "kinds")
    #expect(result.output == "KIND        SUMMARY\ngood.scale  Multiplies by a number.\n")
    #expect(result.status == 0)
  }

  /// One file for each way in which a family can be broken; the words and what to do about it.
  static let broken: [(make: @Sendable (ZooFixture) throws -> Void, words: String, help: String)] = [
    (
      { _ = try $0.folder.file("zoo/plugins/broken.so", "not a library") }, "is not a shared library",
      "only families belong in this folder: remove it, or link it with -shared"
    ),
    (
      { _ = try $0.folder.file("zoo/plugins/broken.so", "") }, "is not a shared library",
      "only families belong in this folder: remove it, or link it with -shared"
    ),
    (
      { try $0.compile("good", as: "broken", ["-c"]) }, "is an ELF file, but not a shared library",
      "only families belong in this folder: remove it, or link it with -shared"
    ),
    (
      { try $0.compile("no_entry", as: "broken") }, "is a shared library, but no family: it does not export zoo_family_v1",
      "export that function (docs/protocol.md), or remove the file from the folder"
    ),
    (
      { try $0.compile("other_major", as: "broken") }, "speaks version 2 of the protocol; this host speaks version 1",
      "update zoo, or build the family against this zoo's headers"
    ),
    (
      { try $0.compile("wrong_table", as: "broken") }, "speaks version 2 of the protocol; this host speaks version 1",
      "update zoo, or build the family against this zoo's headers"
    ),
    (
      { try $0.compile("refuses", as: "broken") }, "refuses to load: it needs a processor with AMX",
      "the family's own documentation says what it needs"
    ),
    (
      { try $0.compile("refuses", as: "broken", ["-shared", "-DSILENT"]) }, "refuses to load and does not say why",
      "the family's own documentation says what it needs"
    ),
    (
      { try $0.compile("repeats_kind", as: "broken") }, "has the kind 'twice.scale' twice",
      "give one of the two another name, and build the family again"
    ),
    (
      { try $0.compile("stranger", as: "broken") },
      "is a family with broken tables: its kind 'core.scale' does not start with 'stranger.'",
      "build it again with the headers of this zoo; docs/protocol.md says what the tables must hold"
    ),
    (
      { try $0.compile("unresolved", as: "broken") }, "needs the symbol 'a_function_that_nobody_has', which none of its libraries has",
      "link the family with the library that has it; 'ldd -r' lists all that is missing"
    ),
    (
      { try $0.compile("misbehaves", as: "broken", ["-shared", "-DCRASH_IN_CONSTRUCTOR"]) },
      "crashes with SIGSEGV as it is loaded: the last words",
      "it is left out until the file changes; 'zoo list --retry' looks at it again"
    ),
    (
      { try $0.compile("misbehaves", as: "broken", ["-shared", "-DPRINT_IN_ENTRY"]) },
      "writes to standard output as it is loaded: [1mhello",
      "standard output is for results: let the family speak through host->log (docs/protocol.md)"
    ),
    (
      {
        // The file begins as an ELF file must, and ends within its first header.
        try $0.compile("good", as: "whole")
        let bytes = try MappedFile($0.path + "/zoo/plugins/whole.so").contents.prefix(40)
        unlink($0.path + "/zoo/plugins/whole.so")
        try AtomicFile.write(Array(bytes), to: $0.path + "/zoo/plugins/broken.so")
      }, "is cut short: it has 40 bytes, its headers speak of 64", "copy it again"
    ),
  ]

  @Test(arguments: broken.indices) func aBrokenFamilyIsExplainedAndHidesNothing(index: Int) throws {
    let (make, words, help) = Self.broken[index]
    let zoo = try ZooFixture(families: false)
    try zoo.compile("good", as: "a")
    try make(zoo)
    try zoo.manifest("model", #"{"zoo": 1, "about": "A model.", "graph": []}"#)
    let result = try zoo.run("list")
    #expect(
      result.output == """
        FAMILY  VERSION  KINDS  SUMMARY
        good    1.2.3        1  One small layer.

        MODEL  TITLE  WHAT
        model  model  A model.

        """)
    #expect(result.errors == "zoo: zoo/plugins/broken.so: \(words)\n  help: \(help)\n")
    #expect(result.status == 0)
  }

  /// Cut in the middle of what is to be mapped: to map that would end the process with SIGBUS.
  @Test func aFamilyThatIsCutShortIsNotMapped() throws {
    let zoo = try ZooFixture(families: false)
    try zoo.compile("good", as: "a")
    try zoo.compile("good", as: "broken")
    let path = zoo.path + "/zoo/plugins/broken.so"
    try AtomicFile.write(Array(try MappedFile(path).contents.prefix(9000)), to: path)
    let result = try zoo.run("list", "families")
    #expect(result.errors.hasPrefix("zoo: zoo/plugins/broken.so: is cut short: it has 9000 bytes, its headers speak of "))
    #expect(result.errors.contains("\n  help: copy it again\n"))
    #expect(result.status == 0)
  }

  @Test func theSecondOfTwoFamiliesWithTheSameKindIsLeftOut() throws {
    let zoo = try ZooFixture(families: false)
    try zoo.compile("good", as: "a")
    try zoo.compile("good", as: "b")
    let result = try zoo.run("list", "families")
    #expect(result.output == "FAMILY  VERSION  KINDS  SUMMARY\ngood    1.2.3        1  One small layer.\n")
    #expect(
      result.errors == """
        zoo: zoo/plugins/b.so: has the kind 'good.scale', which zoo/plugins/a.so has too
          help: remove one of the two files; until then this one is left out

        """)
  }

  @Test func aBrokenManifestIsExplainedAndHidesNothing() throws {
    let zoo = try ZooFixture(families: false)
    try zoo.manifest("broken", "{\n  \"zoo\": 1,,\n}")
    try zoo.manifest("good", #"{"zoo": 1, "about": "A model.", "graph": []}"#)
    let result = try zoo.run("list", "models")
    #expect(result.output == "MODEL  TITLE  WHAT\ngood   good   A model.\n")
    #expect(result.errors.hasPrefix("zoo: zoo/manifests/broken.json:2:12: "))
    #expect(result.errors.contains("\n  help: "))
    #expect(result.status == 0)
  }

  @Test func twoModelsOfOneNameAreBothListedAndTheSecondIsExplained() throws {
    let zoo = try ZooFixture(families: false)
    try zoo.manifest("one", #"{"zoo": 1, "name": "same", "graph": []}"#)
    try zoo.manifest("two", #"{"zoo": 1, "name": "same", "graph": []}"#)
    let result = try zoo.run("list", "models")
    #expect(result.output == "MODEL  TITLE  WHAT\nsame   same\nsame   same\n")
    #expect(
      result.errors == """
        zoo: zoo/manifests/two.json: its model is 'same', as is that of zoo/manifests/one.json
          help: give one of them another name; until then name them by their paths

        """)
    let info = try zoo.run("info", "same")
    #expect(
      info.errors == """
        zoo: there are 2 models named 'same': zoo/manifests/one.json, zoo/manifests/two.json
          help: give the path of the one that you mean

        """)
    #expect(info.status == 64)
  }

  @Test func anEmptyZooSaysWhereItLooked() throws {
    let result = try ZooFixture(families: false).run("list")
    #expect(result.output == "")
    #expect(
      result.errors == """
        zoo: there are no families in 'zoo/plugins'
          help: families are shared libraries in there: 'make build' makes those of zoo
        zoo: there are no models in 'zoo/manifests'
          help: manifests are JSON files in there

        """)
    #expect(result.status == 0)
  }

  @Test func everythingIsOneJSONDocument() throws {
    let zoo = try ZooFixture(families: false)
    try zoo.compile("good")
    try zoo.compile("no_entry")
    try zoo.manifest("model", #"{"zoo": 1, "about": "A model.", "graph": []}"#)
    let result = try zoo.run("list", "--json")
    let json = try JSONDocument(Array(result.output.utf8), file: "output").root
    #expect(
      json == [
        "families": [
          [
            "name": "good", "version": "1.2.3", "summary": "One small layer.", "path": "zoo/plugins/good.so", "protocol": "1.1",
            "kinds": ["good.scale"], "codecs": [],
          ]
        ],
        "models": [["name": "model", "title": "model", "about": "A model.", "path": "zoo/manifests/model.json"]],
        "problems": [
          [
            "message": "zoo/plugins/no_entry.so: is a shared library, but no family: it does not export zoo_family_v1",
            "help": "export that function (docs/protocol.md), or remove the file from the folder",
          ]
        ],
      ])
    let kinds = try JSONDocument(Array(try zoo.run("list", "kinds", "--json").output.utf8), file: "output").root
    #expect(
      kinds["kinds"] == [["name": "good.scale", "summary": "Multiplies by a number.", "differentiable": false, "update": false]])
  }

  @Test func everyTableFitsTheWidthThatThereIs() throws {
    for width in [60, 80, 120] {
      for arguments in ["list", "list kinds", "list models"] {
        let result = try zoo(arguments, environment: ["COLUMNS": "\(width)"])
        #expect(result.status == 0)
        for line in result.output.split(separator: "\n") { #expect(line.count <= width, "zoo \(arguments): \(line)") }
      }
    }
  }

  @Test func aTerminalGetsColourUnlessItIsNotWanted() throws {
    let zoo = try ZooFixture(families: false)
    try zoo.compile("good")
    try zoo.compile("no_entry")
    let colored = try zoo.terminal("list families")
    #expect(colored.output.contains("\u{1B}[1mFAMILY  VERSION  KINDS  SUMMARY\u{1B}[0m\r\n"))
    #expect(colored.output.contains("\u{1B}[1;31mzoo:\u{1B}[0m zoo/plugins/no_entry.so"))
    #expect(colored.output.contains("  \u{1B}[36mhelp:\u{1B}[0m export"))
    for environment in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
      let plain = try zoo.terminal("list families", environment: environment)
      #expect(plain.output.contains("FAMILY  VERSION  KINDS  SUMMARY\r\n"))
      #expect(!plain.output.contains("\u{1B}["))
    }
    #expect(!(try zoo.run("list", "families")).errors.contains("\u{1B}["))
  }

  @Test func aFamilyThatCrashedIsLeftOutUntilItIsLookedAtAgain() throws {
    let zoo = try ZooFixture(families: false)
    let cause = try zoo.folder.file("cause", "")
    try zoo.compile("misbehaves", ["-shared", "-DCRASH_WHILE=\"\(cause)\""])
    let memory = ["XDG_CACHE_HOME": zoo.path + "/cache"]
    let crashed = try zoo.run("list", "kinds", environment: memory)
    #expect(crashed.errors.contains("zoo: zoo/plugins/misbehaves.so: crashes with SIGSEGV as it is loaded\n"))
    unlink(cause)
    #expect(try zoo.run("list", "kinds", environment: memory).errors == crashed.errors)
    let retried = try zoo.run("list", "kinds", "--retry", environment: memory)
    #expect(retried.output == "KIND              SUMMARY\nmisbehaves.scale  Multiplies by a number.\n")
    #expect(retried.errors == "")
    #expect(try zoo.run("list", "kinds", environment: memory).output == retried.output)
  }

  /// Each in its own process: a family that crashes must not take any of them with it.
  @Test(arguments: ["info scaled", "run scaled --input x=x.csv", "bench scaled --batch 1", "list"])
  func noCommandFallsOverAFamilyThatCrashes(line: String) throws {
    let zoo = try ZooFixture()
    try zoo.compile("good")
    try zoo.compile("misbehaves", ["-shared", "-DCRASH_IN_ENTRY"])
    _ = try zoo.folder.file("x.csv", "1,2\n")
    try zoo.manifest(
      "scaled",
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 2]}}, "graph": [{"layer": "good.scale", "name": "y"}], "outputs": {"y": "y"}}
      """)
    let result = try ZooCommandTests.zoo(line.split(separator: " ").map(String.init), folder: zoo.path)
    #expect(result.status == 0, "\(result.errors)")
    #expect(!result.output.isEmpty)
  }

  @Test func theCommandThatLooksAtFamiliesIsNotForPeople() throws {
    #expect(!(try zoo("--help")).output.contains("probe"))
    #expect(!(try zoo("prob")).errors.contains("probe"))
  }

  @Test func whatFamiliesWarnOfIsSaidAndTheirChatterIsNot() throws {
    let zoo = try ZooFixture(families: false)
    try zoo.compile("talks")
    let result = try zoo.run("list", "families")
    #expect(result.output == "FAMILY  VERSION  KINDS  SUMMARY\ntalks   1.2.3        1  One small layer.\n")
    #expect(result.errors == "zoo: warning: it would be faster with AMX\n")
  }
}
