import Testing
import ZooCommand
import ZooFormats
import ZooTestSupport

/// The Gaussian process against scikit-learn's: Tests/Reference/gaussian_process.py.
@Suite struct GaussianProcessTests {
  private let points: [[Double]]
  private let values: [Double]
  private let queries: [[Double]]
  private let reference: JSON

  init() throws {
    let file = Repository.fixtures + "/training/gaussian_process.json"
    reference = try JSONDocument(try MappedFile(file).contents, file: file).root
    points = try Self.rows(reference["points"])
    queries = try Self.rows(reference["queries"])
    values = try Self.numbers(reference["values"])
  }

  private static func numbers(_ json: JSON?) throws -> [Double] { try #require(json?.array).compactMap(\.number) }

  private static func rows(_ json: JSON?) throws -> [[Double]] { try #require(json?.array).map { try numbers($0) } }

  @Test func posteriorsAndLikelihoodsAreThoseOfScikitLearn() throws {
    let cases = try #require(reference["cases"]?.array)
    #expect(cases.count == 2)
    for expected in cases {
      let parameters = GaussianProcess.Parameters(
        lengths: try Self.numbers(expected["lengths"]), variance: try #require(expected["variance"]?.number),
        noise: try #require(expected["noise"]?.number))
      let process = try #require(GaussianProcess(points: points, values: values, parameters))
      #expect((process.logMarginalLikelihood - (expected["log_marginal_likelihood"]?.number ?? .nan)).magnitude < 1e-9)
      let means = try Self.numbers(expected["mean"])
      let variances = try Self.numbers(expected["posterior_variance"])
      let improvements = try Self.numbers(expected["expected_improvement"])
      for (i, query) in queries.enumerated() {
        let posterior = process.posterior(at: query)
        #expect((posterior.mean - means[i]).magnitude < 1e-9)
        #expect((posterior.variance - variances[i]).magnitude < 1e-9)
        let improvement = process.expectedImprovement(at: query, below: values.min() ?? 0)
        #expect((improvement - improvements[i]).magnitude < 1e-9, "query \(i)")
      }
    }
  }

  // No other parameters are more likely than those of a continuous search; these come close to them.
  @Test func theFittedParametersAreNearlyTheMostLikely() throws {
    let scaled = try Self.numbers(reference["scaled"])
    let best = try #require(reference["best_log_marginal_likelihood"]?.number)
    let fitted = try #require(GaussianProcess.fitted(points: points, values: scaled, owners: [0, 1]))
    #expect(fitted.logMarginalLikelihood <= best + 1e-6)
    #expect(fitted.logMarginalLikelihood > best - 0.01)
  }

  @Test func coordinatesOfOneAxisHaveOneLength() throws {
    let fitted = try #require(GaussianProcess.fitted(points: points, values: try Self.numbers(reference["scaled"]), owners: [0, 0]))
    #expect(fitted.parameters.lengths[0] == fitted.parameters.lengths[1])
  }

  @Test func aPointThatIsThereTwiceIsNoTrouble() throws {
    let twice = points + points
    let fitted = try #require(GaussianProcess.fitted(points: twice, values: values + values.map { $0 + 0.1 }, owners: [0, 1]))
    #expect(fitted.posterior(at: points[0]).mean.isFinite)
    #expect(GaussianProcess(points: [[0.5], [0.5]], values: [1, 2], .init(lengths: [1], variance: 1, noise: 0)) == nil)
  }
}
