import Glibc
import Testing
import ZooFormats
import ZooTypes

/// Files of Tests/Fixtures, and folders to write into.
enum Files {
  /// The folder of Package.swift.
  static let repository = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// Where a fixture is.
  static func fixture(_ name: String) -> String { repository + "/Tests/Fixtures/" + name }

  /// What a fixture holds.
  static func bytes(_ name: String) throws -> [UInt8] { try MappedFile(fixture(name)).contents }

  /// Calls `body` with a new folder, which is gone afterwards.
  static func inFolder(_ body: (String) throws -> Void) throws {
    var template = Array("/tmp/zoo-formats-XXXXXX".utf8CString)
    let folder = try #require(mkdtemp(&template)).withMemoryRebound(to: CChar.self, capacity: template.count) { String(cString: $0) }
    defer {
      for name in names(in: folder) { remove(folder + "/" + name) }
      rmdir(folder)
    }
    try body(folder)
  }

  /// The names in a folder, sorted.
  static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

/// Expects that `body` throws an explained error with these words, and with help.
func expectError(_ message: String, help: String? = nil, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void) {
  do {
    try body()
    Issue.record("nothing is wrong, expected: \(message)", sourceLocation: sourceLocation)
  } catch let error as any ExplainedError {
    #expect(error.message == message, sourceLocation: sourceLocation)
    #expect(!error.help.isEmpty, sourceLocation: sourceLocation)
    if let help { #expect(error.help == help, sourceLocation: sourceLocation) }
  } catch {
    Issue.record("\(error) does not explain itself", sourceLocation: sourceLocation)
  }
}

extension Array where Element: BitwiseCopyable {
  /// The elements that `bytes` are.
  init(of bytes: UnsafeRawBufferPointer) {
    self = (0..<bytes.count / MemoryLayout<Element>.size).map {
      bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self)
    }
  }

  /// The elements that `bytes` are.
  init(of bytes: [UInt8]) { self = bytes.withUnsafeBytes { Array(of: $0) } }

  /// The bytes that the elements are.
  var asBytes: [UInt8] { withUnsafeBytes { Array<UInt8>($0) } }
}
