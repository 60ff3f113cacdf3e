/// The keys that manifests have, for the test that holds the published schema to them.
package enum ManifestKeys {
  /// By the name of the schema's definition; those of the manifest itself under "".
  package static let all: [String: [String]] = [
    "": Manifest.keys, "variant": ManifestVariant.keys, "input": PortReader.inputKeys, "output": PortReader.outputKeys,
    "layer": ItemForm.layer.keys,
    "repeat": ItemForm.repeat.keys, "use": ItemForm.use.keys, "call": ItemForm.call.keys,
    "loop": ItemForm.loop.keys, "cond": ItemForm.cond.keys, "sequence": Expander.sequenceKeys, "group": ItemForm.graph.keys,
    "define": Define.keys, "entry": GraphForm.keys,
    "method": InitializerReader.names, "train": TrainingReader.keys, "data": DataReader.keys, "feed": DataReader.feedKeys,
    "evaluate": EvaluationReader.keys,
    "metric": TrainingReader.metricKeys,
    "samples": SamplesReader.keys, "tune": TuningSection.keys,
    "step": TrainingReader.stepKeys, "optimizer": OptimizerReader.keys,
    "optimizerGroup": OptimizerReader.groupKeys, "schedulePhase": OptimizerReader.phaseKeys, "clip": OptimizerReader.clipKeys,
    "average": HabitReader.averageKeys, "stop": HabitReader.stopKeys, "keep": HabitReader.keepKeys, "best": HabitReader.bestKeys,
  ]

  /// The types that inputs may have.
  package static let dtypes: [String] = PortReader.dtypes.map(\.description)
}
