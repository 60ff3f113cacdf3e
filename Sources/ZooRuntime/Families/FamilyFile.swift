/// A file that is a family, loaded when something in it is first needed.
final class FamilyFile: Sendable {
  /// The path that messages name.
  let path: String
  /// What it has.
  let names: FamilyNames

  private let look: @Sendable () -> FamilyError.Reason?
  private let state: Locked<State>

  private struct State {
    var family: Family?
    var problem: FamilyError?
    var kinds: [String: KindInfo] = [:]
    var codecs: [String: CodecInfo] = [:]

    mutating func keep(_ family: Family) {
      self.family = family
      kinds = Dictionary(family.kinds.map { ($0.name, $0) }) { first, _ in first }
      codecs = Dictionary(family.codecs.map { ($0.name, $0) }) { first, _ in first }
    }
  }

  /// A file in which `probe` has found these names, when its stamp was `stamp`.
  init(_ path: String, names: FamilyNames, stamp: FileStamp?, probe: FamilyProbe) {
    self.path = path
    self.names = names
    look = {
      // It may be long ago: another file of that name is as unknown as any.
      guard stamp != FileStamp(path), case .problem(let reason) = probe.look(at: [path])[0].finding else { return nil }
      return reason
    }
    state = Locked(State())
  }

  /// A family that is loaded.
  init(_ family: Family) {
    path = family.path
    names = FamilyNames(family)
    look = { nil }
    var loaded = State()
    loaded.keep(family)
    state = Locked(loaded)
  }

  /// The family; nil: it would not load, for all that another process could.
  var family: Family? { loaded { $0.family } }

  /// Why it would not load; nil: it did, or nobody has asked yet.
  var problem: FamilyError? { state.access { $0.problem } }

  /// The kind of that name.
  func kind(_ name: String) -> KindInfo? { loaded { $0.kinds[name] } }

  /// The codec of that name.
  func codec(_ name: String) -> CodecInfo? { loaded { $0.codecs[name] } }

  private func loaded<Result>(_ body: (State) -> Result) -> Result {
    state.access { state in
      if state.family == nil, state.problem == nil {
        do throws(FamilyError) {
          if let reason = look() { throw FamilyError(path, reason) }
          state.keep(try Family(loading: path))
        } catch {
          state.problem = error
        }
      }
      return body(state)
    }
  }
}
