import Glibc
package import ZooRuntime

/// Where things are in the repository.
package enum Repository {
  /// The folder of Package.swift.
  package static let root: String = {
    var parts = #filePath.split(separator: "/")
    parts.removeLast(3)
    return "/" + parts.joined(separator: "/")
  }()

  /// The fixtures' folder.
  package static var fixtures: String { root + "/Tests/Fixtures" }

  /// The families as built, as shared libraries: `make build` puts them there.
  ///
  /// `ZOO_TEST_PLUGINS` names another folder.
  package static let plugins: String = getenv("ZOO_TEST_PLUGINS").map { String(cString: $0) } ?? root + "/zoo/plugins"

  /// The command as built, beside the tests.
  ///
  /// `ZOO_TEST_COMMAND` names another one.
  package static let command: String = {
    if let path = getenv("ZOO_TEST_COMMAND") { return String(cString: path) }
    guard let real = realpath("/proc/self/exe", nil) else { return "zoo" }
    defer { free(real) }
    return String(cString: real).split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/zoo"
  }()

  /// The in-tree families, loaded once.
  package static let catalog = Catalog(folder: plugins)

  /// The names in a folder, sorted.
  package static func files(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } })
    }
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }

  /// The kind of that name.
  package static func kind(_ name: String) throws -> KindInfo {
    guard let kind = catalog.kind(name) else {
      throw TestProblem("no family in \(plugins) has \(name); problems: \(catalog.problems.map(\.message))")
    }
    return kind
  }
}
