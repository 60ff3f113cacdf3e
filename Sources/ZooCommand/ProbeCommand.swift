import ArgumentParser
import ZooRuntime

/// `zoo probe`, hidden: what the other commands start to look at a family that they do not know.
struct ProbeCommand: ParsableCommand {
  static let name = "probe"

  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Load one family and say as JSON what it is.", shouldDisplay: false)

  @Argument(help: "The family's file.")
  var path: String

  func run() throws {
    guard FamilyProbe.answer(path: path) == 0 else { throw Ended(status: .failure) }
  }
}
