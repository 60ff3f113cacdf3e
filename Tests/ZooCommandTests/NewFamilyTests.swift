import Glibc
import Testing
import ZooTestSupport

/// What `zoo new family` writes, and what it refuses.
@Suite struct NewFamilyTests {
  private func new(_ zoo: ZooFixture, _ arguments: String...) throws -> Command.Result {
    try zoo.run(all: ["new", "family"] + arguments + ["--kit", Repository.root])
  }

  @Test("a family builds, passes its own test, and is in the zoo after 'make install'", arguments: Example.buildable)
  func newFamily(_ language: String) throws {
    let zoo = try ZooFixture()
    try zoo.addDigits()
    let written = try new(zoo, "my_family2", "--language", language)
    #expect(written.errors == "")
    #expect(written.status == 0)
    #expect(written.output.contains("\n  cd my_family2\n  make          builds build/my_family2.so with "))
    let folder = zoo.path + "/my_family2"
    let built = try Command.run(["make"], environment: building, folder: folder)
    #expect(built.status == 0, "\(built.output)\(built.errors)")
    #expect(!(built.output + built.errors).contains("warning:"), "\(built.output)\(built.errors)")
    #expect(try Example.exports(of: folder + "/build/my_family2.so") == ["zoo_family_v1"])
    let tested = try Command.run(["make", "test"], environment: building, folder: folder)
    #expect(tested.status == 0, "\(tested.output)\(tested.errors)")
    let installed = try Command.run(["make", "install"], environment: building, folder: folder)
    #expect(installed.status == 0, "\(installed.errors)")
    let kinds = try zoo.run("list", "kinds")
    #expect(kinds.errors == "")
    #expect(kinds.output.split(separator: "\n").filter { $0.hasPrefix("my_family2.") }.count == 2)
    // Nothing of the example's name is left.
    let old = ["c": "curves", "rust": "gates", "swift": "angles"][language] ?? ""
    #expect(try Command.run(["grep", "-rIl", "--exclude-dir=build", old, folder]).output == "")
    #expect(try Command.run(["grep", "-rIl", "--exclude-dir=build", "\\.\\./\\.\\.", folder]).output == "")
  }

  @Test func withoutALanguageItIsC() throws {
    let zoo = try ZooFixture(families: false)
    #expect(
      try new(zoo, "waves").output == """
        waves/ has a family in C: waves.c is where its layers are.

          cd waves
          make          builds build/waves.so with a C compiler
          make test     checks it, trains digits.json with it, and reads a digit
          make install  puts it into '\(zoo.path)/zoo/plugins', where every model can use it

        README.md says what to change first; '\(Repository.root)/docs/protocol.md' explains the protocol.

        """)
    let files = try Command.run(["find", ".", "-type", "f"], folder: zoo.path + "/waves").output.split(separator: "\n").sorted()
    let headers = Repository.files(in: Repository.root + "/Sources/CZoo/include/zoo").map { "./include/zoo/" + $0 }
    #expect(
      files.map(String.init)
        == ["./.gitignore", "./Makefile", "./README.md", "./digits.json", "./include/zoo.h"] + headers + ["./waves.c"])
    let differences = try Command.run(
      ["diff", "-r", "-x", "module.modulemap", "-x", "bf16.h", "include", Repository.root + "/Sources/CZoo/include"],
      folder: zoo.path + "/waves")
    #expect(differences.output == "")
  }

  @Test("the examples have no file that a new family lacks", arguments: ["c", "rust", "swift"])
  func files(_ language: String) throws {
    let zoo = try ZooFixture(families: false)
    #expect(try new(zoo, "waves", "--language", language).status == 0)
    let ignored = [
      "-name", "build", "-prune", "-o", "-name", "Cargo.lock", "-o", "-name", "Package.resolved", "-o", "-type", "f", "-print",
    ]
    let example = try Command.run(["find", "."] + ignored, folder: "\(Repository.root)/Examples/\(language)").output
    let family = try Command.run(["find", ".", "-name", "include", "-prune", "-o", "-type", "f", "-print"], folder: zoo.path + "/waves")
      .output
    #expect(example.split(separator: "\n").count == family.split(separator: "\n").count)
  }

  static let refused: [([String], String, Int32)] = [
    (
      ["My Family"],
      """
      zoo: 'My Family' cannot be the name of a family
        help: it is a lower-case letter, then up to 39 lower-case letters, digits and '_', such as 'my_family'

      """, 64
    ),
    (
      ["../7"],
      """
      zoo: '../7' cannot be the name of a family
        help: it is a lower-case letter, then up to 39 lower-case letters, digits and '_'

      """, 64
    ),
    (
      ["wave.s"],
      """
      zoo: 'wave.s' cannot be the name of a family
        help: it is a lower-case letter, then up to 39 lower-case letters, digits and '_', such as 'wave_s'

      """, 64
    ),
    (
      ["waves", "--language", "rusty"],
      """
      zoo: there is no family to begin with in 'rusty'
        help: did you mean 'rust'?

      """, 64
    ),
    (
      ["waves", "--language", "python"],
      """
      zoo: there is no family to begin with in 'python'
        help: there are c, rust, swift

      """, 64
    ),
    (
      ["waves", "--kit", "/etc"],
      """
      zoo: '/etc' is neither a checkout of Zoo nor its kit
        help: a kit has the folders 'Examples' and 'Sources'; an installation has one in 'share/zoo/kit'

      """, 64
    ),
    (
      ["there"],
      """
      zoo: there already is something at 'there'
        help: choose another name, work in another folder, or move it away; nothing was written

      """, 1
    ),
    (
      ["dangling"],
      """
      zoo: there already is something at 'dangling'
        help: choose another name, work in another folder, or move it away; nothing was written

      """, 1
    ),
  ]

  @Test("what cannot be is refused, and nothing is left behind", arguments: refused)
  func refusals(_ arguments: [String], _ words: String, _ status: Int32) throws {
    let zoo = try ZooFixture(families: false)
    mkdir(zoo.path + "/there", 0o700)
    symlink("/nowhere/at/all", zoo.path + "/dangling")
    let kit = arguments.contains("--kit") ? [] : ["--kit", Repository.root]
    let result = try zoo.run(all: ["new", "family"] + arguments + kit)
    #expect(result.errors == words)
    #expect(result.output == "")
    #expect(result.status == status)
    #expect(Repository.files(in: zoo.path) == ["dangling", "there", "zoo"])
    #expect(Repository.files(in: zoo.path + "/there") == [])
  }

  @Test func theNameOfAFamilyOfTheZooIsTaken() throws {
    let zoo = try ZooFixture(families: false)
    try zoo.compile("good")
    let result = try new(zoo, "good")
    #expect(
      result.errors == """
        zoo: the zoo already has a family 'good': 'zoo/plugins/good.so'
          help: choose another name; 'zoo list families' shows those that are taken

        """)
    #expect(result.status == 64)
    #expect(Repository.files(in: zoo.path) == ["zoo"])
  }

  // No file may grow beyond eight blocks of 512 bytes, which the larger ones would.
  @Test func aFolderThatCannotBeFinishedIsRemoved() throws {
    let zoo = try ZooFixture(families: false)
    let result = try Command.run(
      ["sh", "-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" new family waves --kit \"$1\"", Repository.command, Repository.root],
      environment: neutral, folder: zoo.path)
    #expect(result.status == 1)
    #expect(result.errors.contains("File too large"), "\(result.errors)")
    #expect(Repository.files(in: zoo.path) == ["zoo"])
  }

  /// As `make install` lays things out: nothing needs to be named then.
  @Test("an installation has all that it takes", arguments: ["c", "swift"])
  func installation(_ language: String) throws {
    let zoo = try ZooFixture(families: false)
    let prefix = zoo.path + "/prefix"
    for name in ["", "/bin", "/share", "/share/zoo", "/share/zoo/plugins"] { mkdir(prefix + name, 0o700) }
    #expect(try Command.run(["cp", Repository.command, prefix + "/bin/zoo"]).status == 0)
    let kit = try Command.run(["make", "-C", Repository.root, "kit", "KIT=\(prefix)/share/zoo/kit"])
    #expect(kit.status == 0, "\(kit.errors)")
    mkdir(zoo.path + "/work", 0o700)
    let result = try Command.run(
      [prefix + "/bin/zoo", "new", "family", "waves", "--language", language, "--zoo", prefix + "/share/zoo"], environment: neutral,
      folder: zoo.path + "/work")
    #expect(result.errors == "")
    #expect(result.output.contains("puts it into '\(prefix)/share/zoo/plugins'"))
    #expect(result.output.contains("'\(prefix)/share/zoo/kit/docs/protocol.md' explains the protocol."))
    let built = try Command.run(["make", "install"], environment: building, folder: zoo.path + "/work/waves")
    #expect(built.status == 0, "\(built.output)\(built.errors)")
    #expect(Repository.files(in: prefix + "/share/zoo/plugins") == ["waves.so"])
  }

  @Test func withoutAKitItSaysWhereOneComesFrom() throws {
    let zoo = try ZooFixture(families: false)
    mkdir(zoo.path + "/bin", 0o700)
    #expect(try Command.run(["cp", Repository.command, zoo.path + "/bin/zoo"]).status == 0)
    let result = try Command.run([zoo.path + "/bin/zoo", "new", "family", "waves"], environment: neutral, folder: zoo.path)
    #expect(
      result.errors == """
        zoo: what new families are made of is not beside '\(zoo.path)/bin/zoo'
          help: 'make install' in a checkout of Zoo puts it into share/zoo/kit; --kit FOLDER names such a checkout

        """)
    #expect(result.status == 1)
    #expect(Repository.files(in: zoo.path) == ["bin", "zoo"])
  }

  @Test func newAloneShowsWhatThereIs() throws {
    let result = try ZooFixture(families: false).run("new")
    #expect(result.output.contains("\n  family "))
    #expect(result.status == 0)
  }
}
