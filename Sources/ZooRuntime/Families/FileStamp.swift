import Glibc
import ZooFormats

/// What tells, without reading it, that a file is still the one that was looked at.
struct FileStamp: Hashable, Sendable {
  let device: Int
  let inode: Int
  let size: Int
  /// Nanoseconds since 1970.
  let modified: Int
  /// Nanoseconds since 1970, and not for anyone to set.
  let changed: Int

  /// The stamp of the file at `path`, links followed; nil: there is none.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = Int(truncatingIfNeeded: status.st_dev)
    inode = Int(truncatingIfNeeded: status.st_ino)
    size = Int(status.st_size)
    modified = nanoseconds(status.st_mtim)
    changed = nanoseconds(status.st_ctim)
  }

  /// Whether the file has been left alone for so long that another change would show in its times.
  ///
  /// File systems keep times to a tick of the kernel's clock only: two changes within one look like one.
  var isSettled: Bool {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return max(modified, changed) < nanoseconds(now) - 50_000_000
  }
}

private func nanoseconds(_ time: timespec) -> Int { time.tv_sec &* 1_000_000_000 &+ time.tv_nsec }

extension FileStamp {
  init?(_ json: JSON?) {
    guard let values = json?.array, values.count == 5, case let numbers = values.compactMap(\.integer), numbers.count == 5
    else { return nil }
    (device, inode, size, modified, changed) = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
  }

  var json: JSON { JSON(.array([device, inode, size, modified, changed].map { JSON(.integer($0)) })) }
}
