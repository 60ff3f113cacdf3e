public import ZooPlugin

/// Products of one input with several weights, whose parts threads take as if they were one product's.
public struct JoinedProducts {
  /// One of them: how it is cut up, and the functions that pack its parameters and compute some of its parts.
  public struct Product {
    let tasks: Int
    let grain: Int
    let outputs: Int
    let hasBias: Bool
    let packedBytes: Int
    let slabBytes: Int
    let pack: (_ weight: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?, _ packed: UnsafeMutableRawPointer) throws(LayerError) -> Void
    let run:
      (
        _ part: Range<Int>, _ x: UnsafePointer<Float>, _ packed: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>,
        _ slab: UnsafeMutableRawPointer
      ) -> Void

    /// A dense product, whose rows of y may be apart.
    public init(_ map: LinearMap, hasBias: Bool, epilogue: Epilogue?, rowStride: Int?) {
      (tasks, grain, outputs, packedBytes, slabBytes) = (map.taskCount, map.taskGrain, map.outputs, map.packedBytes, 0)
      self.hasBias = hasBias
      pack = { weight, bias, packed in map.pack(weight: weight, bias: bias, into: packed) }
      let last = epilogue?.raw
      run = { part, x, packed, y, _ in map.run(part, x, packed: packed, epilogue: last, into: y, rowStride: rowStride ?? 0) }
    }

    /// A convolution, which must not be oneDNN's.
    public init(_ convolution: Convolution, hasBias: Bool) {
      (tasks, grain, outputs) = (convolution.taskCount, convolution.taskGrain, convolution.outputs)
      (packedBytes, slabBytes) = (convolution.packedBytes, convolution.slabBytes)
      self.hasBias = hasBias
      pack = { (weight, bias, packed) throws(LayerError) in try convolution.pack(weight: weight, bias: bias, into: packed) }
      run = { part, x, packed, y, slab in convolution.run(part, x, packed: packed, addend: nil, into: y, slab: slab) }
    }
  }

  private let products: [Product]
  private let threads: Int

  /// At most `threads` parts run at once.
  public init(_ products: [Product], threads: Int) {
    self.products = products
    self.threads = max(threads, 1)
  }

  /// The size of all packed parameters, in bytes.
  public var packedBytes: Int { products.reduce(0) { $0 + $1.packedBytes } }
  /// The scratch that `forward` wants, in bytes.
  public var scratchBytes: Int { threads * slabBytes }
  private var slabBytes: Int { products.reduce(0) { max($0, $1.slabBytes) } }

  /// Packs the parameters of all, which are one product's behind the other's.
  public func pack(_ call: PackCall) throws(LayerError) {
    var (parameter, channel, place) = (0, 0, call.packed)
    for product in products {
      try call.folded(first: parameter, hasBias: product.hasBias, outputs: product.outputs, channel: channel) {
        (weight, bias) throws(LayerError) in try product.pack(weight, bias, place)
      }
      parameter += product.hasBias ? 2 : 1
      channel += product.outputs
      place += product.packedBytes
    }
  }

  /// Writes an output for each.
  public func forward(_ call: Call) throws(LayerError) {
    guard let packed = call.packed else { throw .internal("the host has not packed the weight") }
    let (x, outputs, scratch, slab) = (UnsafePointer(call.inputs[0].floats), call.outputs, call.scratch, slabBytes)
    let (count, grain) = products.reduce((0, Int.max)) { ($0.0 + $1.tasks, min($0.1, $1.grain)) }
    try call.parallel(count, grain: grain) { part, slot in
      var (first, place) = (0, packed)
      for (i, product) in products.enumerated() {
        let own = part.clamped(to: first..<first + product.tasks)
        if !own.isEmpty {
          product.run(own.lowerBound - first..<own.upperBound - first, x, place, outputs[i].floats, scratch + slot * slab)
        }
        first += product.tasks
        place += product.packedBytes
      }
    }
  }
}
