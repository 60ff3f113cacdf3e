import Glibc

/// Writes files so that nobody ever sees half of one: into a temporary beside it, onto the disk, then renamed.
public enum AtomicFile {
  /// Replaces the file at `path` with `bytes`.
  public static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(FileError) {
    try replace(path) { (output) throws(FileError) in try output.write(bytes) }
  }

  /// Replaces the file at `path` with `bytes`.
  public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    try replace(path) { (output) throws(FileError) in try output.write(bytes) }
  }

  /// Replaces the file at `path` with what `body` writes.
  ///
  /// If anything fails, the old file stays as it was. A symbolic link is followed; a pipe or a device, such as `/dev/stdout`, is written to directly.
  public static func replace(_ path: String, _ body: (FileOutput) throws(FileError) -> Void) throws(FileError) {
    var status = stat()
    var target = path
    if stat(path, &status) == 0 {
      switch status.st_mode & S_IFMT {
      case S_IFREG: target = resolved(path)
      case S_IFDIR, S_IFSOCK: throw .notAFile(path: path, what: describe(mode: status.st_mode))
      default: return try writeDirectly(path, body)
      }
    }

    let temporary = try FileOutput.beside(target)
    do throws(FileError) {
      try body(temporary)
      try temporary.finish()
    } catch {
      temporary.discard()
      throw error
    }
    guard rename(temporary.path, target) == 0 else {
      let code = errno
      temporary.discard()
      throw .system(action: "write", path: path, code: code)
    }
    try sync(folder: folder(of: target))
  }

  private static func writeDirectly(_ path: String, _ body: (FileOutput) throws(FileError) -> Void) throws(FileError) {
    let output = try FileOutput(path: path, shown: path, flags: O_WRONLY)
    try body(output)
    try output.finish()
  }

  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  /// Makes the renaming itself survive a power cut.
  ///
  /// Some file systems cannot, which is no reason to fail.
  private static func sync(folder: String) throws(FileError) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    if fsync(descriptor) != 0 && (errno == EIO || errno == ENOSPC) {
      throw .system(action: "write", path: folder, code: errno)
    }
  }
}

/// What `AtomicFile.replace` hands out to be written to.
public final class FileOutput {
  /// The bytes written so far.
  public private(set) var count = 0

  let path: String
  private let shown: String  // the path that messages name
  private var descriptor: Int32
  private var buffer: [UInt8] = []

  private static let bufferSize = 1 << 16

  init(path: String, shown: String, flags: Int32) throws(FileError) {
    self.path = path
    self.shown = shown
    descriptor = open(path, flags | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .system(action: "write", path: shown, code: errno) }
  }

  /// A new file in the folder of `target` whose name is not taken.
  static func beside(_ target: String) throws(FileError) -> FileOutput {
    var attempt = 0
    while true {
      let path = "\(folder(of: target))/.\(name(of: target)).\(getpid())-\(attempt).part"
      do throws(FileError) {
        return try FileOutput(path: path, shown: target, flags: O_WRONLY | O_CREAT | O_EXCL)
      } catch {
        guard case .system(_, _, EEXIST) = error, attempt < 100 else { throw error }
        attempt += 1
      }
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Appends bytes.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    count += bytes.count
    if buffer.count + bytes.count < Self.bufferSize {
      buffer.append(contentsOf: bytes)
    } else {
      try flush()
      try put(bytes)
    }
  }

  /// Appends bytes.
  public func write(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { (bytes) throws(FileError) in try write(UnsafeRawBufferPointer(bytes)) }
  }

  private func flush() throws(FileError) {
    try buffer.withUnsafeBufferPointer { (bytes) throws(FileError) in try put(UnsafeRawBufferPointer(bytes)) }
    buffer.removeAll(keepingCapacity: true)
  }

  private func put(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if written < 0 && errno == EINTR { continue }
      guard written >= 0 else { throw .system(action: "write", path: shown, code: errno) }
      rest = rest.dropFirst(written)
    }
  }

  /// Brings everything onto the disk and closes.
  ///
  /// Pipes and devices have no disk behind them (EINVAL, EROFS).
  func finish() throws(FileError) {
    try flush()
    if fsync(descriptor) != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP {
      throw .system(action: "write", path: shown, code: errno)
    }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 || errno == EINTR else { throw .system(action: "write", path: shown, code: errno) }
  }

  /// Closes and removes what was written.
  func discard() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    unlink(path)
  }
}
