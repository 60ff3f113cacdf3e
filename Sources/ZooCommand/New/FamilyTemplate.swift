import Glibc
import ZooFormats
import ZooTraining

/// An example of the kit as a family of another name, which finds what it needs where it is now.
struct FamilyTemplate {
  let language: FamilyLanguage
  let name: FamilyName
  let kit: FamilyKit
  /// This program, and the zoo that it works with: absolute.
  let program: String
  let zoo: String

  /// Every file of the new folder.
  ///
  /// Those of an example differ in the family's name and in what leads out of the folder.
  func files() throws -> FileTree {
    var tree = FileTree()
    for file in language.files {
      var text = try contents("Examples/\(language.rawValue)/\(file)")
      for (old, new) in places(in: file) { text.replace(old, with: new) }
      text.replace(language.example, with: name.text)
      tree.files.append((file.replacing(language.example, with: name.text), text))
    }
    // The headers of one major version never become unusable: a copy of them lasts, wherever the folder is taken.
    if language == .c { tree.files += try headers() }
    return tree
  }

  /// `zoo.h` and what it includes.
  private func headers() throws -> [(path: String, text: String)] {
    let main = try contents("Sources/CZoo/include/zoo.h")
    let others = main.split(separator: "\n").filter { $0.hasPrefix("#include \"zoo/") }.compactMap { $0.split(separator: "\"").last }
    return try [("include/zoo.h", main)] + others.map { ("include/\($0)", try contents("Sources/CZoo/include/\($0)")) }
  }

  /// What in a file of an example leads out of its folder, and what stands there instead.
  private func places(in file: String) -> [(String, String)] {
    switch file {
    case "Makefile":
      [
        ("ZOO ?= ../../.build/release/zoo", "ZOO ?= " + makeText(program)), ("ZOO_FOLDER ?= ../../zoo", "ZOO_FOLDER ?= " + makeText(zoo)),
        ("HEADERS ?= ../../Sources/CZoo/include", "HEADERS ?= include"),
      ]
    case "Package.swift": [("\"../..\"", swiftText(kit.path))]
    default: []
    }
  }

  private func contents(_ path: String) throws -> String {
    String(decoding: try MappedFile(kit.path + "/" + path).contents, as: UTF8.self)
  }

  private func makeText(_ path: String) -> String { path.replacing("$", with: "$$").replacing("#", with: "\\#") }

  private func swiftText(_ path: String) -> String {
    "\"\(path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }
}

/// Files by their paths in a folder that is to be made.
struct FileTree {
  var files: [(path: String, text: String)] = []

  /// Makes the folder with everything in it, or nothing at all: what is at `folder` already stays as it is.
  func write(to folder: String) throws {
    guard mkdir(folder, 0o777) == 0 else {
      let code = errno
      if code == EEXIST { throw NewFamilyError.exists(folder) }
      throw FileError.system(action: "make the folder", path: folder, code: code)
    }
    do {
      for file in files {
        if let slash = file.path.lastIndex(of: "/") { try makeFolder("\(folder)/\(file.path[..<slash])") }
        try AtomicFile.write(Array(file.text.utf8), to: "\(folder)/\(file.path)")
      }
    } catch {
      remove(folder)
      throw error
    }
  }

  /// Removes what `write` may have made.
  private func remove(_ folder: String) {
    for file in files { unlink("\(folder)/\(file.path)") }
    let folders = files.flatMap { file in
      file.path.indices.filter { file.path[$0] == "/" }.map { String(file.path[..<$0]) }
    }
    for name in Set(folders).sorted(by: { $0.utf8.count > $1.utf8.count }) { rmdir("\(folder)/\(name)") }
    rmdir(folder)
  }
}
