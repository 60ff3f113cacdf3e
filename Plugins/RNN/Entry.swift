public import ZooPlugin

let family = Family(
  "rnn", version: "0.1.0", "Recurrent layers: cells and whole sequences.", kinds: [Kind(LongShortTermMemory.self), Kind(LSTMCell.self)])

/// The family's one exported symbol.
@c(zoo_family_v1)
public func entry(_ host: UnsafePointer<zoo_host>?) -> UnsafePointer<zoo_family>? { family.table }
