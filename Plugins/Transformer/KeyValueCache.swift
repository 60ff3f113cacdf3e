import ZooPlugin

/// The keys and values of earlier tokens, which a graph carries from run to run so that none is computed twice.
///
/// Two tensors of `[N, L, C]`, of which the first `position` places are filled. A run of T tokens fills the next T and writes nothing else
/// where the host lets outputs share the inputs' memory.
struct KeyValueCache {
  /// How many places there are.
  let capacity: Int
  private let items: Int
  private let tokens: Int
  private let width: Int

  /// The inputs of a kind that can have caches, after x.
  static let inputs = [
    Port("key_cache", "[N, L, C]", "Keys of earlier tokens; for inference.", [.optional, .notDifferentiable]),
    Port("value_cache", "[N, L, C]", "Values of earlier tokens.", [.optional, .notDifferentiable]),
    Port("position", "[]", "How many places of the caches are filled, of i64.", [.optional, .notDifferentiable]),
  ]

  /// Its outputs, after y.
  static let outputs = [
    Port("key_cache", "[N, L, C]", "With caches alone: key_cache with the keys of x at position.", .notDifferentiable),
    Port("value_cache", "[N, L, C]", "With caches alone: value_cache with the values of x at position.", .notDifferentiable),
  ]

  /// Outputs 1 and 2 may share the memory of inputs 1 and 2.
  static let aliases = [(output: 1, input: 1), (output: 2, input: 2)]

  /// The caches that a request for x `[N, T, C]` has, if it has any.
  init?(_ request: PlanRequest, x: Spec, causal: Bool) throws(LayerError) {
    let given = (1...3).filter { request.optional($0) != nil }
    guard !given.isEmpty else { return nil }
    guard given.count == 3 else {
      let names = ["x", "key_cache", "value_cache", "position"]
      let missing = (1...3).filter { !given.contains($0) }.map { names[$0] }.joined(separator: " and ")
      throw .shape("key_cache, value_cache and position belong together, but there is no \(missing)")
    }
    guard !request.isTraining else { throw .unsupported("caches are for inference: training takes all tokens at once, without them") }
    guard causal else { throw .attribute("caches hold earlier tokens, so with them causal must be true") }
    let keys = try request.float(1, "key_cache", rank: 3...3)
    let values = try request.float(2, "value_cache", rank: 3...3)
    guard keys.shape[0] == x.shape[0], keys.shape[2] == x.shape[2] else {
      throw .shape("key_cache for x of \(x.shape) must have the shape [\(x.shape[0]), L, \(x.shape[2])], but its shape is \(keys.shape)")
    }
    guard values == keys else {
      throw .shape("value_cache must have the shape of key_cache, \(keys.shape), but its shape is \(values.shape)")
    }
    guard request[3] == Spec([], .i64) else { throw .dtype("position must be an i64 scalar, but it is \(request[3])") }
    guard x.shape[1] <= keys.shape[1] else {
      throw .shape("x has \(x.shape[1]) tokens, which is more than the \(keys.shape[1]) places of key_cache")
    }
    (items, tokens, width) = (x.shape[0], x.shape[1], x.shape[2])
    capacity = keys.shape[1]
  }

  /// The shape of either cache.
  var spec: Spec { Spec([items, capacity, width]) }

  /// The caches of one call, as they will be after it.
  struct Open {
    let position: Int
    let keys: UnsafeMutablePointer<Float>
    let values: UnsafeMutablePointer<Float>
  }

  /// Checks the position, and brings what the caches hold to where the outputs are.
  func open(_ call: Call) throws(LayerError) -> Open {
    let position = call.inputs[3].pointer(to: Int64.self).pointee
    guard position >= 0, position <= Int64(capacity - tokens) else {
      throw .data("position \(position) and \(tokens) tokens more do not fit into caches of \(capacity) places")
    }
    for index in 1...2 {
      let (from, to) = (call.inputs[index].floats, call.outputs[index].floats)
      if from != to { to.update(from: from, count: items * capacity * width) }
    }
    return Open(position: Int(position), keys: call.outputs[1].floats, values: call.outputs[2].floats)
  }

  /// Writes the keys and values of the new tokens; `projected` has queries, keys and values side by side, `[N, T, 3 C]`.
  func store(_ projected: UnsafePointer<Float>, in open: Open) {
    for item in 0..<items {
      for token in 0..<tokens {
        let row = projected + (item * tokens + token) * 3 * width
        let place = (item * capacity + open.position + token) * width
        (open.keys + place).update(from: row + width, count: width)
        (open.values + place).update(from: row + 2 * width, count: width)
      }
    }
  }
}
