import Glibc
package import ZooFormats

/// A file that grows while something runs: what was appended is the system's at once, so that a killed process leaves it.
package final class AppendedFile {
  /// Where it is.
  package let path: String
  private let descriptor: Int32

  /// Opens the file at `path`, which is made if it is not there.
  package init(_ path: String) throws(FileError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .system(action: "write", path: path, code: errno) }
  }

  /// Keeps its first `length` bytes.
  package func shorten(to length: Int) throws(FileError) {
    if ftruncate(descriptor, off_t(length)) != 0 { throw .system(action: "shorten", path: path, code: errno) }
  }

  deinit { close(descriptor) }

  /// Appends `bytes`, all in one call where the system takes them: readers see whole records.
  package func append(_ bytes: [UInt8]) throws(FileError) {
    var code: Int32 = 0
    bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        if count < 0 {
          code = errno
          return
        }
        rest = rest.dropFirst(count)
      }
    }
    if code != 0 { throw .system(action: "write", path: path, code: code) }
  }

  /// Keeps everyone else from locking it, until this process closes it or ends, however it ends; false: another has.
  package func lock() -> Bool {
    // Whoever only asks holds it for a moment.
    for _ in 0..<10 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
      usleep(5_000)
    }
    return false
  }

  /// Whether a process holds the lock of the file at `path`.
  package static func isLocked(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }
}
