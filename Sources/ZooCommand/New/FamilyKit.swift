import Glibc

/// What new families are made of: the examples, the protocol's headers and guide, and the Swift package with ZooPlugin.
///
/// A checkout of Zoo is one, and so is `share/zoo/kit` of an installation.
struct FamilyKit {
  let path: String

  /// The kit at `option`; without one, the first of those above and beside the program and the zoo.
  init(option: String?, program: String, zoo: String?) throws(NewFamilyError) {
    if let option {
      guard let path = resolved(option), Self.isKit(path) else { throw .notAKit(option) }
      self.path = path
      return
    }
    let folders = Self.above(program).flatMap { [$0, $0 + "/share/zoo/kit"] } + (zoo.map(Self.around) ?? [])
    guard let path = folders.first(where: Self.isKit) else { throw .noKit(program: program) }
    self.path = path
  }

  var headers: String { path + "/Sources/CZoo/include" }
  var guide: String { path + "/docs/protocol.md" }

  private static func isKit(_ path: String) -> Bool {
    ["/Examples/c/curves.c", "/Sources/CZoo/include/zoo.h", "/Package.swift"].allSatisfy { access(path + $0, R_OK) == 0 }
  }

  private static func around(_ zoo: String) -> [String] {
    guard let real = resolved(zoo) else { return [] }
    return [real + "/kit"] + above(real).prefix(1)
  }

  /// The folders that a path is in, the nearest first.
  private static func above(_ path: String) -> [String] {
    let parts = path.split(separator: "/")
    return (0..<parts.count).reversed().map { "/" + parts[..<$0].joined(separator: "/") }
  }
}
