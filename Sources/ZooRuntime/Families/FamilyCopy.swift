import Glibc
import ZooFormats

/// A copy of a family under a name that says its content.
///
/// The loader knows libraries by their files: a path that it has met returns the code that it has met there. A new content
/// therefore needs a new file, and the same content finds the same one again.
enum FamilyCopy {
  /// Copies the family at `path` beside itself, where `$ORIGIN` means the same, and returns the copy's path.
  ///
  /// It is complete, and the same as the original at one moment, or there is none.
  static func make(of path: String) throws(FamilyError) -> String {
    // Whoever writes the file may be in the midst of it. A family is copied in milliseconds: a few attempts are enough.
    for attempt in 0..<attempts {
      if attempt > 0 { usleep(useconds_t(20_000 << attempt)) }
      try ELFHeader.check(path)
      if let copy = try attemptCopy(of: path) { return copy }
    }
    throw FamilyError(path, .uncopied("it keeps changing while it is copied"))
  }

  private static let attempts = 5
  private static let digits = 16
  /// Copies that another process may be about to open are left alone; older ones are mapped by now, which needs no name.
  private static let lifetime = 3600 * 1_000_000_000

  /// nil: the file changed meanwhile.
  private static func attemptCopy(of path: String) throws(FamilyError) -> String? {
    guard let before = FileStamp(path) else { throw FamilyError(path, .unreadable(String(cString: strerror(errno)))) }
    guard before.isSettled else { return nil }
    guard let digest = FileContent.digest(of: path) else { throw FamilyError(path, .unreadable(String(cString: strerror(errno)))) }
    let prefix = "\(parent(of: path))/.\(lastName(of: path).dropLast(3))-"
    let copy = prefix + digest.prefix(digits) + ".so"
    if FileContent.digest(of: copy) != digest {
      do throws(FileError) {
        try AtomicFile.replace(copy) { (output) throws(FileError) in
          _ = try FileContent.each(path) { (bytes) throws(FileError) in try output.write(bytes) }
        }
      } catch {
        throw FamilyError(path, .uncopied(error.message))
      }
    }
    guard FileContent.digest(of: copy) == digest, before == FileStamp(path) else {
      unlink(copy)
      return nil
    }
    try ELFHeader.check(copy)
    removeOld(prefix, except: copy)
    return copy
  }

  private static func removeOld(_ prefix: String, except copy: String) {
    let folder = parent(of: prefix)
    guard let newest = FileStamp(copy), let directory = opendir(folder) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      let path = "\(folder)/\(name)"
      guard path.hasPrefix(prefix), path.count == prefix.count + digits + 3, path != copy, let stamp = FileStamp(path),
        stamp.modified < newest.modified - lifetime
      else { continue }
      unlink(path)
    }
  }
}
