import ArgumentParser
import ZooRuntime

/// A whole number from 1, as an option gives it.
func positive(_ text: String) throws -> Int {
  guard let number = Int(text), number > 0 else { throw ValidationError("it must be a whole number from 1") }
  return number
}

/// A duration from an option.
func duration(_ text: String) throws -> Double {
  guard let number = Double(text), number > 0, number <= 1e6 else { throw ValidationError("it must be a number of seconds above 0") }
  return number
}

/// How much of the machine a subcommand uses.
struct ThreadOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Run on so many threads. Without it: one for each core.", valueName: "count"), transform: positive)
  var threads: Int?

  /// Makes it so.
  func apply() { Threads.count = threads ?? 0 }
}
