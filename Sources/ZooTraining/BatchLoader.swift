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
    shared.lock()
    shared.isStopped = true
    shared.unlock()
    pthread_join(thread, nil)
  }

  /// Says which batches come next, in this order from number `first`, and how many bytes the largest takes.
  func expect(_ batches: Batches, from first: Int, bytes: Int) {
    shared.lock()
    while shared.isReading { shared.wait() }
    shared.expect(batches, from: first, bytes: bytes)
    shared.unlock()
    start()
  }

  /// Where the batch with these rows lies; nil: it is none of those that were announced.
  ///
  /// It stays there until another is asked for.
  func batch(_ rows: UnsafeBufferPointer<Int64>) throws -> UnsafeRawPointer? {
    shared.lock()
    defer { shared.unlock() }
    if let current = shared.current, shared.batches.has(rows, at: current) { return UnsafeRawPointer(shared.slot(current)) }
    let next = shared.next
    guard isRunning, next < shared.batches.count, shared.batches.has(rows, at: next) else { return nil }
    if shared.countRead <= next {
      let start = monotonicSeconds()
      while shared.countRead <= next { shared.wait() }
      secondsWaited += monotonicSeconds() - start
    }
    shared.current = next
    if let error = shared.takeError(of: next) { throw error }
    return UnsafeRawPointer(shared.slot(next))
  }

  private func start() {
    guard !isRunning else { return }
    let context = Unmanaged.passRetained(shared)
    // Ctrl-C is for the thread that trains.
    var (all, before) = (sigset_t(), sigset_t())
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let code = pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Shared>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, context.toOpaque())
    // Without a thread, batches are read when they are needed.
    if code == 0 { isRunning = true } else { context.release() }
  }
}

/// What the two threads share; all of it is touched under the lock alone, but for a slot, which one of them has at a time.
private final class Shared: @unchecked Sendable {
  private(set) var batches = Batches([], size: 1)
  /// The batch that is computed on; nil: none yet.
  var current: Int?
  /// The batch before which all have been read.
  private(set) var countRead = 0
  private var first = 0
  private(set) var isReading = false
  var isStopped = false

  private var errors: [(any Error)?] = [nil, nil]
  private var slots: UnsafeMutableRawPointer?
  private var slotBytes = 0
  private let read: BatchLoader.Read
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

  func lock() { pthread_mutex_lock(mutex) }

  func unlock() {
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(mutex)
  }

  /// Waits until the other thread has done something; the lock is held before and after.
  func wait() { pthread_cond_wait(changed, mutex) }

  /// The batch that comes after the current one.
  var next: Int { current.map { $0 + 1 } ?? first }

  /// Begins with other batches; nothing is being read.
  func expect(_ batches: Batches, from first: Int, bytes: Int) {
    (self.batches, self.first, current, countRead) = (batches, first, nil, first)
    (errors[0], errors[1]) = (nil, nil)
    guard bytes > slotBytes else { return }
    free(slots)
    slotBytes = (bytes + 63) / 64 * 64
    slots = alignedMemory(bytes: 2 * slotBytes)
  }

  /// The memory of a batch: that of the one before the last.
  func slot(_ batch: Int) -> UnsafeMutableRawPointer {
    guard let slots else { preconditionFailure("batches are announced before they are read") }
    return slots + (batch & 1) * slotBytes
  }

  func takeError(of batch: Int) -> (any Error)? {
    defer { errors[batch & 1] = nil }
    return errors[batch & 1]
  }

  /// Whether a batch can be read: there are slots for the current one and the next.
  private var hasWork: Bool { countRead < batches.count && countRead <= (current ?? first) + 1 }

  /// What the other thread does until the loader is gone.
  func run() {
    lock()
    while !isStopped {
      guard hasWork else {
        wait()
        continue
      }
      let (index, batches) = (countRead, batches)
      let into = slot(index)
      isReading = true
      unlock()
      var failure: (any Error)?
      do { try batches.withRows(of: index) { try read($0, into) } } catch { failure = error }
      lock()
      isReading = false
      errors[index & 1] = failure
      countRead += 1
      pthread_cond_broadcast(changed)
    }
    unlock()
  }
}
