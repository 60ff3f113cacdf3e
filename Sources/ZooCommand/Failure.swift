import ArgumentParser
import ZooRuntime
import ZooTraining
import ZooTypes

/// What the user asked for makes no sense to the command.
package enum UsageError: ExplainedError, Hashable {
  /// There is no such subcommand.
  case unknownCommand(String, known: [String])
  /// `--set` without `=`.
  case notASetting(String)
  /// `--axis` without `=` or without a length.
  case notAnAxis(String)
  /// `--axis` of an axis that no input has.
  case unknownAxis(String, known: [String])
  /// There is no such input.
  case unknownInput(String, known: [String])
  /// There is no such graph.
  case unknownGraph(String, known: [String])
  /// `--runs` or `--chunk` of a graph that carries nothing from one run to the next.
  case nothingCarried(graph: String, option: String)
  /// `--chunk` without `=` or without a length.
  case notAChunk(String)
  /// There is no such output.
  case unknownOutput(String, known: [String])
  /// A file that may be for any of several inputs or outputs.
  case unclear(String, option: String, known: [String])
  /// A file for a model that takes or gives none.
  case none(String, option: String)
  /// The same input or output twice.
  case twice(String, option: String)
  /// No codec for a file's extension.
  case noCodec(file: String, reads: Bool, known: [String])
  /// A picture for a file that is not named as SVG files are.
  case notSVG(file: String)
  /// A picture that would fill the terminal with its text.
  case pictureOnTerminal
  /// Weights in int8 where they are to change.
  case int8Training
  /// Several sets of weights for a model with an output of whole numbers.
  case noMean(output: String, type: String)
  /// Several sets of weights that were not trained on the same inputs.
  case otherInputs(weights: String)

  package var message: String {
    switch self {
    case .unknownCommand(let name, _): "there is no command '\(name)'"
    case .notASetting(let text): "--set takes NAME=VALUE, but was given '\(text)'"
    case .notAnAxis(let text): "--axis takes NAME=LENGTH, but was given '\(text)'"
    case .unknownAxis(let name, _): "no input has an axis '\(name)'"
    case .unknownInput(let name, _): "there is no input '\(name)'"
    case .unknownGraph(let name, _): "there is no graph '\(name)'"
    case .nothingCarried(let graph, let option):
      "--\(option) is given, but graph '\(graph)' carries nothing from one run to the next"
    case .notAChunk(let text): "--chunk takes AXIS=LENGTH, but was given '\(text)'"
    case .unknownOutput(let name, _): "there is no output '\(name)'"
    case .unclear(let text, let option, _): "--\(option) \(text) does not say which \(option) is meant"
    case .none(let text, let option): "--\(option) \(text) is given, but the model has no \(option)"
    case .twice(let name, let option): "\(option) '\(name)' is given twice"
    case .noCodec(let file, let reads, _): "no codec \(reads ? "reads" : "writes") '\(file)'"
    case .notSVG(let file): "'\(file)' is not named as an SVG file, and SVG is what 'zoo draw' writes"
    case .pictureOnTerminal: "the picture would be written to the terminal"
    case .int8Training: "weights of int8 are for running a model: they are too coarse to be trained"
    case .noMean(let output, let type): "output '\(output)' is \(type), of which several sets of weights have no mean"
    case .otherInputs(let weights): "'\(weights)' takes its inputs normalised otherwise than the first set of weights"
    }
  }

  package var help: String {
    switch self {
    case .unknownCommand(let name, let known):
      known.nearest(to: name).map { "did you mean '\($0)'?" } ?? "there are \(known.joined(separator: ", "))"
    case .notASetting: "'zoo info' of the model lists its settings"
    case .notAnAxis, .notAChunk: "'zoo info' of the model shows the axes of its inputs"
    case .unknownAxis(let name, let known), .unknownInput(let name, let known), .unknownOutput(let name, let known),
      .unknownGraph(let name, let known):
      known.nearest(to: name).map { "did you mean '\($0)'?" } ?? (known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))")
    case .unclear(let text, let option, let known): "write --\(option) NAME=\(text); NAME is one of \(known.joined(separator: ", "))"
    case .nothingCarried(_, let option): "leave --\(option) out"
    case .none(_, let option): "leave --\(option) out"
    case .twice: "give it once"
    case .noCodec(_, let reads, let known): "files to \(reads ? "read" : "write") end in \(known.map { "." + $0 }.joined(separator: ", "))"
    case .notSVG(let file): "name it '\(file.dropLast(fileExtension(of: file).count + (fileExtension(of: file).isEmpty ? 0 : 1))).svg'"
    case .pictureOnTerminal: "give it a file with -o FILE.svg; -o - writes it here"
    case .otherInputs: "give weights that were trained on the same data"
    case .noMean: "give --weights once, or run a graph whose outputs are f32"
    case .int8Training: "train with f32, or --dtype bf16, and run what comes of it with --weights int8"
    }
  }
}

/// How the process ends.
enum Status: Int32 {
  case success = 0
  /// It failed.
  case failure = 1
  /// It was asked wrongly (sysexits.h, EX_USAGE).
  case usage = 64
  /// It was asked to stop, and did (128 + SIGINT).
  case interrupted = 130

  /// How it ends because of `error`.
  init(_ error: any Error) {
    switch error {
    case is UsageError, is ZooError, is WordsError, is CheckError, is RunError, is RunsError: self = .usage
    case GraphError.unknownInput, GraphError.missingInput: self = .usage
    case let error as ManifestError where error.isAboutChoices: self = .usage
    case let error as TuneError where error.isUsage: self = .usage
    case let error as NewFamilyError where error.isUsage: self = .usage
    default: self = .failure
    }
  }
}

/// An end that needs no more words: they have been said.
struct Ended: Error {
  let status: Status
}

/// The lines that say what is wrong and what to do, as the command prints them.
func explanation(_ error: any Error, terminal: Terminal) -> String {
  guard let error = error as? any ExplainedError else { return "\(terminal.styled("zoo:", .failure)) \(error)" }
  return "\(terminal.styled("zoo:", .failure)) \(error.message)\n  \(terminal.styled("help:", .help)) \(error.help)"
}
