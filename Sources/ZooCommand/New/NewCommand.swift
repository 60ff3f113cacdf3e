import ArgumentParser
import Glibc
import ZooFormats
import ZooRuntime
import ZooTypes

/// `zoo new`: what one begins with.
struct NewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Begin a family of your own.", subcommands: [NewFamilyCommand.self])
}

/// `zoo new family`: a folder that builds, is tested and can be changed into what one wants.
struct NewFamilyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "family", abstract: "Write a family that builds, passes 'zoo check' and trains.",
    usage: "zoo new family <name> [<options>]",
    discussion: """
      It has two kinds of layers, one of them with parameters, both with a backward, and a model that is trained with them. The folder is \
      named after the family; nothing that is there already is touched.

      Examples:
        zoo new family waves
        zoo new family waves --language rust
      """)

  @Argument(help: "The family's name: a lower-case letter, then lower-case letters, digits and '_'.")
  var name: String

  @Option(help: ArgumentHelp("c, rust or swift; it is built with a C compiler, cargo or Swift 6.3.", valueName: "language"))
  var language = "c"

  @Option(
    help: ArgumentHelp("A checkout of Zoo, or its kit as installed. Without it: where this program or the zoo is.", valueName: "folder"))
  var kit: String?

  @OptionGroup
  var options: ZooOptions

  func run() throws {
    guard let language = FamilyLanguage(rawValue: language) else { throw NewFamilyError.unknownLanguage(language) }
    let name = try FamilyName(name)
    let program = resolved("/proc/self/exe") ?? "zoo"
    let surrounding = try surroundingZoo()
    let kit = try FamilyKit(option: kit, program: program, zoo: surrounding?.folder.path)
    let zoo = try surrounding ?? kit.zoo(options)
    if let family = zoo.catalog.families.first(where: { $0.name == name.text }) {
      throw NewFamilyError.nameTaken(name.text, path: family.path)
    }
    let template = FamilyTemplate(
      language: language, name: name, kit: kit, program: program, zoo: resolved(zoo.folder.path) ?? zoo.folder.path)
    try template.files().write(to: name.text)
    printResult(
      """
      \(name.text)/ has a family in \(language.title): \(language.source(name)) is where its layers are.

        cd \(name.text)
        make          builds build/\(name.text).so\(language.need)
        make test     checks it, trains digits.json with it, and reads a digit
        make install  puts it into '\(template.zoo)/plugins', where every model can use it

      README.md says what to change first; '\(kit.guide)' explains the protocol.
      """)
  }

  /// The zoo that is named or near; nil: there is none, and none was named.
  private func surroundingZoo() throws -> Zoo? {
    do {
      return try options.find()
    } catch ZooError.noZoo {
      return nil
    }
  }
}

extension FamilyKit {
  /// The zoo of a checkout, in which one need not be.
  fileprivate func zoo(_ options: ZooOptions) throws -> Zoo {
    var options = options
    if resolved(path + "/zoo/plugins") != nil { options.zoo = path + "/zoo" }
    return try options.find()
  }
}

/// Where a path leads, with every link followed; nil: nowhere.
func resolved(_ path: String) -> String? {
  guard let real = realpath(path, nil) else { return nil }
  defer { free(real) }
  return String(cString: real)
}
