import CHost
import Glibc
import ZooFormats

extension FamilyProbe {
  /// Looks at the file at `path` in this process, which may not survive that.
  ///
  /// Writes lines of JSON to standard output: how far it has come, then what it found. What the family itself writes there is
  /// kept apart. The process should end by `exit` afterwards: how it ends is part of the answer.
  public static func answer(path: String) -> Int32 {
    // Longer than any limit that whoever asks would wait for: only if they are gone.
    let output = zoo_child_begin(60)
    guard output >= 0 else { return 1 }
    func say(_ json: JSON) {
      let line = Array((json.text() + "\n").utf8)
      _ = line.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
    }

    var report: FamilyReport
    do throws(FamilyError) {
      let family = try Family(loading: path, shownAs: path) { say(["phase": JSON(.string($0.rawValue))]) }
      report = FamilyReport(finding: .family(FamilyNames(family)))
    } catch {
      report = FamilyReport(finding: .problem(error.reason))
    }
    if let words = printed() { report = FamilyReport(finding: .problem(.printed(words))) }
    report.libraries = libraries().filter { $0.path != path }
    say(report.json)
    return 0
  }

  /// The first line of what has been written to standard output.
  private static func printed() -> String? {
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 200) { buffer in
      let count = zoo_child_printed(buffer.baseAddress, UInt64(buffer.count))
      return String(decoding: UnsafeRawBufferPointer(start: buffer.baseAddress, count: Int(count)), as: UTF8.self)
    }
    return text.isEmpty ? nil : oneLine(text)
  }

  private static func libraries() -> [FamilyReport.Library] {
    var paths: [String] = []
    withUnsafeMutablePointer(to: &paths) { paths in
      zoo_each_library(
        { path, data in
          guard let path else { return }
          data?.assumingMemoryBound(to: [String].self).pointee.append(String(cString: path))
        }, paths)
    }
    return paths.compactMap { path in FileStamp(path).map { .init(path: path, stamp: $0) } }
  }
}

/// The first line of `text` that says anything, without control characters, which a terminal would obey.
func oneLine(_ text: String) -> String {
  let lines = text.split(whereSeparator: \.isNewline).map { line in
    String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.properties.generalCategory != .control }))
  }
  let line = lines.first { $0.contains { !$0.isWhitespace } } ?? ""
  return line.count > 160 ? line.prefix(160) + "…" : line
}
