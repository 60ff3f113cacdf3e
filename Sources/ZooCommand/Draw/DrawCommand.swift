import ArgumentParser
import Glibc
import ZooFormats
import ZooRuntime

/// `zoo draw`: the graph of a model as a picture.
struct DrawCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "draw", abstract: "Draw the graph of a model.", usage: "zoo draw <model> [<options>]",
    discussion: """
      Writes an SVG file that needs nothing else and follows the reader's choice of light or dark. What is repeated is drawn once.

      Examples:
        zoo draw lenet5 -o lenet5.svg
        zoo draw char-gpt --graph read --batch 8 > read.svg
      """)

  @Argument(help: "A model's name, or the path of its manifest.")
  var model: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write; - is standard output, where it goes without this in a pipe.", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("Draw this graph of the manifest instead of its first.", valueName: "name"))
  var graph: String?

  @OptionGroup
  var axes: AxisOptions

  @OptionGroup
  var options: ModelOptions

  func run() throws {
    let file = try file()
    let open = try OpenModel(model, options)
    let index = try open.graphIndex(graph)
    let report = try ModelReport(open, graph: index, lengths: try axes.lengths(open, graph: index))
    let text = Array(try SVG.text(try Diagram(report), subject: open.listing.name).utf8)
    if let file { try AtomicFile.write(text, to: file) } else { write(text, to: STDOUT_FILENO) }
  }

  /// Where the picture goes; nil: to standard output.
  private func file() throws(UsageError) -> String? {
    guard let output else {
      if Terminal.output.isTerminal { throw .pictureOnTerminal }
      return nil
    }
    if output == "-" { return nil }
    var status = stat()
    // A pipe or a device may have any name.
    let isSpecial = stat(output, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    guard isSpecial || fileExtension(of: output) == "svg" else { throw .notSVG(file: output) }
    return output
  }
}
