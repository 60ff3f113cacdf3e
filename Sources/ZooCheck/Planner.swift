import ZooRuntime
import ZooTypes

/// Makes the layers of a kind that is checked.
struct Planner {
  let kind: KindInfo
  /// The libraries that they may call.
  let foreign: ForeignLibraries

  /// A layer that is planned for a case.
  func plan(_ example: CheckedCase, isTraining: Bool, folding: FoldingRequest = FoldingRequest(), seed: UInt64 = 7) throws -> (
    LayerInstance, Run
  ) {
    let run = Run(seed: seed, foreign: foreign)
    let layer = try LayerInstance(
      kind: kind, attributes: example.attributes, path: "layer", inputs: example.inputs.map { $0?.spec }, training: isTraining,
      folding: folding, run: run)
    return (layer, run)
  }

  /// Whether that works.
  func accepts(_ example: CheckedCase, isTraining: Bool = false) -> Bool { (try? plan(example, isTraining: isTraining)) != nil }
}
