import CHost
import CZoo
import Glibc

/// What the layers of one execution share: the seed, the step, their precision, cancellation, and the words of the first failure.
///
/// The memory is C's, so that layers reach it without entering Swift.
public final class Run: @unchecked Sendable {
  let raw: UnsafeMutablePointer<zoo_run>
  /// What layers compute with.
  public let precision: Precision
  private let allowed: AllowedLibraries

  /// A run with its seed, whose layers may call these libraries.
  public init(seed: UInt64 = 0, foreign: ForeignLibraries = .none, precision: Precision = Precision()) {
    self.precision = precision
    raw = .allocate(capacity: 1)
    raw.initialize(to: zoo_run())
    raw.pointee.seed = seed
    allowed = AllowedLibraries(foreign)
    raw.pointee.allowed = UnsafePointer(allowed.entries.baseAddress)
    raw.pointee.allowed_count = UInt64(allowed.entries.count)
    raw.pointee.allowed_file = UnsafePointer(allowed.list)
    raw.pointee.written_limit = 1 << 31
  }

  deinit {
    free(raw.pointee.written)
    raw.deallocate()
  }

  /// Everything random depends on it, and on nothing else that may vary.
  public var seed: UInt64 {
    get { raw.pointee.seed }
    set { raw.pointee.seed = newValue }
  }

  /// Counts executions: every step has its own random numbers.
  public var step: UInt64 {
    get { raw.pointee.step }
    set { raw.pointee.step = newValue }
  }

  /// Asks what runs to stop at its next chance.
  public func cancel(_ cancelled: Bool = true) { zoo_run_cancel(raw, cancelled ? 1 : 0) }

  /// Whether it was asked to stop.
  public var isCancelled: Bool { zoo_run_is_cancelled(raw) != 0 }

  /// The words of the first failure, which is then forgotten.
  func takeWords() -> String {
    let count = Int(raw.pointee.word_count)
    let words = withUnsafePointer(to: &raw.pointee.words) {
      String(decoding: UnsafeRawBufferPointer(start: $0, count: count), as: UTF8.self)
    }
    zoo_run_reset(raw)
    return words
  }
}

/// How many threads layers run on.
///
/// OpenMP's pool is the only one.
public enum Threads {
  /// At most so many at once.
  ///
  /// Setting 0 means one for each core.
  public static var count: Int {
    get { Int(zoo_host_threads()) }
    set { zoo_host_set_threads(Int32(clamping: newValue)) }
  }
}
