import Glibc

/// The memory of this process.
package enum ProcessMemory {
  /// The most that it has had at once.
  package static var peakBytes: Int {
    // getrusage knows it too, but also counts the program that this process was before it became this one.
    if let file = fopen("/proc/self/status", "r") {
      defer { fclose(file) }
      var text = [UInt8](repeating: 0, count: 1 << 14)
      let count = fread(&text, 1, text.count, file)
      if let bytes = peakBytes(status: String(decoding: text[..<count], as: UTF8.self)) { return bytes }
    }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }

  /// The same from what the kernel says of a process (proc(5), VmHWM).
  package static func peakBytes(status: String) -> Int? {
    for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard words.count == 3, words[2] == "kB" else { return nil }
      return Int(words[1]).map { $0 * 1024 }
    }
    return nil
  }
}
