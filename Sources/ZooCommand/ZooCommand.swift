import ArgumentParser
import Glibc
import ZooRuntime
import ZooTypes

/// The root of the command line.
struct ZooCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zoo",
    abstract: "Runs, trains and measures neural networks from a zoo of plug-in families.",
    version: "zoo \(versionNumber)",
    subcommands: [
      ListCommand.self, InfoCommand.self, RunCommand.self, TrainCommand.self, EvalCommand.self, BenchCommand.self, CheckCommand.self,
      DrawCommand.self, RunsCommand.self, TuneCommand.self,
      NewCommand.self, ProbeCommand.self, CheckChildCommand.self,
    ])

  /// The version of this program.
  static let versionNumber = "0.1.0"

  /// The names of the subcommands that are meant for people.
  static var names: [String] {
    configuration.subcommands.filter { $0.configuration.shouldDisplay }.compactMap { $0.configuration.commandName }
  }
}

/// Does what `arguments`, which come without the program's name, ask for.
///
/// Returns the process's exit status.
public func runZooCommand(_ arguments: [String]) -> Int32 {
  FamilyLog.showWarnings()
  do {
    // The parser calls it an unexpected argument, and does not say what it may have meant.
    if let name = arguments.first, !name.hasPrefix("-"), name != "help", name != ProbeCommand.name, name != CheckChildCommand.name,
      !ZooCommand.names.contains(name)
    {
      throw UsageError.unknownCommand(name, known: ZooCommand.names)
    }
    var command = try ZooCommand.parseAsRoot(arguments)
    try command.run()
    return Status.success.rawValue
  } catch let ended as Ended {
    return ended.status.rawValue
  } catch let error as any ExplainedError {
    printDiagnostic(explanation(error, terminal: .diagnostics))
    return Status(error).rawValue
  } catch {
    return explainParsing(error)
  }
}

/// Answers what the parser of arguments itself throws: a request for help or the version, or arguments that it cannot make sense of.
private func explainParsing(_ error: any Error) -> Int32 {
  if ZooCommand.exitCode(for: error) == .success {
    printResult(ZooCommand.fullMessage(for: error))
    return Status.success.rawValue
  }
  printDiagnostic(explanation(ParsingError(error), terminal: .diagnostics))
  return Status.usage.rawValue
}

/// Arguments that make no sense, in the words of the parser.
private struct ParsingError: ExplainedError {
  let message: String
  let help: String

  init(_ error: any Error) {
    // The parser's own hint is a question at the end of its message; its usage ends with the command whose help to see.
    let words = ZooCommand.message(for: error)
    let sentence = words.prefix(1).lowercased() + words.dropFirst()
    let parts = sentence.split(separator: ". Did you mean ", maxSplits: 1)
    let see = ZooCommand.fullMessage(for: error).split(separator: "'").last { $0.hasPrefix("zoo ") && $0.hasSuffix("--help") }
    message = String(parts.first ?? "the arguments make no sense")
    help = parts.count == 2 ? "did you mean \(parts[1])" : "'\(see ?? "zoo --help")' shows what there is"
  }
}

/// What every subcommand takes.
struct ZooOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The zoo's folder, which has the families in 'plugins'.", valueName: "folder"))
  var zoo: String?

  /// The zoo that the options or the surroundings name.
  ///
  /// This program itself looks at unknown families, in other processes; `retries`: also at those that crashed or hung before.
  func find(retries: Bool = false) throws(ZooError) -> Zoo {
    Zoo(try ZooFolder.find(option: zoo), probe: FamilyProbe(command: ["/proc/self/exe", ProbeCommand.name, "--"], retries: retries))
  }
}
