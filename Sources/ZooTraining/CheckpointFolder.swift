import Glibc
import ZooFormats
import ZooRuntime
import ZooTypes

/// The folder that a run's checkpoints are in: `checkpoint-N.safetensors`, where N is how many iterations were done.
struct CheckpointFolder {
  private let path: String
  private let kept: Int
  /// Those of this run, oldest first.
  private var own: [Int] = []

  private static let prefix = "checkpoint-"
  private static let suffix = ".safetensors"

  /// The folder at `path`, which keeps the last so many.
  init(_ path: String, keeping kept: Int) { (self.path, self.kept) = (path, kept) }

  /// The file of the checkpoint after so many iterations.
  func file(_ iterations: Int) -> String { "\(path)/\(Self.prefix)\(iterations)\(Self.suffix)" }

  /// The file of the best one.
  var best: String { "\(path)/\(Self.prefix)best\(Self.suffix)" }

  /// The last one that this run has written, or gone on from.
  var last: String? { own.last.map(file) }

  /// What there is, oldest first.
  private var present: [Int] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var numbers: [Int] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { continue }
      let text = name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count)
      if let number = Int(text), "\(number)" == text, number >= 0 { numbers.append(number) }
    }
    return numbers.sorted()
  }

  /// Opens the newest, and goes on from there: older ones are this run's from now on.
  mutating func resume() throws -> (file: CheckpointFile, path: String) {
    let present = present
    guard let last = present.last else { throw CheckpointError.none(folder: path) }
    let opened = try CheckpointFile(file(last), previous: present.dropLast().last.map(file))
    own = present
    return (opened, file(last))
  }

  /// Writes the checkpoint after so many iterations, and then removes those that need not be kept.
  mutating func write(_ tensors: [NamedTensor], state: JSON, iterations: Int) throws -> String {
    let path = file(iterations)
    try CheckpointFile.write(tensors, state: state, to: path)
    if own.last != iterations { own.append(iterations) }
    own = own.suffix(kept)
    for number in present where !own.contains(number) { unlink(file(number)) }
    return path
  }

  /// Makes the checkpoint after so many iterations the best one.
  func keepBest(_ iterations: Int) throws {
    let temporary = "\(path)/.\(Self.prefix)best.\(getpid()).part"
    unlink(temporary)
    guard link(file(iterations), temporary) == 0, rename(temporary, best) == 0 else {
      unlink(temporary)
      // Some file systems have no second names for files.
      return try AtomicFile.write(MappedFile(file(iterations)).contents, to: best)
    }
    // Two names of one file already: renaming then leaves both.
    unlink(temporary)
  }
}
