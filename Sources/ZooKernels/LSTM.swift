import CKernels
public import ZooPlugin

/// A long short-term memory over whole sequences, planned once: one product for what the input adds to all gates, then step after step.
///
/// `weightX` is [4 units, inputs], `weightH` is [4 units, units], biases are [4 units]; gates are in the order i, f, g, o. Results are the
/// same bits on any number of threads, and executing allocates nothing.
///
/// oneDNN computes many sequences at once when no backward follows, and the zoo's own kernels all else: docs/decisions/0011.
public struct LSTM: Sendable {
  let rows: Int
  let steps: Int
  let inputs: Int
  let units: Int
  let goesBack: Bool
  let projection: LinearMap
  let toInput: MatMul
  let toWeightX: MatMul
  let toWeightH: MatMul
  let toBias: ColumnSums
  let large: LargeLSTM?

  /// For `rows` sequences of `steps` steps each; `goesBack`: from the last step to the first; `isTraining`: backward will follow.
  public init(rows: Int, steps: Int, inputs: Int, units: Int, goesBack: Bool = false, isTraining: Bool) {
    self.rows = rows
    self.steps = steps
    self.inputs = inputs
    self.units = units
    self.goesBack = goesBack
    projection = LinearMap(rows: rows * steps, inputs: inputs, outputs: 4 * units)
    toInput = MatMul(m: rows * steps, n: inputs, k: 4 * units)
    toWeightX = MatMul(m: 4 * units, n: inputs, k: rows * steps, transposeA: true)
    toWeightH = MatMul(m: 4 * units, n: units, k: rows * steps, transposeA: true)
    toBias = ColumnSums(rows: rows * steps, columns: 4 * units)
    large = isTraining ? nil : LargeLSTM(rows: rows, steps: steps, inputs: inputs, units: units, goesBack: goesBack)
  }

  /// A layer's parameters; no biases are zeros.
  public struct Weights {
    let x: UnsafePointer<Float>
    let h: UnsafePointer<Float>
    let biasX: UnsafePointer<Float>?
    let biasH: UnsafePointer<Float>?

    /// The parameters in PyTorch's order.
    public init(x: UnsafePointer<Float>, h: UnsafePointer<Float>, biasX: UnsafePointer<Float>?, biasH: UnsafePointer<Float>?) {
      self.x = x
      self.h = h
      self.biasX = biasX
      self.biasH = biasH
    }

    /// Both biases are added at the same place, so they are added up first.
    func addBiases(count: Int, into bias: UnsafeMutablePointer<Float>) {
      if let first = biasX, let second = biasH {
        for i in 0..<count { bias[i] = first[i] + second[i] }
      } else {
        bias.update(repeating: 0, count: count)
      }
    }
  }

  /// The arithmetic of one forward's products, in operations.
  public var flops: Double { projection.flops + 8 * Double(rows * steps) * Double(units) * Double(units) }

  /// The number of floats in the recurrent weight's panels.
  var panelFloats: Int { Int(zoo_lstm_packed_count(Int64(units))) }

  /// How many parts a step has.
  var tasks: Int { Int(zoo_lstm_tasks(Int64(rows), Int64(units))) }

  /// How many of them are worth a thread: each reads its share of the recurrent weight, and multiplies by it once for each sequence.
  var grain: Int {
    let weights = 4 * units * units / tasks
    return min(Grain.moving(floats: weights), Grain.computing(flops: 2 * Double(rows * weights)))
  }

  /// Which step is the `number`th to be taken.
  func index(of number: Int) -> Int { goesBack ? steps - 1 - number : number }

  // MARK: packing

  /// The size of packed parameters, in bytes.
  public var packedBytes: Int {
    large?.packedBytes ?? Scratch.bytes(floats: 4 * units) + Scratch.bytes(floats: panelFloats) + projection.packedBytes
  }

  /// Writes the parameters in the layout that `forward` likes best.
  public func pack(_ weights: Weights, into packed: UnsafeMutableRawPointer) throws(LayerError) {
    if let large { return try large.pack(weights, into: packed) }
    var pieces = Scratch(packed)
    let bias = pieces.take(floats: 4 * units)
    weights.addBiases(count: 4 * units, into: bias)
    zoo_lstm_pack_forward(weights.h, Int64(units), 0, zoo_lstm_panels(Int64(units)), pieces.take(floats: panelFloats))
    projection.pack(weight: weights.x, bias: bias, into: pieces.rest)
  }
}
