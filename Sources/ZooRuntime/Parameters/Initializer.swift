import CHost
import CZoo
import ZooTypes

/// How a parameter starts, from the counter-based generator: a seed gives the same numbers on any machine and number of threads.
struct ParameterInitializer: Sendable {
  var method: Int32
  var a: Double
  var b: Double
  var fanIn: Int
  var fanOut: Int

  init(_ raw: zoo_initializer, shape: [Int]) {
    method = raw.method
    a = raw.a
    b = raw.b
    let fans = Self.fans(shape)
    fanIn = raw.fan_in > 0 ? Int(raw.fan_in) : fans.in
    fanOut = raw.fan_out > 0 ? Int(raw.fan_out) : fans.out
  }

  /// What a manifest writes, such as `{"normal": [0, 0.02]}`; nil: no such method.
  init?(named name: String, _ a: Double, _ b: Double, shape: [Int]) {
    guard let index = Self.names.firstIndex(of: name) else { return nil }
    method = Int32(index)
    self.a = a
    self.b = b
    (fanIn, fanOut) = Self.fans(shape)
  }

  /// In the order of the protocol's numbers.
  static let names = [
    "zeros", "ones", "constant", "uniform", "normal", "xavier_uniform", "xavier_normal", "he_uniform", "he_normal", "orthogonal",
  ]

  /// [out, in, kernel...]: the receptive field multiplies both (Glorot & Bengio 2010, as PyTorch counts them).
  private static func fans(_ shape: [Int]) -> (in: Int, out: Int) {
    guard shape.count >= 2 else { return (shape.first ?? 1, shape.first ?? 1) }
    let field = shape[2...].reduce(1, *)
    return (shape[1] * field, shape[0] * field)
  }

  /// Writes `count` elements of a tensor of `shape`.
  ///
  /// The numbers depend on the seed and the parameter's path.
  func fill(_ into: UnsafeMutablePointer<Float>, shape: [Int], seed: UInt64, path: String) {
    let count = shape.reduce(1, *)
    let key = zoo_path_key(path, UInt64(path.utf8.count))
    func constant(_ value: Double) { into.update(repeating: Float(value), count: count) }
    func uniform(_ low: Double, _ high: Double) {
      zoo_random_uniform(seed, key, 0, 255, 0, into, Int64(count))
      for i in 0..<count { into[i] = Float(low + (high - low) * Double(into[i])) }
    }
    func normal(_ mean: Double, _ deviation: Double) {
      zoo_random_normal(seed, key, 0, 255, 0, into, Int64(count))
      for i in 0..<count { into[i] = Float(mean + deviation * Double(into[i])) }
    }
    let xavier = a * (2 / Double(max(fanIn + fanOut, 1))).squareRoot()
    let he = a * (2 / Double(max(fanIn, 1))).squareRoot()
    switch method {
    case ZooInitializer.ones: constant(1)
    case ZooInitializer.constant: constant(a)
    case ZooInitializer.uniform: uniform(a, b)
    case ZooInitializer.normal: normal(a, b)
    case ZooInitializer.xavierUniform: uniform(-xavier * 3.squareRoot(), xavier * 3.squareRoot())
    case ZooInitializer.xavierNormal: normal(0, xavier)
    case ZooInitializer.heUniform: uniform(-he * 3.squareRoot(), he * 3.squareRoot())
    case ZooInitializer.heNormal: normal(0, he)
    case ZooInitializer.orthogonal:
      normal(0, 1)
      orthonormalise(into, rows: shape.first ?? 1, columns: count / max(shape.first ?? 1, 1))
      for i in 0..<count { into[i] *= Float(a) }
    default: constant(0)
    }
  }

  /// Gram and Schmidt's procedure, twice for accuracy, over rows or, if there are more rows than columns, over columns.
  private func orthonormalise(_ matrix: UnsafeMutablePointer<Float>, rows: Int, columns: Int) {
    let vectors = min(rows, columns)
    let length = max(rows, columns)
    let (vectorStride, elementStride) = rows <= columns ? (columns, 1) : (1, columns)
    var basis = [Double](repeating: 0, count: vectors * length)
    for v in 0..<vectors {
      for i in 0..<length { basis[v * length + i] = Double(matrix[v * vectorStride + i * elementStride]) }
      for _ in 0..<2 {
        for u in 0..<v {
          var dot = 0.0
          for i in 0..<length { dot += basis[u * length + i] * basis[v * length + i] }
          for i in 0..<length { basis[v * length + i] -= dot * basis[u * length + i] }
        }
      }
      var square = 0.0
      for i in 0..<length { square += basis[v * length + i] * basis[v * length + i] }
      let scale = square > 0 ? 1 / square.squareRoot() : 0
      for i in 0..<length {
        basis[v * length + i] *= scale
        matrix[v * vectorStride + i * elementStride] = Float(basis[v * length + i])
      }
    }
  }
}

/// The protocol's numbers of the methods, as the type that zoo_initializer has them in.
private enum ZooInitializer {
  static let ones = Int32(ZOO_ONES)
  static let constant = Int32(ZOO_CONSTANT)
  static let uniform = Int32(ZOO_INIT_UNIFORM)
  static let normal = Int32(ZOO_INIT_NORMAL)
  static let xavierUniform = Int32(ZOO_XAVIER_UNIFORM)
  static let xavierNormal = Int32(ZOO_XAVIER_NORMAL)
  static let heUniform = Int32(ZOO_HE_UNIFORM)
  static let heNormal = Int32(ZOO_HE_NORMAL)
  static let orthogonal = Int32(ZOO_ORTHOGONAL)
}
