import Glibc
public import ZooFormats
public import ZooTypes

/// Every parameter of a model, by path: one store for running, training, checkpoints and sharing.
///
/// Trained parameters lie in one block of memory, those that weight decay passes by after the others, each aligned to 64
/// bytes with zeros between: an update that treats every element alike covers them all in one call. Gradients have the same layout.
public final class ParameterStore {
  /// One parameter.
  public struct Entry {
    /// Such as `encoder.3.attention.query.weight`.
    public let path: String
    /// Type and shape.
    public let spec: Spec
    /// Not trained: running statistics.
    public let isBuffer: Bool
    /// Weight decay passes it by.
    public let isNoDecay: Bool
    /// Where its elements are; nil until `materialise`.
    public fileprivate(set) var pointer: UnsafeMutableRawPointer?
    /// Where its gradient is, relative to the block's gradients; in bytes.
    fileprivate(set) var offset = 0
    fileprivate(set) var block = -1
    /// Whether it lies in a mapped file.
    fileprivate var isMapped = false
    let layer: String
    let kind: String
    let initializer: ParameterInitializer
    let values: [Float]?

    /// Whether gradient descent may change it.
    public var isTrainable: Bool { !isBuffer && spec.dtype == .f32 }
  }

  /// In the order in which layers asked for them.
  public private(set) var entries: [Entry] = []
  /// Grows whenever a parameter may have changed: what is packed from them is then old.
  public private(set) var version = 0

  private var index: [String: Int] = [:]
  // What files of other tools may hold besides.
  private var ignored: Set<String> = []
  private var blocks: [UnsafeMutableRawPointer] = []
  private var blockBytes: [Int] = []
  private var gradients: [Int: UnsafeMutableRawPointer] = [:]
  private var mappings: [SafeTensors] = []
  private var isLoaded = false

  /// An empty store.
  public init() {}

  deinit {
    for block in blocks { free(block) }
    for block in gradients.values { free(block) }
  }

  /// The parameter at `path`.
  public subscript(path: String) -> Entry? { index[path].map { entries[$0] } }

  /// How many numbers are trained.
  public var trainableCount: Int { entries.reduce(0) { $0 + ($1.isTrainable ? $1.spec.count : 0) } }

  /// Says that parameters have changed.
  public func touch() { version += 1 }

  /// Asks for a parameter of a layer.
  ///
  /// Layers that share ask for the same path, and must agree.
  func register(
    _ request: ParameterRequest, layer: String, kind: String, choice: InitializerChoice?, place: Place?
  ) throws(ParameterError) -> Int {
    let path = path(of: request.name, layer: layer)
    if let known = index[path] {
      guard entries[known].kind == kind else {
        throw .kinds(path: request.name, layer: layer, first: entries[known].kind, second: kind, place: place)
      }
      guard entries[known].spec == request.spec else {
        throw .disagreement(path: path, first: entries[known].spec, second: request.spec, place: place)
      }
      return known
    }
    var initializer = ParameterInitializer(request.initializer, shape: request.spec.shape)
    var values: [Float]?
    switch choice {
    case .method(let name, let a, let b):
      guard let chosen = ParameterInitializer(named: name, a, b, shape: request.spec.shape) else {
        throw .unknownInitializer(path: path, name: name, place: place)
      }
      initializer = chosen
    case .values(let numbers, let shape):
      guard shape == request.spec.shape else { throw .valuesDisagree(path: path, expected: request.spec, got: shape, place: place) }
      values = numbers
    case nil: break
    }
    index[path] = entries.count
    entries.append(
      Entry(
        path: path, spec: request.spec, isBuffer: request.isBuffer, isNoDecay: request.isNoDecay, layer: layer, kind: kind,
        initializer: initializer,
        values: values))
    return entries.count - 1
  }

  /// Notes that files may hold a tensor for a layer that no layer uses.
  func ignore(_ name: String, layer: String) { ignored.insert(path(of: name, layer: layer)) }

  private func path(of name: String, layer: String) -> String { layer.isEmpty ? name : "\(layer).\(name)" }

  /// Gives memory and first values to every parameter that has none yet.
  public func materialise(seed: UInt64) {
    let new = entries.indices.filter { entries[$0].pointer == nil }
    if new.isEmpty { return }
    // Trained and decayed first, then trained, then the rest: what is updated alike is contiguous.
    func rank(_ entry: Entry) -> Int { !entry.isTrainable ? 2 : entry.isNoDecay ? 1 : 0 }
    let ordered = new.sorted { (rank(entries[$0]), $0) < (rank(entries[$1]), $1) }
    var bytes = 0
    for i in ordered {
      entries[i].offset = bytes
      entries[i].block = blocks.count
      bytes += (entries[i].spec.byteCount + 63) / 64 * 64
    }
    let block = alignedMemory(bytes: bytes)
    memset(block, 0, bytes)
    blocks.append(block)
    blockBytes.append(bytes)
    for i in ordered {
      let entry = entries[i]
      let pointer = block + entry.offset
      entries[i].pointer = pointer
      guard entry.spec.dtype == .f32 else { continue }
      let floats = pointer.assumingMemoryBound(to: Float.self)
      if let values = entry.values {
        floats.update(from: values, count: values.count)
      } else {
        entry.initializer.fill(floats, shape: entry.spec.shape, seed: seed, path: entry.path)
      }
    }
    touch()
  }

  /// Gives back the memory of a parameter that lies in a mapped file and has been packed: it is read again if it is needed again.
  func release(_ i: Int) {
    let entry = entries[i]
    guard entry.isMapped, let pointer = entry.pointer else { return }
    let page = sysconf(Int32(_SC_PAGESIZE)), start = Int(bitPattern: pointer)
    let first = (start + page - 1) / page * page, end = (start + entry.spec.byteCount) / page * page
    if end > first { madvise(UnsafeMutableRawPointer(bitPattern: first), end - first, MADV_DONTNEED) }
  }

  /// Where the gradient of parameter `i` goes.
  ///
  /// Allocated, as zeros, when first asked for.
  package func gradient(of i: Int) -> UnsafeMutableRawPointer {
    let entry = entries[i]
    if gradients[entry.block] == nil {
      let memory = alignedMemory(bytes: blockBytes[entry.block])
      memset(memory, 0, blockBytes[entry.block])
      gradients[entry.block] = memory
    }
    guard let start = gradients[entry.block] else { preconditionFailure("allocated above") }
    return start + entry.offset
  }

  /// A copy of the gradient of parameter `i`.
  package func gradientValues(of i: Int) -> [Float] {
    let floats = gradient(of: i).assumingMemoryBound(to: Float.self)
    return Array(UnsafeBufferPointer(start: floats, count: entries[i].spec.count))
  }

  /// Parameters that lie one after the other, for updates that treat every element alike.
  ///
  /// `selection` holds indices into `entries`. Each range covers whole parameters, and the zeros between them.
  package func ranges(_ selection: [Int]) -> [(first: Int, floats: Int, isNoDecay: Bool)] {
    let ordered = selection.sorted { (entries[$0].block, entries[$0].offset) < (entries[$1].block, entries[$1].offset) }
    var ranges: [(first: Int, floats: Int, isNoDecay: Bool)] = []
    for i in ordered {
      let entry = entries[i]
      let floats = (entry.spec.byteCount + 63) / 64 * 16
      if let last = ranges.last, entries[last.first].block == entry.block, last.isNoDecay == entry.isNoDecay,
        entries[last.first].offset + last.floats * 4 == entry.offset
      {
        ranges[ranges.count - 1].floats += floats
      } else {
        ranges.append((i, floats, entry.isNoDecay))
      }
    }
    return ranges
  }
}

// MARK: - Files

extension ParameterStore {
  /// Takes every parameter that has no value yet from a file, which must have exactly these: none missing, none more, of the same types
  /// and shapes.
  ///
  /// What layers ignore may be there as well, and so may what lies under a path of `others`: it belongs to layers that are not planned yet.
  ///
  /// With `inPlace` they stay where the file is mapped, and cannot be trained; otherwise they are copied.
  /// `name` is the file's, for messages.
  public func load(_ file: SafeTensors, name: String, inPlace: Bool = false, others: Set<String> = []) throws(ParameterError) {
    let new = entries.indices.filter { entries[$0].pointer == nil }
    if new.isEmpty && isLoaded { return }
    let names = file.entries.map(\.name)
    let known = Set(names)
    let missing = entries.filter { !known.contains($0.path) }.map(\.path)
    let extra = names.filter { index[$0] == nil && !ignored.contains($0) && !$0.isUnder(others) }
    if let first = missing.first {
      throw .missing(path: first, others: missing.count - 1, file: name, candidates: extra.isEmpty ? names : extra)
    }
    if let first = extra.first {
      throw .extra(name: first, others: extra.count - 1, file: name, candidates: entries.map(\.path))
    }
    for entry in entries {
      guard let spec = file[entry.path]?.spec else { continue }
      guard spec.shape == entry.spec.shape else { throw .shape(path: entry.path, file: name, inFile: spec, inModel: entry.spec) }
      guard spec.dtype == entry.spec.dtype else { throw .dtype(path: entry.path, file: name, inFile: spec, inModel: entry.spec) }
    }
    isLoaded = true
    if inPlace {
      mappings.append(file)
      for i in new {
        guard let tensor = file[entries[i].path], let start = file.bytes(of: tensor).baseAddress else { continue }
        guard Int(bitPattern: start) % 8 == 0 else { continue }
        entries[i].pointer = UnsafeMutableRawPointer(mutating: start)
        entries[i].isMapped = file.isMapped
      }
    }
    materialise(seed: 0)
    for entry in new.map({ entries[$0] }) where entry.block >= 0 {
      guard let tensor = file[entry.path], let start = file.bytes(of: tensor).baseAddress else { continue }
      entry.pointer?.copyMemory(from: start, byteCount: entry.spec.byteCount)
    }
    touch()
  }

  /// Every parameter by path, for writing.
  ///
  /// Valid as long as the store.
  public var tensors: [NamedTensor] {
    entries.compactMap { entry in
      entry.pointer.map { NamedTensor(entry.path, entry.spec, UnsafeRawBufferPointer(start: $0, count: entry.spec.byteCount)) }
    }
  }
}

extension String {
  /// Whether this is `path.something` for one of the paths.
  fileprivate func isUnder(_ paths: Set<String>) -> Bool {
    !paths.isEmpty && indices.contains { self[$0] == "." && paths.contains(String(self[..<$0])) }
  }
}
