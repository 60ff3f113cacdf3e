import Testing
import ZooFormats
import ZooTestSupport
import ZooTypes

/// Models that continue a text: runs that belong together, and text that appears as it is made.
@Suite struct ContinuationTests {
  /// After every character comes the next of the alphabet, and after `d` a line break; `count` says how many runs there were.
  private func zooWithText(sample: Bool = true) throws -> ZooFixture {
    let zoo = try ZooFixture()
    let codec = #"{"kind": "text", "alphabet": "abcd\n"}"#
    let logits = """
      {"layer": "core.embedding", "name": "logits", "count": 5, "width": 5, "initialize": {"weight": {"values":
        [[0, 9, 0, 0, 0], [0, 0, 9, 0, 0], [0, 0, 0, 9, 0], [0, 0, 0, 0, 9], [9, 0, 0, 0, 0]]}}}
      """
    try zoo.manifest(
      "letters",
      """
      {"zoo": 1, "settings": {"length": 6, "temperature": 0},
       "inputs": {
         "text": {"shape": [1, "T"], "dtype": "i64", "codec": \(codec)\(sample ? #", "sample": "prompt.txt""# : "")},
         "count": {"shape": [1]}},
       "graph": [
         {"layer": "core.slice", "name": "last", "in": "text", "axes": [1], "starts": [-1]},
         \(logits),
         {"layer": "core.sample", "name": "next", "temperature": "${temperature}"},
         {"layer": "core.scale", "name": "counted", "in": "count", "factor": 1, "offset": 1}],
       "outputs": {"next": {"from": "next", "codec": \(codec)}, "count": "counted"},
       "carry": {"text": "next", "count": "count"},
       "runs": "${length}",
       "graphs": {"once": {
         "inputs": {"text": {"shape": ["N", "T"], "dtype": "i64", "codec": \(codec)}},
         "graph": [\(logits), {"layer": "core.argmax", "name": "best", "axis": -1}],
         "outputs": {"best": {"from": "best", "codec": \(codec)}}}}}
      """)
    _ = try zoo.folder.file("zoo/manifests/prompt.txt", "ab\n")
    return zoo
  }

  @Test func aTextIsPrintedWithItsContinuation() throws {
    let zoo = try zooWithText()
    let result = try zoo.run("run", "letters")
    #expect(result.output == "abcd\nabc\n")
    #expect(result.errors == "")
    #expect(result.status == 0)
    // Of which the last line break is the text's own.
    #expect(try zoo.run("run", "letters", "--runs", "3").output == "abcd\n")
    #expect(try zoo.run("run", "letters", "--set", "length=1").output == "abc\n")
  }

  @Test func withoutATextItBeginsFromZeros() throws {
    #expect(try zooWithText(sample: false).run("run", "letters", "--runs", "2").output == "bc\n")
  }

  @Test func aLongInputIsGivenInPieces() throws {
    let zoo = try ZooFixture()
    // y = x + s, and s grows by all of x.
    try zoo.manifest(
      "sums",
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["T", 1]}, "s": {"shape": [1]}},
       "graph": [
         {"layer": "core.add", "name": "y", "in": ["x", "s"]}, {"layer": "core.sum", "name": "all", "in": "x", "axes": [0]},
         {"layer": "core.add", "name": "next", "in": ["all", "s"]}],
       "outputs": {"y": "y", "next": "next"}, "carry": {"s": "next"},
       "graphs": {"once": {"inputs": {"x": {"shape": ["T"]}}, "graph": [{"layer": "core.tanh"}], "outputs": {"y": "tanh"}}}}
      """)
    _ = try zoo.folder.file("x.csv", "1\n2\n3\n4\n5\n")
    func run(_ arguments: String...) throws -> Command.Result {
      try zoo.run("run", "sums", "--input", "x=x.csv", "--output", "y=y.csv", "--output", "next=s.csv", arguments[0], arguments[1])
    }
    for (chunk, sums) in [("2", "1 2 6 7 15"), ("1", "1 3 6 10 15"), ("4", "1 2 3 4 15"), ("9", "1 2 3 4 5")] {
      let result = try run("--chunk", "T=\(chunk)")
      #expect(result.errors == "")
      let written = String(decoding: try MappedFile(zoo.path + "/y.csv").contents, as: UTF8.self)
      #expect(
        written.split(whereSeparator: \.isNewline).map { String($0) }.compactMap { Double($0) }
          == sums.split(separator: " ").compactMap { Double($0) })
      #expect(
        Double(String(decoding: try MappedFile(zoo.path + "/s.csv").contents, as: UTF8.self).split(whereSeparator: \.isNewline).last ?? "")
          == 15)
    }
    #expect(try run("--chunk", "2").errors.hasPrefix("zoo: --chunk takes AXIS=LENGTH, but was given '2'\n"))
    #expect(try run("--chunk", "T=0").status == 64)
    #expect(try run("--chunk", "U=2").errors.hasPrefix("zoo: no input has an axis 'U'\n"))
    #expect(
      try zoo.run("run", "sums", "--graph", "once", "--input", "x.csv", "--chunk", "T=2").errors.hasPrefix(
        "zoo: --chunk is given, but graph 'once' carries nothing"))
  }

  @Test func wordsOnTheCommandLineAreATextUnlessThereIsAFileOfThatName() throws {
    let zoo = try zooWithText()
    #expect(try zoo.run("run", "letters", "--runs", "1", "--input", "text=dd\na").output == "dd\nab\n")
    // Alone, they are for the only input that is not carried for the model's own sake.
    #expect(try zoo.run("run", "letters", "--runs", "1", "--input", "ccc").output == "cccd\n")
    _ = try zoo.folder.file("dad", "ca\n")
    #expect(try zoo.run("run", "letters", "--runs", "1", "--input", "text=dad").output == "cab\n")
    #expect(try zoo.run("run", "letters", "--runs", "1", "--input", "text=@dad").output == "cab\n")
  }

  @Test func wordsThatCannotBeReadAreExplained() throws {
    let zoo = try zooWithText()
    let wrong = try zoo.run("run", "letters", "--input", "text=abx")
    #expect(
      wrong.errors == """
        zoo: --input text: the character 'x' (U+0078) at line 1, column 3 is not in the alphabet
          help: these are the words themselves; --input text=@FILE reads a file

        """)
    #expect(wrong.status == 64)
    #expect(try zoo.run("run", "letters", "--input", "text=").errors.hasPrefix("zoo: --input text: it holds no text\n"))
    // What is named like a file, or has an @ before it, is no text.
    _ = try zoo.folder.file("begin.txt", "ab")
    for file in ["begni.txt", "@begni.txt"] {
      let missing = try zoo.run("run", "letters", "--input", "text=" + file)
      #expect(missing.errors == "zoo: there is no file 'begni.txt'\n  help: did you mean 'begin.txt'?\n")
      #expect(missing.status == 1)
    }
  }

  @Test func whatIsCarriedIsShownOnlyWhenItIsNamed() throws {
    let zoo = try zooWithText()
    #expect(try zoo.run("run", "letters", "--output", "count").output == "f32 [1]\n[6]\n")
    // Two at once cannot be shown as they are made.
    let both = try zoo.run("run", "letters", "--runs", "3", "--output", "next", "--output", "count")
    #expect(both.output == "next\ncd\n\ncount\nf32 [1]\n[3]\n")
  }

  @Test func filesAndJSONHoldWhatIsNew() throws {
    let zoo = try zooWithText()
    let file = try zoo.run("run", "letters", "--output", "next=new.txt")
    #expect(file.output == "")
    #expect(try MappedFile(zoo.path + "/new.txt").contents == Array("cd\nabc\n".utf8))
    let json = try JSONDocument(Array(try zoo.run("run", "letters", "--json").output.utf8), file: "output").root
    #expect(json["outputs"] == ["next": "cd\nabc"])
  }

  @Test func whatIsDrawnDependsOnTheSeed() throws {
    let zoo = try zooWithText()
    func draw(_ seed: String) throws -> String {
      try zoo.run("run", "letters", "--seed", seed, "--set", "temperature=100", "--runs", "40").output
    }
    #expect(try draw("1") == draw("1"))
    #expect(try draw("1") != draw("2"))
  }

  @Test func anotherGraphIsChosenByItsName() throws {
    let zoo = try zooWithText()
    // Two texts, a line each: after "ab" and "ca" come "bc" and "db".
    let classes = try ([0, 1, 2, 0] as [Int64]).withUnsafeBytes { try NumPy.encode(Spec([2, 2], .i64), $0) }
    try AtomicFile.write(classes, to: zoo.path + "/two.npy")
    #expect(try zoo.run("run", "letters", "--graph", "once", "--input", "two.npy").output == "bc\ndb\n")
    let unknown = try zoo.run("run", "letters", "--graph", "onec")
    #expect(unknown.errors == "zoo: there is no graph 'onec'\n  help: did you mean 'once'?\n")
    #expect(unknown.status == 64)
    let several = try zoo.run("run", "letters", "--graph", "once", "--input", "ab", "--runs", "2")
    #expect(
      several.errors == """
        zoo: --runs is given, but graph 'once' carries nothing from one run to the next
          help: leave --runs out

        """)
    #expect(several.status == 64)
  }

  @Test func aReaderThatGoesAwayEndsIt() throws {
    let zoo = try zooWithText()
    let result = try Command.run(
      ["sh", "-c", "\"$0\" run letters --runs 1000000000 | head -c 7", Repository.command], environment: neutral, folder: zoo.path)
    #expect(result.output == "abcd\nab")
    #expect(result.errors == "")
  }

  @Test func anInterruptEndsItBetweenRunsWithTheTextSoFar() throws {
    let zoo = try zooWithText()
    let script = """
      : > out; : > errors
      "$0" run letters --runs 1000000000 >> out 2>> errors & child=$!
      while [ $(wc -c < out) -lt 20 ]; do sleep 0.01; done
      kill -INT $child; wait $child; echo $?
      """
    let result = try Command.run(["sh", "-c", script, Repository.command], environment: neutral, folder: zoo.path)
    #expect(result.output == "130\n")
    #expect(try MappedFile(zoo.path + "/errors").contents == [])
    let text = String(decoding: try MappedFile(zoo.path + "/out").contents, as: UTF8.self)
    #expect(text.hasPrefix("abcd\nabcd\nabcd\n"))
    #expect(text.hasSuffix("\n"))
  }
}
