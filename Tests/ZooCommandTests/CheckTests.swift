import Testing
import ZooFormats
import ZooTestSupport

/// `zoo check`, and that each of its checks can fail.
struct CheckTests {
  /// A macro of Tests/Fixtures/families/breaks.c, the check that it breaks, and what is said about it.
  struct Rule: CustomTestStringConvertible {
    let macro: String
    let check: String
    let words: String
    var testDescription: String { macro }

    init(_ macro: String, _ check: String, _ words: String) { (self.macro, self.check, self.words) = (macro, check, words) }
  }

  static let rules = [
    Rule("EXPORTS", "one-symbol", "it also exports 'breaks_helper'; hide them with -fvisibility=hidden or a version script"),
    Rule("DEFAULT_OUT_OF_BOUNDS", "sound-declaration", "the default 9.0 of attribute 'offset' is outside its bounds"),
    Rule("UNREACHABLE", "reachable", "nothing was found that its plan accepts; give cases by the extension 'zoo.check/1'"),
    Rule("USES_LOG", "least-host", "it crashes with SIGSEGV in plan"),
    Rule("COUNTS_PLANS", "plan-is-pure", "planned twice, it answers differently"),
    Rule("TWO_OF_A_NAME", "parameters-have-names", "two parameters are called 'weight'"),
    Rule("LEAVES_OUT", "writes-all", "depends on what was there before"),
    Rule("WRITES_BESIDE", "stays-inside", "forward writes 1 bytes past the end of output 0"),
    Rule("WRITES_FAR", "stays-inside", "it crashes with SIGSEGV in forward"),
    Rule("WRITES_INPUT", "inputs-untouched", "it crashes with SIGSEGV in forward: it writes into input 0"),
    Rule("ALLOCATES", "no-allocation", "forward allocates 1 times; declare scratch in the plan instead"),
    Rule("CREATES_THREAD", "no-allocation", "forward creates 1 threads; use the host's parallel_for"),
    Rule("LEAKS", "leaks-nothing", "a thousand layers leave"),
    Rule("SUMS_BY_PART", "threads-agree", "on 2 threads the bits are others than on one"),
    Rule("COUNTS_CALLS", "repeats-agree", "a second forward gives other bits"),
    Rule("MIXES_ROWS", "rows-independent", "other rows of output 0 change with the first row"),
    Rule("PACKS_ONCE", "packed-agrees", "from parameters that were packed again, element"),
    Rule("FORGETS_EPILOGUE", "epilogues-agree", "with epilogue 1 folded in, element"),
    Rule("FORGETS_SCALE", "epilogues-agree", "with a scale and shift folded in, element"),
    Rule("FORGETS_ADDEND", "epilogues-agree", "with an addend folded in, element"),
    Rule("CLAIMS_BF16", "bf16-agrees", "it cannot be planned: x must be f32"),
    Rule("CLEARS_FIRST", "aliases-agree", "written over its inputs, its outputs are others"),
    Rule("WRONG_GRADIENT", "gradients-agree", "by input 0[0], backward says"),
    Rule("LEAVES_GRADIENT", "gradients-written", "the gradient by input 0"),
    Rule("OVERWRITES", "gradients-accumulate", "added to 3, element 0 of the gradient by input 0 is"),
    Rule("NEEDS_COMPANY", "gradients-unwanted", "wanted alone, element 0 of the gradient by parameter weight is 0.0 and not"),
    Rule("INVENTS", "gradients-of-nothing", "the gradient by input 0 has 1.0 where 0 belongs"),
    Rule("HIDES_NAN", "nan-survives", "every number of its inputs is NaN, and none of its outputs'"),
    Rule("CRASHES_ON_SHAPE", "shapes-refused", "it crashes with SIGABRT in plan (input 0 of [2, 2, 2, 2, 2])"),
    Rule("SHAPE_WITHOUT_WORDS", "shapes-refused", "input 0 of [2, 2, 2, 2, 2]: it is refused with status 2, but without words"),
    Rule("CRASHES_ON_ATTRIBUTE", "attributes-refused", "it crashes with SIGABRT in plan (offset 8.0)"),
    Rule("ATTRIBUTE_WITHOUT_WORDS", "attributes-refused", "offset 8.0: it is refused with status 1, but without words"),
    Rule("HANGS", "stays-inside", "it hangs in forward"),
    Rule("EXITS", "stays-inside", "it ends the process in forward"),
  ]

  private func checks(_ zoo: ZooFixture, _ arguments: String...) throws -> (status: Int32, results: [JSON]) {
    let result = try zoo.run("check", arguments: ["zoo/plugins/breaks.so", "--json"] + arguments)
    let json = try JSONDocument(Array(result.output.utf8), file: "check").root
    return (result.status, json["checks"]?.array ?? [])
  }

  @Test("each check finds what it is for", arguments: rules) func aBrokenRuleIsFound(_ rule: Rule) throws {
    let zoo = try ZooFixture()
    try zoo.compile("breaks", ["-shared", "-D\(rule.macro)"])
    let (status, results) = try checks(zoo, "--include", rule.check, "--seconds", "1")
    #expect(status == 1)
    try #require(results.count == 1)
    #expect(results[0]["id"]?.string == rule.check)
    #expect(results[0]["outcome"]?.string == "failed")
    let words = results[0]["words"]?.string ?? ""
    #expect(words.contains(rule.words), "\(words)")
  }

  @Test func everyCheckIsProvedAbleToFail() throws {
    let list = try zoo("check --list").output.split(separator: "\n").dropFirst()
    let ids = list.filter { !$0.hasPrefix(" ") }.map { String($0.prefix { $0 != " " }) }
    #expect(ids.count > 20)
    #expect(Set(ids) == Set(Self.rules.map(\.check)))
  }

  @Test func aFamilyThatKeepsEveryRulePassesAll() throws {
    let zoo = try ZooFixture()
    try zoo.compile("breaks")
    let result = try zoo.run("check", "breaks")
    #expect(result.errors == "")
    #expect(
      result.output == """
        breaks 1.0.0  zoo/plugins/breaks.so
          the library  1 of 1  ok
          breaks.affine  24 of 24  ok
        25 passed, 1 skipped, 0 failed

        """)
    #expect(result.status == 0)
  }

  @Test(arguments: ["core", "cnn", "rnn", "transformer", "gnn", "vae", "flow", "gan", "ddpm", "foreign"])
  func theFamiliesOfTheRepositoryPass(_ family: String) throws {
    let result = try zoo("check \(Repository.plugins)/\(family).so --allow-foreign libm.so.6")
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    #expect(result.output.hasSuffix(" 0 failed\n"))
  }

  @Test func whatIsNoFamilyOrNoCheckIsExplained() throws {
    let zoo = try ZooFixture()
    try zoo.compile("breaks")
    func expect(_ arguments: String..., status: Int32, errors: String) throws {
      let result = try zoo.run("check", arguments: arguments)
      #expect(result.errors == errors)
      #expect(result.output == "")
      #expect(result.status == status)
    }
    try expect(
      status: 64,
      errors: "zoo: there is no family to check\n  help: write 'zoo check FAMILY.so', or the name of a family that 'zoo list' shows\n")
    try expect(
      "breaks", "--include", "gradient-agree", status: 64,
      errors: "zoo: there is no check and no kind 'gradient-agree'\n  help: did you mean 'gradients-agree'?\n")
    try zoo.compile("no_entry")
    try expect(
      "zoo/plugins/no_entry.so", status: 1,
      errors: """
        zoo: zoo/plugins/no_entry.so: is a shared library, but no family: it does not export zoo_family_v1
          help: export that function (docs/protocol.md), or remove the file from the folder

        """)
  }
}
