import ZooFormats

extension FamilyReport {
  /// What the end of a process that looked at a family means; it had `limit` for that.
  init(_ ending: ChildProcess.Ending, limit: Duration) {
    var (phase, found): (LoadPhase?, FamilyReport?) = (nil, nil)
    for line in ending.output.split(separator: UInt8(ascii: "\n")) {
      guard let json = try? JSONDocument(Array(line), file: "probe").root else { continue }
      if let next = json["phase"]?.string.flatMap({ LoadPhase(rawValue: $0) }) { phase = next }
      found = FamilyReport(json)
      if found != nil {
        phase = .exit
        break
      }
    }
    if let found, ending.status == 0 {
      self = found
    } else {
      self.init(finding: .problem(Self.reason(ending, phase, limit)))
    }
  }

  private static func reason(_ ending: ChildProcess.Ending, _ phase: LoadPhase?, _ limit: Duration) -> FamilyError.Reason {
    // Before the family's turn: it is not to blame.
    guard let phase else { return .unprobed("the process for that said nothing") }
    guard let status = ending.status else { return .hung(milliseconds: Int(limit / .milliseconds(1)), phase) }
    guard case let signal = status & 0x7F, signal != 0 else { return .exited(status: status >> 8 & 0xFF, phase) }
    let words = String(decoding: ending.errors.suffix(2048), as: UTF8.self).split(whereSeparator: \.isNewline).last
    return .crashed(signal: signal, phase, words: oneLine(String(words ?? "")))
  }
}
