import Glibc

/// Regression by a Gaussian process with a Matérn kernel of smoothness 5/2 and a length scale for each axis.
///
///     k(x, y) = v (1 + √5 r + 5 r² / 3) exp(-√5 r),   r² = Σ ((x_i - y_i) / l_i)²
///
/// Reference: Rasmussen & Williams 2006, Gaussian Processes for Machine Learning, algorithm 2.1 and equation 4.17.
package struct GaussianProcess {
  /// What the kernel has that is not data.
  package struct Parameters: Hashable, Sendable {
    /// One for each coordinate.
    package var lengths: [Double]
    /// The variance of the function itself.
    package var variance: Double
    /// The variance of what is observed around it.
    package var noise: Double

    /// Parameters.
    package init(lengths: [Double], variance: Double, noise: Double) {
      (self.lengths, self.variance, self.noise) = (lengths, variance, noise)
    }
  }

  /// Its parameters.
  package let parameters: Parameters
  /// The logarithm of the density of the observed values.
  package let logMarginalLikelihood: Double

  private let points: [[Double]]
  private let factor: Cholesky
  private let weights: [Double]  // K⁻¹ y

  /// A process that has seen `values` at `points`; nil: rounding has made its covariance indefinite.
  ///
  /// The values' mean is taken to be 0.
  package init?(points: [[Double]], values: [Double], _ parameters: Parameters) {
    (self.points, self.parameters) = (points, parameters)
    let count = points.count
    var covariance = [Double](repeating: 0, count: count * count)
    for i in 0..<count {
      for j in 0...i { covariance[i * count + j] = Self.kernel(points[i], points[j], parameters) }
      covariance[i * count + i] += parameters.noise
    }
    guard let factor = Cholesky(covariance, count: count) else { return nil }
    self.factor = factor
    weights = factor.solve(values)
    let fit = zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 }
    logMarginalLikelihood = -0.5 * fit - 0.5 * factor.logDeterminant - 0.5 * Double(count) * log(2 * Double.pi)
  }

  /// The mean and the variance of the function at a point.
  package func posterior(at point: [Double]) -> (mean: Double, variance: Double) {
    let covariances = points.map { Self.kernel($0, point, parameters) }
    let mean = zip(covariances, weights).reduce(0) { $0 + $1.0 * $1.1 }
    let half = factor.forward(covariances)
    return (mean, max(parameters.variance - half.reduce(0) { $0 + $1 * $1 }, 0))
  }

  /// How much less than `best` a value at a point is expected to be, where more counts as nothing.
  ///
  ///     E = (b - m) Φ(z) + s φ(z),   z = (b - m) / s
  package func expectedImprovement(at point: [Double], below best: Double) -> Double {
    let (mean, variance) = posterior(at: point)
    let deviation = variance.squareRoot()
    guard deviation > 0 else { return max(best - mean, 0) }
    let z = (best - mean) / deviation
    let (density, probability) = (exp(-0.5 * z * z) / (2 * Double.pi).squareRoot(), 0.5 * erfc(-z / 2.0.squareRoot()))
    return (best - mean) * probability + deviation * density
  }

  /// The process with the parameters that make what was observed most likely, found axis by axis: on a grid, then around it.
  ///
  /// Values are expected around 0 with a variance of about 1. `owners`: coordinates of the same owner have the same length scale.
  package static func fitted(points: [[Double]], values: [Double], owners: [Int]) -> GaussianProcess? {
    let axes = (owners.max() ?? -1) + 1
    var (lengths, noise) = ([Double](repeating: 0.5, count: axes), 1e-3)
    func process(_ lengths: [Double], _ noise: Double) -> GaussianProcess? {
      // The variance that is most likely with the others fixed: noise is relative to it.
      let unit = Parameters(lengths: owners.map { lengths[$0] }, variance: 1, noise: noise)
      guard let process = GaussianProcess(points: points, values: values, unit) else { return nil }
      let fit = zip(values, process.weights).reduce(0) { $0 + $1.0 * $1.1 }
      let variance = min(max(fit / Double(max(values.count, 1)), 1e-6), 1e6)
      return GaussianProcess(
        points: points, values: values, Parameters(lengths: unit.lengths, variance: variance, noise: noise * variance))
    }
    var best = process(lengths, noise)
    func improve(_ lengths: [Double], _ noise: Double) -> Bool {
      guard let other = process(lengths, noise), other.logMarginalLikelihood > best?.logMarginalLikelihood ?? -.infinity else {
        return false
      }
      best = other
      return true
    }
    for _ in 0..<sweeps {
      var changed = false
      for axis in 0..<axes {
        for length in lengthGrid {
          var others = lengths
          others[axis] = length
          if improve(others, noise) { (lengths, changed) = (others, true) }
        }
      }
      for level in noiseGrid where improve(lengths, level) { (noise, changed) = (level, true) }
      if !changed { break }
    }
    // Then by ever smaller factors, from where the grid has led.
    for factor in refinements {
      for _ in 0..<sweeps {
        var changed = false
        for step in [factor, 1 / factor] {
          for axis in 0..<axes {
            var others = lengths
            others[axis] = min(max(lengths[axis] * step, lengthGrid[0]), lengthGrid[lengthGrid.count - 1])
            if improve(others, noise) { (lengths, changed) = (others, true) }
          }
          let level = min(max(noise * step, noiseGrid[0]), noiseGrid[noiseGrid.count - 1])
          if improve(lengths, level) { (noise, changed) = (level, true) }
        }
        if !changed { break }
      }
    }
    return best
  }

  private static let sweeps = 8
  private static let refinements = [1.5, 1.2, 1.07]
  private static let lengthGrid = [0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 4, 10]
  private static let noiseGrid = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.05, 0.1, 0.3, 1]

  private static func kernel(_ x: [Double], _ y: [Double], _ parameters: Parameters) -> Double {
    var squared = 0.0
    for i in x.indices {
      let difference = (x[i] - y[i]) / parameters.lengths[i]
      squared += difference * difference
    }
    let scaled = (5 * squared).squareRoot()
    return parameters.variance * (1 + scaled + scaled * scaled / 3) * exp(-scaled)
  }
}

/// The lower triangular factor of a positive definite matrix: A = L Lᵀ.
struct Cholesky {
  private let count: Int
  private var lower: [Double]

  /// The factor of a matrix of `count` rows, whose lower triangle is read; nil: it is not positive definite.
  init?(_ matrix: [Double], count: Int) {
    (self.count, lower) = (count, matrix)
    for i in 0..<count {
      for j in 0...i {
        var sum = lower[i * count + j]
        for k in 0..<j { sum -= lower[i * count + k] * lower[j * count + k] }
        if i == j {
          guard sum > 0, sum.isFinite else { return nil }
          lower[i * count + i] = sum.squareRoot()
        } else {
          lower[i * count + j] = sum / lower[j * count + j]
        }
      }
    }
  }

  /// log |A|.
  var logDeterminant: Double { (0..<count).reduce(0) { $0 + 2 * log(lower[$1 * count + $1]) } }

  /// L⁻¹ b.
  func forward(_ b: [Double]) -> [Double] {
    var x = b
    for i in 0..<count {
      for k in 0..<i { x[i] -= lower[i * count + k] * x[k] }
      x[i] /= lower[i * count + i]
    }
    return x
  }

  /// A⁻¹ b.
  func solve(_ b: [Double]) -> [Double] {
    var x = forward(b)
    for i in (0..<count).reversed() {
      for k in i + 1..<max(count, i + 1) { x[i] -= lower[k * count + i] * x[k] }
      x[i] /= lower[i * count + i]
    }
    return x
  }
}
