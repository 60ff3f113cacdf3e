import CZoo
import Glibc
import ZooFormats
import ZooRuntime
import ZooTypes

/// One property that is proved of a family, or of each of its kinds.
package struct Check: Sendable {
  /// What it is about.
  package enum Subject: Sendable {
    case family, kind
  }

  /// In kebab case: what a user names it by.
  package let id: String
  /// What must hold.
  package let words: String
  let subject: Subject
  /// Whether the host is to offer no more than every host must.
  var isBare = false
  let body: @Sendable (CheckContext) throws -> Void

  static func kind(_ id: String, _ words: String, _ body: @escaping @Sendable (CheckContext) throws -> Void) -> Check {
    Check(id: id, words: words, subject: .kind, body: body)
  }

  static func family(_ id: String, _ words: String, _ body: @escaping @Sendable (CheckContext) throws -> Void) -> Check {
    Check(id: id, words: words, subject: .family, body: body)
  }

  /// All of them, in the order in which they are reported.
  package static let all: [Check] =
    familyChecks + planChecks + memoryChecks + arithmeticChecks + precisionChecks + gradientChecks + abuseChecks
}

/// It does not hold.
struct CheckFailure: Error {
  let words: String
  init(_ words: String) { self.words = words }
}

/// It does not apply.
struct CheckSkip: Error {
  let words: String
  init(_ words: String) { self.words = words }
}

/// What a check looks at, in the process that runs it.
struct CheckContext {
  let family: Family
  /// nil: the check is about the family.
  let kind: KindInfo?
  /// The libraries that layers may call.
  let foreign: ForeignLibraries
  let progress: Progress

  func subject() throws -> KindInfo {
    guard let kind else { throw CheckFailure("the check is about a kind, and was given none") }
    return kind
  }

  func planner() throws -> Planner { Planner(kind: try subject(), foreign: foreign) }

  /// The cases of the kind; there is at least one.
  func cases() throws -> [CheckedCase] {
    progress.enter("plan", "what it accepts")
    let cases = try CaseFinder.cases(planner())
    guard !cases.isEmpty else {
      throw CheckSkip("nothing was found that its plan accepts")
    }
    return cases
  }

  /// Calls `body` with each case, or each that trains, whose words are added to a failure's.
  func each(training: Bool = false, _ body: (KindInfo, CheckedCase) throws -> Void) throws {
    let kind = try subject()
    var (count, skip): (Int, CheckSkip?) = (0, nil)
    for example in try cases() where example.trains || !training {
      progress.enter("plan", example.words)
      do {
        try body(kind, example)
        count += 1
      } catch let error as CheckSkip {
        skip = error
      } catch let error as CheckFailure {
        throw CheckFailure("\(error.words) (\(example.words))")
      } catch let error as LayerFailure where error.status == Int32(ZOO_NOT_ALLOWED) {
        skip = CheckSkip(error.words)
      } catch let error as LayerFailure where error.status == Int32(ZOO_UNSUPPORTED) && error.phase == .backward {
        // Some layers of the kind have a gradient, and others say that they have none.
        skip = CheckSkip(error.words)
      } catch let error as LayerFailure {
        throw CheckFailure("\(error.said) (\(example.words))")
      }
    }
    if count == 0 { throw skip ?? CheckSkip("it is never trained") }
  }

  func trial(_ example: CheckedCase, _ manner: Trial.Manner = Trial.Manner()) throws -> Trial {
    try Trial(planner(), example, manner, progress)
  }
}

extension LayerFailure {
  /// What the layer was doing and what it said, without the path that it does not have here.
  var said: String { "it cannot \(phase.rawValue): \(words.isEmpty ? "status \(status)" : words)" }
}

/// Says how far a check has come, so that a crash can be told apart by what it happened in.
final class Progress: Sendable {
  private let descriptor: Int32

  init(descriptor: Int32) { self.descriptor = descriptor }

  func enter(_ phase: String, _ example: String? = nil) {
    var object: [(String, JSON)] = [("at", JSON(.string(phase)))]
    if let example { object.append(("case", JSON(.string(example)))) }
    say(object)
  }

  func say(_ members: [(String, JSON)]) {
    var object = JSONObject()
    for (name, value) in members { object[name] = value }
    let line = Array((JSON(.object(object)).text() + "\n").utf8)
    _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }
}
