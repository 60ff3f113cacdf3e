import ArgumentParser
import Glibc
import ZooRuntime
import ZooTypes

/// What a model computes with, for subcommands that run or train one.
struct PrecisionOptions: ParsableArguments {
  /// What layers hand each other.
  enum Activations: String, CaseIterable, ExpressibleByArgument { case f32, bf16 }
  /// How packed weights are kept.
  enum Weights: String, CaseIterable, ExpressibleByArgument { case int8 }

  @Option(help: ArgumentHelp("Compute with f32, or with bf16 where that is faster. Weights and results stay f32.", valueName: "type"))
  var dtype = Activations.f32

  @Option(
    name: .customLong("weights-dtype"),
    help: ArgumentHelp("Keep the weights of dense layers as int8 while they run, with a scale for each row.", valueName: "type"))
  var weightsDType: Weights?

  /// The precision that the options ask for.
  ///
  /// `weights` is what --weights was given: if it is the name of a type, and of no file, it says that and no file.
  func precision(weights: inout String?) -> Precision {
    var kept = weightsDType
    if kept == nil, let text = weights, let type = Weights(rawValue: text), access(text, F_OK) != 0 {
      kept = type
      weights = nil
    }
    return Precision(activations: dtype == .bf16 ? .bf16 : .f32, weights: kept.map { _ in .i8 })
  }
}
