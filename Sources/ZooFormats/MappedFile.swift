import Glibc
import ZooTypes

/// A file's bytes, mapped into memory and read-only, for as long as this object lives.
///
/// A file that someone shortens while it is mapped ends the process when the missing part is read: replace files that may be
/// in use by renaming, as `AtomicFile` does.
public final class MappedFile: @unchecked Sendable {
  /// The path that it was opened by.
  public let path: String
  // Not public: a pointer into an object that nobody keeps would be dangling at once.
  let bytes: UnsafeRawBufferPointer

  /// Maps the regular file at `path`.
  ///
  /// An empty file has no bytes.
  public init(_ path: String) throws(FileError) {
    self.path = path
    // Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { throw .missing(path: path, similar: similarName(to: path)) }
      throw .system(action: "open", path: path, code: errno)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(action: "look at", path: path, code: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path, what: describe(mode: status.st_mode)) }
    let size = Int(status.st_size)
    if size == 0 {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw .system(action: "map", path: path, code: errno)
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  /// Calls `body` with the content, which is there only until it returns.
  public func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }

  /// A copy of the content.
  public var contents: [UInt8] { withUnsafeBytes { Array($0) } }

  deinit {
    if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
  }
}

/// What a file mode is of, in words.
func describe(mode: mode_t) -> String {
  switch mode & S_IFMT {
  case S_IFDIR: "a folder"
  case S_IFIFO: "a pipe"
  case S_IFSOCK: "a socket"
  case S_IFCHR, S_IFBLK: "a device"
  default: "something special"
  }
}

/// The name in the folder of `path` that is closest to it, if one is close enough to be meant.
private func similarName(to path: String) -> String? {
  guard let stream = opendir(folder(of: path)) else { return nil }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted().nearest(to: name(of: path))
}
