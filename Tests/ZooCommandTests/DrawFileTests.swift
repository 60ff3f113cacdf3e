import Glibc
import Testing
import ZooFormats
import ZooTestSupport

/// Where `zoo draw` writes, and what it says when it cannot.
@Suite struct DrawFileTests {
  private func zooWithAModel() throws -> ZooFixture {
    let zoo = try ZooFixture()
    try zoo.manifest(
      "small", #"{"zoo": 1, "inputs": {"x": {"shape": ["N", 2]}}, "graph": [{"layer": "core.tanh", "name": "bend"}]}"#)
    return zoo
  }

  private func contents(_ path: String) throws -> String { String(decoding: try MappedFile(path).contents, as: UTF8.self) }

  @Test func aFileAPipeAndADashGetTheSame() throws {
    let zoo = try zooWithAModel()
    let piped = try zoo.run("draw", "small")
    #expect(piped.output.hasPrefix("<svg ") && piped.output.hasSuffix("</svg>\n"))
    #expect(try zoo.run("draw", "small", "-o", "-").output == piped.output)
    let named = try zoo.run("draw", "small", "-o", "x.svg")
    #expect(named.output == "" && named.errors == "" && named.status == 0)
    #expect(try contents(zoo.path + "/x.svg") == piped.output)
    #expect(try zoo.run("draw", "small", "--output", "X.SVG").status == 0)
    #expect(try zoo.run("draw", "small", "-o", "/dev/null").status == 0, "a device has no suffix")
    #expect(Repository.files(in: zoo.path).sorted() == ["X.SVG", "x.svg", "zoo"])
  }

  @Test func aTerminalIsAskedFirst() throws {
    let result = try zooWithAModel().terminal("draw small", environment: ["NO_COLOR": "1"])
    #expect(
      result.output.replacing("\r\n", with: "\n")
        == "zoo: the picture would be written to the terminal\n  help: give it a file with -o FILE.svg; -o - writes it here\n")
    #expect(result.status == 64)
  }

  @Test(arguments: [
    (
      "small -o x.png", "'x.png' is not named as an SVG file, and SVG is what 'zoo draw' writes", "name it 'x.svg'", 64
    ),
    ("small -o x", "'x' is not named as an SVG file, and SVG is what 'zoo draw' writes", "name it 'x.svg'", 64),
    ("small -o no/x.svg", "cannot write 'no/x.svg': No such file or directory", "make the folder 'no' first", 1),
    ("small -o zoo", "'zoo' is a folder, not a file", "give the path of a file", 1),
    ("smal -o x.svg", "there is no model 'smal'", "did you mean 'small'?", 64),
    ("small -o x.svg --graph learn", "there is no graph 'learn'", "it has main", 64),
    ("small -o x.svg --axis M=3", "no input has an axis 'M'", "it has N", 64),
    ("small -o x.svg --set deep=3", "zoo/manifests/small.json: the manifest has no setting 'deep'", "the manifest has none", 64),
    ("-o x.svg", "missing expected argument '<model>'", "'zoo draw --help' shows what there is", 64),
  ]) func whatGoesWrongIsSaidAndNothingIsWritten(line: String, message: String, help: String, status: Int32) throws {
    let zoo = try zooWithAModel()
    let result = try zoo.run(["draw"] + line.split(separator: " ").map(String.init))
    #expect(result.errors == "zoo: \(message)\n  help: \(help)\n")
    #expect(result.output == "")
    #expect(result.status == status)
    #expect(Repository.files(in: zoo.path) == ["zoo"])
  }

  @Test func theOldPictureStaysWhereTheNewOneCannotBeWritten() throws {
    let zoo = try zooWithAModel()
    let old = try zoo.folder.file("x.svg", "old")
    let result = try zoo.run("draw", "small", "-o", "x.svg", "--set", "deep=3")
    #expect(result.status == 64)
    #expect(try contents(old) == "old")
  }

  @Test func whatIsTooLargeToReadIsNotDrawn() throws {
    let zoo = try ZooFixture()
    // No two layers are alike.
    try zoo.manifest(
      "huge",
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N"]}},
       "graph": [{"repeat": 3100, "name": "r", "graph": [{"layer": "core.scale", "name": "s", "factor": "${index + 2}"}]}]}
      """)
    let result = try zoo.run("draw", "huge")
    #expect(
      result.errors
        == "zoo: 'huge' is too large for a picture, even with its repeats folded\n  help: 'zoo info huge' lists its layers; --graph draws another of its graphs\n"
    )
    #expect(result.status == 1)
    #expect(result.output == "")
  }
}
