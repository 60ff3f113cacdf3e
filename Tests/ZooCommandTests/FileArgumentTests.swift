import Testing
import ZooCommand

/// Which input or output a file is for.
@Suite struct FileArgumentTests {
  private func inputs(_ arguments: String..., names: [String]) throws -> [FileArgument] {
    try FileArgument.read(arguments, option: .input, names: names)
  }

  @Test func aFileAloneIsForTheOnlyInput() throws {
    #expect(try inputs("seven.png", names: ["image"]) == [FileArgument("image", file: "seven.png")])
    #expect(throws: UsageError.unclear("seven.png", option: "input", known: ["a", "b"])) { try inputs("seven.png", names: ["a", "b"]) }
    #expect(throws: UsageError.none("seven.png", option: "input")) { try inputs("seven.png", names: []) }
  }

  @Test func onlyTheFirstEqualsSignDivides() throws {
    #expect(try inputs("image=a=b.png", names: ["image"]) == [FileArgument("image", file: "a=b.png")])
    #expect(throws: UsageError.unknownInput("img", known: ["image"])) { try inputs("img=a.png", names: ["image"]) }
  }

  @Test func anOutputWithoutAFileIsPrinted() throws {
    func outputs(_ argument: String, names: [String]) throws -> [FileArgument] {
      try FileArgument.read([argument], option: .output, names: names)
    }
    #expect(try outputs("digit", names: ["digit"]) == [FileArgument("digit", file: nil)])
    #expect(try outputs("out.npy", names: ["digit"]) == [FileArgument("digit", file: "out.npy")])
    #expect(try outputs("/dev/null", names: ["digit"]) == [FileArgument("digit", file: "/dev/null")])
    #expect(throws: UsageError.unknownOutput("digits", known: ["digit"])) { try outputs("digits", names: ["digit"]) }
    #expect(throws: UsageError.unclear("out.npy", option: "output", known: ["a", "b"])) { try outputs("out.npy", names: ["a", "b"]) }
  }

  @Test func twiceTheSameIsAMistake() {
    #expect(throws: UsageError.twice("a", option: "input")) { try inputs("a=1.npy", "a=2.npy", names: ["a", "b"]) }
  }
}
