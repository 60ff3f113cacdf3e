import ArgumentParser
import ZooCheck
import ZooFormats
import ZooRuntime
import ZooTypes

/// `zoo check`: proves a family, or the gradients of a model.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Prove a family: its gradients, shapes, memory and determinism; or the gradients of a model.",
    usage: "zoo check <family> [<options>]\n       zoo check <model> --gradients [<options>]",
    discussion: """
      Every check of every kind runs in a process of its own, over layers and \
      inputs that the kind's declaration allows, and those that the family \
      gives itself by the extension 'zoo.check/1'.

      With --gradients, the gradient of every parameter of a model is compared \
      with finite differences and with forward-mode derivatives, on random inputs.
      """)

  @Argument(help: "A family's file, or the name of one in the zoo; with --gradients a model's.")
  var family: String?

  @Option(
    name: .customLong("include"), help: ArgumentHelp("Run this check, or the checks of this kind, only. May be repeated.", valueName: "id"))
  var include: [String] = []

  @Option(help: ArgumentHelp("How long one check may take (60), or forward mode with --gradients (10).", valueName: "count"))
  var seconds: Int?

  @Flag(help: "Check the gradients of a model.")
  var gradients = false

  @Option(help: ArgumentHelp("(with --gradients) What first weights and random layers depend on.", valueName: "number"))
  var seed: UInt64 = 0

  @Flag(help: "Show what is checked.")
  var list = false

  @Flag(help: "Print one JSON document.")
  var json = false

  @OptionGroup
  var axes: AxisOptions

  @OptionGroup
  var options: ModelOptions

  func run() throws {
    if list { return printResult(Self.table) }
    guard let name = family else { throw CheckError.noFamily }
    if gradients { return try checkGradients(of: name) }
    let path = try find(name)
    let probe = FamilyProbe(command: ["/proc/self/exe", ProbeCommand.name, "--"], retries: true)
    if let problem = probe.problem(with: path) { throw problem }
    let family = try Family(loading: path)
    let known = Check.all.map(\.id) + family.kinds.map(\.name)
    for pattern in include where !known.contains(pattern) { throw CheckError.unknown(pattern, known: known) }

    let jobs = CheckRun.plan(family, including: include)
    var report = CheckReport(family: family)
    var progress = ProgressLine(.diagnostics)
    var run = CheckRun(
      command: ["/proc/self/exe", CheckChildCommand.name] + options.allowedLibraries.flatMap { ["--allow-foreign", $0] } + ["--"])
    run.limit = .seconds(max(1, seconds ?? 60))
    run.run(path, jobs) { result in
      report.add(result)
      progress.show("\(report.count) of \(jobs.count) checks, \(report.failed) failed")
    }
    progress.clear()
    printResult(json ? report.json.text(.pretty) : report.text(for: .output))
    if report.failed > 0 { throw Ended(status: .failure) }
  }

  private func checkGradients(of name: String) throws {
    let open = try OpenModel(name, options, includesTraining: true)
    var progress = ProgressLine(.diagnostics)
    let check = GradientCheck(open: open, axes: axes, seed: seed, limit: Double(max(1, seconds ?? 10)))
    let report = try check.run { progress.show($0) }
    progress.clear()
    printResult(json ? report.json.text(.pretty) : report.text(for: .output))
    if report.hasFailed { throw Ended(status: .failure) }
  }

  private static var table: String {
    var table = Table([.words("CHECK"), .words("WHAT MUST HOLD")])
    for check in Check.all { table.add([check.id, check.words]) }
    return table.text(for: .output)
  }

  /// A path, or the name of a family in the zoo.
  private func find(_ name: String) throws -> String {
    if name.contains("/") || name.hasSuffix(".so") { return name.contains("/") ? name : "./" + name }
    return "\(try options.zoo.find().folder.plugins)/\(name).so"
  }
}

/// `zoo check-child`, hidden: one check.
struct CheckChildCommand: ParsableCommand {
  static let name = "check-child"

  static let configuration = CommandConfiguration(commandName: name, abstract: "Run one check of one kind.", shouldDisplay: false)

  @Option(name: .customLong("allow-foreign"), parsing: .singleValue, help: "A library that layers may call.")
  var allowedLibraries: [String] = []

  @Argument(help: "The family's file.")
  var path: String

  @Argument(help: "The check.")
  var check: String

  @Argument(help: "The kind; none for a check of the family.")
  var kind: String?

  func run() throws {
    guard try CheckChild.answer(family: path, check: check, kind: kind, foreign: .user(adding: allowedLibraries)) == 0 else {
      throw Ended(status: .failure)
    }
  }
}

/// What `zoo check` was asked makes no sense.
enum CheckError: ExplainedError, Hashable {
  case noFamily
  case unknown(String, known: [String])

  var message: String {
    switch self {
    case .noFamily: "there is no family to check"
    case .unknown(let name, _): "there is no check and no kind '\(name)'"
    }
  }

  var help: String {
    switch self {
    case .noFamily: "write 'zoo check FAMILY.so', or the name of a family that 'zoo list' shows"
    case .unknown(let name, let known): known.nearest(to: name).map { "did you mean '\($0)'?" } ?? "'zoo check --list' shows the checks"
    }
  }
}
