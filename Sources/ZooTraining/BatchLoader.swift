import Glibc
import ZooRuntime

/// Reads the next batch on a thread of its own while the current one is computed on: two buffers that are swapped.
///
/// Batches are read by the same function whoever calls it, so no bit depends on the thread.
final class BatchLoader {
  /// Reads the rows into the memory of a slot, which has the columns one after the other.
  typealias Read = (_ rows: UnsafeBufferPointer<Int64>, _ into: UnsafeMutableRawPointer) throws -> Void

  private let shared: Shared
  private var thread = pthread_t()
  private var isRunning = false
  /// How long the other thread's work was waited for.
  private(set) var secondsWaited = 0.0

  /// A loader that reads by `read`.
  init(_ read: @escaping Read) { shared = Shared(read) }

  deinit {
    guard isRunning else { return }
    shared.withLock { $0.isStopped = true }
    pthread_join(thread, nil)
  }

  /// Says which batches come next, in this order, and how many bytes the largest takes.
  func expect(_ batches: Batches, bytes: Int) {
    shared.withLock { state in
      while state.isReading { shared.wait() }
      state.expect(batches)
      if bytes > shared.slotBytes { shared.resize(bytes) }
    }
    start()
  }

  /// Where the batch with these rows lies; nil: it is none of those that were announced.
  ///
  /// It stays there until another is asked for.
  func batch(_ rows: UnsafeBufferPointer<Int64>) throws -> UnsafeRawPointer? {
    try shared.withLock { state -> UnsafeRawPointer? in
      if state.current >= 0, state.batches.has(rows, at: state.current) { return UnsafeRawPointer(shared.slot(state.current)) }
      let next = state.current + 1
      guard isRunning, next < state.batches.count, state.batches.has(rows, at: next) else { return nil }
      if state.read <= next {
        let start = monotonicSeconds()
        while state.read <= next { shared.wait() }
        secondsWaited += monotonicSeconds() - start
      }
      state.current = next
      if let error = state.errors[next & 1] { throw error }
      return UnsafeRawPointer(shared.slot(next))
    }
  }

  private func start() {
    guard !isRunning else { return }
    let context = Unmanaged.passRetained(shared)
    // Ctrl-C is for the thread that trains.
    var (all, before) = (sigset_t(), sigset_t())
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let code = pthread_create(&thread, nil, { context in
      if let context { Unmanaged<Shared>.fromOpaque(context).takeRetainedValue().run() }
      return nil
    }, context.toOpaque())
    // Without a thread, batches are read when they are needed.
    if code == 0 { isRunning = true } else { context.release() }
  }
}

/// What the two threads share.
private final class Shared: @unchecked Sendable {
  struct State {
    var batches = Batches([], size: 1)
    /// The batch that is computed on.
    var current = -1
    /// How many batches have been read.
    var read = 0
    var isReading = false
    var isStopped = false
    var errors: [(any Error)?] = [nil, nil]

    mutating func expect(_ batches: Batches) {
      (self.batches, current, read) = (batches, -1, 0)
      errors = [nil, nil]
    }

    /// Whether a batch can be read: there are slots for the current one and the next.
    var hasWork: Bool { read < batches.count && read <= max(current, 0) + 1 }
  }

  private(set) var slotBytes = 0
  private let read: BatchLoader.Read
  private var slots: UnsafeMutableRawPointer?
  private var state = State()
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init(_ read: @escaping BatchLoader.Read) {
    self.read = read
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    free(slots)
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Makes room for two batches; nothing is being read.
  func resize(_ bytes: Int) {
    free(slots)
    slotBytes = (bytes + 63) / 64 * 64
    slots = aligned_alloc(64, 2 * slotBytes)
    if slots == nil { fatalError("out of memory: \(2 * slotBytes) bytes were asked for") }
  }

  func slot(_ batch: Int) -> UnsafeMutableRawPointer {
    guard let slots else { preconditionFailure("batches are announced before they are read") }
    return slots + (batch & 1) * slotBytes
  }

  /// Waits until the other thread has done something; the lock is held before and after.
  func wait() { pthread_cond_wait(changed, mutex) }

  func withLock<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(mutex)
    }
    return try body(&state)
  }

  /// What the other thread does until the loader is gone.
  func run() {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !state.isStopped {
      guard state.hasWork else {
        wait()
        continue
      }
      let (index, batches) = (state.read, state.batches)
      let into = slot(index)
      state.isReading = true
      pthread_mutex_unlock(mutex)
      var failure: (any Error)?
      do { try batches.withRows(of: index) { try read($0, into) } } catch { failure = error }
      pthread_mutex_lock(mutex)
      state.isReading = false
      state.errors[index & 1] = failure
      state.read += 1
      pthread_cond_broadcast(changed)
    }
  }
}
