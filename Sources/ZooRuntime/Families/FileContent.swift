import Glibc
import ZooFormats

/// Reads whole files without mapping them: one that shrinks meanwhile is an error then, not a SIGBUS.
enum FileContent {
  /// The digest of what is in the file at `path`; nil: it cannot be read.
  static func digest(of path: String) -> String? {
    var hash = SHA256()
    return each(path) { hash.add($0) } ? hash.digest() : nil
  }

  /// Calls `body` with one part after the other; false: the file cannot be read to its end.
  static func each<Failure: Error>(_ path: String, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return count == 0 }
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }
}
