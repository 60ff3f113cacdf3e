import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// Graphs that no plan can make sense of, each with its exact words.
@Suite struct PlanningFailureTests {
  /// What planning these nodes for an input `x` [2, 4] says.
  private func words(_ nodes: String, training: Bool = false) throws -> String {
    let text = """
      {"zoo": 1, "name": "m", "inputs": {"x": {"shape": ["N", 4]}}, "graph": [
      \(nodes)
      ], "outputs": {"y": "y"}}
      """
    let model = try Manifest(contentsOf: Array(text.utf8), file: "m.json", folder: "/").expand(settings: [:], catalog: Repository.catalog)
    let session = Session(model.graph)
    do {
      if training {
        _ = try session.trainingProgram(model.graph, inputs: [Spec([2, 4])], minimise: model.graph.outputs[0].source)
      } else {
        _ = try session.program([Spec([2, 4])])
      }
      return "nothing is wrong"
    } catch let error as any ExplainedError {
      return error.description
    }
  }

  @Test func shapesThatDoNotFitAreShownWithTheLayersTheyComeFrom() throws {
    let nodes = """
      {"layer": "core.dense", "name": "a", "units": 3, "in": "x"},
      {"layer": "core.dense", "name": "b", "units": 5, "in": "x"},
      {"layer": "core.add", "name": "y", "in": ["a", "b"]}
      """
    #expect(
      try words(nodes) == """
        m.json:4:1: at /graph/2: layer 'y' (core.add): a and b do not broadcast: their shapes are [2, 3] and [2, 5]; its inputs: a [2, 3] from 'a', b [2, 5] from 'b'
          help: change the layer, or the one that feeds it; 'zoo info' of the model shows every shape
        """)
  }

  @Test func anInputOfTheWrongShapeIsNamed() throws {
    let text = """
      {"zoo": 1, "name": "m", "inputs": {"x": {"shape": ["N", 4]}, "z": {"shape": ["N"]}}, "outputs": {"y": "y"},
       "graph": [{"layer": "core.identity", "name": "y", "in": "x"}]}
      """
    let graph = try Manifest(contentsOf: Array(text.utf8), file: "m.json", folder: "/").expand(settings: [:], catalog: Repository.catalog)
      .graph
    func message(_ specs: [Spec]) -> String? { #expect(throws: GraphError.self) { try Session(graph).program(specs) }?.description }
    #expect(
      message([Spec([2, 5]), Spec([2])]) == """
        input 'x' must be f32 [N, 4], but it is [2, 5]
          help: 'zoo info' of the model shows what it takes
        """)
    #expect(
      message([Spec([2, 4]), Spec([3])]) == """
        axis N is 2 in input 'x', but 3 in input 'z'
          help: every axis named N must have the same length
        """)
  }

  @Test func onlyOneNumberCanBeMinimised() throws {
    #expect(
      try words(#"{"layer": "core.dense", "name": "y", "units": 3}"#, training: true) == """
        'y' is to be minimised, but it is [2, 3], not one number
          help: minimise a loss, or its mean
        """)
  }

  @Test func whatHasNoBackwardCannotLieOnTheWay() throws {
    let nodes = """
      {"layer": "core.dense", "name": "d", "units": 3},
      {"layer": "core.argmax", "name": "i"},
      {"layer": "core.one_hot", "name": "o", "classes": 3},
      {"layer": "core.mean", "name": "y"}
      """
    #expect(
      try words(nodes, training: true) == """
        'y' does not depend on any parameter that matches '*'
          help: 'zoo info' of the model lists every parameter
        """)
  }
}
