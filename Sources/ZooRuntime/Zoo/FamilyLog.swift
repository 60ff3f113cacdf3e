import CHost
import CZoo
import Glibc

/// What families say to whoever runs the host.
public enum FamilyLog {
  /// From now on writes their warnings and errors to standard error, a line each; everything else is dropped.
  public static func showWarnings() {
    zoo_host_set_log { level, words, count in
      guard level >= Int32(ZOO_LOG_WARNING), let words else { return }
      let text = String(decoding: UnsafeRawBufferPointer(start: words, count: Int(count)), as: UTF8.self)
      let line = Array("zoo: \(level == Int32(ZOO_LOG_WARNING) ? "warning" : "error"): \(text)\n".utf8)
      _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
  }
}
